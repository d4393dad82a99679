"""Amounts of Stars, in whole ones and in parts, and the type of JSON objects."""

from typing import Any

Json = dict[str, Any]
NANO = 10**9  # parts of a Star


def whole_stars(nanostars: int) -> tuple[int, int]:
    """Whole Stars, rounded to 0, and the parts that are left; neither changes the sign."""
    sign = -1 if nanostars < 0 else 1
    stars, parts = divmod(abs(nanostars), NANO)
    return sign * stars, sign * parts
