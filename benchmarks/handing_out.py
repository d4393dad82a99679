"""The example shops hand out what was paid while everything they stand on is killed.

    python benchmarks/handing_out.py [--purchases 1000] [--deaths 40] [--seed 1]
        [--payments mock|rehearsal] [--language python|node --packages FOLDER]

It needs what the tests need (`pip install -e .[dev]`). Web processes, the worker, the shop's
backend and PostgreSQL are killed (-9) at random moments, a plan made from the seed. It ends with 1
unless each purchase was handed out once or given back, and none both. FOLDER is one in which
`npm install standardwebhooks` was run.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from harness.handing_out import carry_out, plan_deaths, settle
from harness.postgres import Mortal
from harness.selling import mocked, rehearsed


def main() -> None:
    """Sell, kill, wait until nothing is open, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--purchases", type=int, default=1000)
    parser.add_argument("--deaths", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--payments", choices=["mock", "rehearsal"], default="mock")
    parser.add_argument("--language", choices=["python", "node"], default="python")
    parser.add_argument("--packages", type=Path, default=None)
    asked = parser.parse_args()
    start = mocked if asked.payments == "mock" else rehearsed
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stars-handing-out-") as name:
        base = Path(name)
        base.chmod(0o755)  # PostgreSQL runs as another user where this runs as root
        mortal = Mortal(base / "pgdata")
        with start(mortal, language=asked.language, folder=asked.packages or base) as (
            around,
            sell,
        ):
            deaths = plan_deaths(asked.seed, asked.purchases, asked.deaths)
            carry_out(around, sell, asked.purchases, deaths)
            sold_in = time.monotonic() - began
            ending = settle(around, asked.purchases)
        mortal.stop()
    both = ending.handed_out & ending.given_back
    print(f"killed: {dict(around.killed)}")
    print(
        f"{asked.purchases} sold in {sold_in:.0f} s: {len(ending.handed_out)} handed out, "
        f"{len(ending.given_back)} given back, {len(both)} both, {len(ending.open)} open"
    )
    if both or ending.fulfilled != ending.handed_out:
        sys.exit(1)


if __name__ == "__main__":
    main()
