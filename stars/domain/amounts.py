"""Amounts of Stars as a person reads them."""

NANO = 10**9
"""Parts of a Star, in which Telegram tells amounts that are not whole."""


def stars(nanostars: int) -> str:
    """Return an amount in Stars: `1,234`, `43.75`, `-0.5`."""
    return f"{_sign(nanostars)}{abs(nanostars) // NANO:,}{_fraction(nanostars)}"


def plain_stars(nanostars: int) -> str:
    """Return the same for a machine: `1234`, `43.75`, `-0.5`."""
    return f"{_sign(nanostars)}{abs(nanostars) // NANO}{_fraction(nanostars)}"


def _sign(nanostars: int) -> str:
    return "-" if nanostars < 0 else ""


def _fraction(nanostars: int) -> str:
    parts = f"{abs(nanostars) % NANO:09}".rstrip("0")
    return f".{parts}" if parts else ""
