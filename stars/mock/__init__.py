"""Pretended money: a payment ends as the caller or the tester wants it to."""
