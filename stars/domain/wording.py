"""How figures are said to a person, the same on a page and on a terminal."""

UNITS = (  # milliseconds of each, the longest first
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("min", 60_000),
    ("s", 1_000),
)

ENOUGH = 10
"""Of fewer, one more is a tenth of all."""

MOST_PERCENT = 500
"""Six times what it was."""


def duration(ms: float | None) -> str:
    """Return milliseconds in the longest unit of which there is at least one; "-" for None."""
    if ms is None:
        return "-"
    for unit, size in UNITS:
        if ms >= size:
            amount = f"{ms / size:.1f}".removesuffix(".0")
            return f"{amount} {unit}"
    return f"{ms:.0f} ms"


def interval(from_ms: int, to_ms: int | None) -> str:
    """Return between which times a step of the histogram lies; `to_ms` is None for the last."""
    if to_ms is None:
        return f"{duration(from_ms)} and more"
    if from_ms == 0:
        return f"under {duration(to_ms)}"
    return f"{duration(from_ms)} to {duration(to_ms)}"


def change(now: int, before: int) -> str:
    """Return how a count compares with the one before, in percent; "" for none and none.

    Of a few, or where it is many times what it was, a percentage says nothing: then it is told what
    it was.
    """
    if not before:
        return "new" if now else ""
    percent = round(100 * (now - before) / before)
    if before < ENOUGH or percent > MOST_PERCENT:
        return f"was {before}"
    return f"{percent:+d} %"


def share(conversion: float | None) -> str:
    """Return a conversion in percent; "-" for that of nothing."""
    return "-" if conversion is None else f"{100 * conversion:.1f} %"


def share_change(now: float | None, before: float | None) -> str:
    """Return how a conversion compares with the one before, in percentage points."""
    if now is None or before is None:
        return ""
    return f"{100 * (now - before):+.1f}"
