"""Draws what benchmarks/figures.toml holds: requests a second and the p99 of each, side by side.

    python benchmarks/picture.py [PATH]

PATH is docs/images/benchmarks.svg unless it is given.
"""

import statistics
import sys
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benchmarks" / "figures.toml"
PICTURE = ROOT / "docs" / "images" / "benchmarks.svg"

WIDTH = 720
MARGIN = 20
LONGEST_BAR = 560
BAR = 22
ROW = 46
"""From one bar to the next, with the name above each."""

HEAD = 44
"""For the title of a panel."""

OURS, OTHERS, TEXT, RANGE = "#2a7de1", "#9aa5b1", "#1f2933", "#52606d"


@dataclass(frozen=True)
class Panel:
    """One kind of figure, a bar for each that was measured."""

    title: str
    key: str
    unit: str


PANELS = (
    Panel("Requests a second: more is better", "requests_per_second", ""),
    Panel("p99: less is better", "p99_ms", " ms"),
)


def draw(measured: list[dict[str, Any]]) -> str:
    """Return the picture of these measurements, as SVG."""
    panel_height = HEAD + ROW * len(measured)
    height = 2 * MARGIN + panel_height * len(PANELS)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="14" role="img">',
        "<title>Requests a second and p99, of this service and of others</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, panel in enumerate(PANELS):
        top = MARGIN + number * panel_height
        parts += draw_panel(panel, measured, top)
    return "\n".join([*parts, "</svg>", ""])


def draw_panel(panel: Panel, measured: list[dict[str, Any]], top: int) -> list[str]:
    """Return the lines of one panel: its title, and a bar for each."""
    most = max(max(one[panel.key]) for one in measured)
    lines = [write(panel.title, MARGIN, top + 20, size=17)]
    for number, one in enumerate(measured):
        y = top + HEAD + number * ROW
        colour = OURS if number == 0 else OTHERS
        lines.append(write(one["name"], MARGIN, y))
        lines += draw_bar(one[panel.key], most, y + 6, colour, panel.unit)
    return lines


def draw_bar(rounds: list[float], most: float, y: int, colour: str, unit: str) -> list[str]:
    """Return a bar as long as the median of some rounds, with a line from the least to the most."""
    median = statistics.median(rounds)
    length, start, end = (
        round(LONGEST_BAR * value / most) for value in (median, min(rounds), max(rounds))
    )
    middle = y + BAR // 2
    return [
        f'<rect x="{MARGIN}" y="{y}" width="{length}" height="{BAR}" fill="{colour}"/>',
        f'<path d="M{MARGIN + start} {middle}H{MARGIN + end}" stroke="{RANGE}" stroke-width="3"/>',
        write(f"{median:,.0f}{unit}", MARGIN + end + 10, middle + 5),
    ]


def write(text: str, x: int, y: int, size: int = 14) -> str:
    """Return a line of text."""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{TEXT}">{escape(text)}</text>'


def main() -> None:
    """Draw the picture."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    measured = tomllib.loads(FIGURES.read_text())["measured"]
    path.write_text(draw(measured))


if __name__ == "__main__":
    main()
