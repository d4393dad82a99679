"""The Telegram Stars payment service: the purchase flow as a mock, and live for real money."""
