"""Chaos from the command line: `python -m tests.chaos --n 200 --seed 7`; writes bench/chaos.json."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Outcome, run, the_lanes
from tests.chaos.site import site

RESULTS = Path(__file__).resolve().parent.parent.parent / "bench" / "chaos.json"
LANES = 6


def main() -> int:
    """Run, print, write; 0 when the goals were met."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="how many rollbacks")
    parser.add_argument("--seed", type=int, default=1, help="what decides the faults and the people")
    parser.add_argument("--lanes", type=int, default=LANES, help="how many side by side")
    parser.add_argument("--every", type=float, default=2.5, help="seconds between two faults, on average")
    parser.add_argument("--keep", type=Path, help="a folder in which logs are kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rollback-chaos-") as made:
        folder = given.keep or Path(made)
        with site(folder, on=the_lanes(given.lanes)) as place:
            outcome = run(place, rollbacks=given.n, seed=given.seed, every_s=given.every, say=_say)
    report(outcome)
    RESULTS.write_text(json.dumps(outcome.figures(), indent=2) + "\n")
    return 0 if outcome.verdict.clean else 1


def report(outcome: Outcome) -> None:
    """Print the figures, and where the goals were missed what was found and which faults there were."""
    for name, value in outcome.figures().items():
        _say(f"{name:<20} {value}")
    if not outcome.verdict.clean:
        for line in [
            *outcome.verdict.findings(),
            "",
            f"Seed {outcome.seed} does this again:",
            *map(str, outcome.faults),
        ]:
            _say(line)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
