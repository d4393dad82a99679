"""The geometry of the console's charts: scales, bars and where their labels stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from stars.domain.funnel import Compared

WIDE = 34
"""Pixels of a column that has room for the number of what it shows."""

NARROW = 12
MOST_WIDE = 34
"""Columns that fit into a screen at that width."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A chart with a column a day, drawn as it is: on a phone it is scrolled, never shrunk.

    All lengths are in pixels. `ticks` are the numbers on the axis, from 0 to `most`. Each column
    has its number on it if `numbered`, and every so many of them, `every`, the day below it.
    """

    slot: int
    height: int
    axis: int
    most: int
    ticks: tuple[int, ...]
    numbered: bool
    every: int

    def width(self, number: int) -> int:
        """Return how wide the chart is with so many columns."""
        return self.axis + self.slot * number

    def tall(self, count: float) -> float:
        """Return how tall a bar is."""
        return round(self.height * count / self.most, 1)


def flows(movements: Sequence[int]) -> Columns:
    """Return the scales for a column that shows what came in or went out, in whole Stars."""
    return _scaled(len(movements), max((abs(one) for one in movements), default=0))


def columns(days: Sequence[Compared]) -> Columns:
    """Return the scales for a column a day."""
    return _scaled(len(days), max((day["created"] for day in days), default=0))


def _scaled(number: int, highest: int) -> Columns:
    most = round_up(highest)
    numbered = number <= MOST_WIDE
    return Columns(
        slot=WIDE if numbered else NARROW,
        height=160,
        axis=44,
        most=most,
        ticks=(0, most // 2, most) if most > 1 else (0, most),
        numbered=numbered,
        every=2 if numbered else 7,
    )


def round_up(number: int) -> int:
    """Return the next number that reads well on an axis: 1, 2, 4, 6, 8 or 10 of its power of ten.

    Half of it is whole as well, but for 1.
    """
    power = 1
    while number > 10 * power:
        power *= 10
    for step in (1, 2, 4, 6, 8):
        if number <= step * power:
            return step * power
    return 10 * power
