"""Pseudonyms: what stands in the place of a user who was forgotten."""

import secrets

PREFIX = "forgotten-"
BYTES = 12
"""Of 2**96 names nobody guesses one, so nobody gets at what belongs to it."""


def new() -> str:
    """Return a pseudonym that nobody had before. It says nothing about whom it stands for."""
    return PREFIX + secrets.token_hex(BYTES)


def is_one(user_id: str) -> bool:
    """Return whether a user was forgotten."""
    return user_id.startswith(PREFIX)
