"""The picture of the benchmarks is drawn from what was measured."""

import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

from harness.constants import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_has_a_bar_for_each_figure(tmp_path: Path) -> None:
    picture = tmp_path / "picture.svg"
    subprocess.run([sys.executable, ROOT / "benchmarks" / "picture.py", picture], check=True)
    measured = tomllib.loads((ROOT / "benchmarks" / "figures.toml").read_text())["measured"]
    drawn = ElementTree.parse(picture).getroot()

    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    bars = [bar for bar in drawn.iter(f"{SVG}rect") if bar.get("x")]
    assert len(bars) == 2 * len(measured)
    assert all(texts.count(one["name"]) == 2 for one in measured)
