"""`python -m bench`: measure, show what was missed first, write bench/results.json."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bench import ack, dispatch, lateness, memory, outside, own_time, planning, step_cost, switching, undo
from bench.figures import Figure, Unmeasured, show, write
from bench.site import Site, site

RESULTS = Path(__file__).with_name("results.json")

ON_SITE: Final[dict[str, Callable[[Site], list[Figure]]]] = {
    "dispatch": dispatch.measure,
    "own_time": own_time.measure,
    "memory": memory.measure,
    # Last: it leaves hundreds of cards behind that Slack takes one a second of.
    "ack": ack.measure,
}
OUTSIDE: Final[dict[str, Callable[[], list[Figure]]]] = {
    "step": step_cost.measure,
    "planning": planning.measure,
    "check": outside.check,
    "demo": outside.demo,
}
LONG: Final[dict[str, Callable[[], list[Figure]]]] = {
    "undo": undo.measure,
    "switching": switching.measure,
    "lateness": lateness.measure,
}
"""Measured only when named: from several minutes to a quarter of an hour and more."""
_FAILURES = (TimeoutError, RuntimeError, ValueError, OSError, LookupError, subprocess.SubprocessError)


def main() -> int:
    """Measure what was asked for; 1 when something could not be measured, 0 whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=[*ON_SITE, *OUTSIDE, *LONG], metavar="NAME", help="measure only these"
    )
    parser.add_argument(
        "--slow", action=argparse.BooleanOptionalAction, default=True, help="also time `make check` and `make demo`"
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the JSON goes")
    given = parser.parse_args()
    chosen = set(given.only or [*ON_SITE, *(OUTSIDE if given.slow else ())])
    figures: list[Figure] = []
    lost: list[Unmeasured] = []

    def take(name: str, measured: Callable[[], list[Figure]]) -> None:
        print(f"Measuring {name}", flush=True)
        try:
            found = measured()
        except _FAILURES as error:
            lost.append(Unmeasured(name, f"{type(error).__name__}: {error}"))
            return
        figures.extend(found)
        for figure in found:
            print(f"  {figure.words()}", flush=True)

    _on_site(chosen, take)
    for name, timed in (OUTSIDE | LONG).items():
        if name in chosen:
            take(name, timed)
    show(figures, lost)
    write(figures, given.out)
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {loads}: others on the machine make these figures worse. Kept in {given.out}")
    return 1 if lost else 0


def _on_site(chosen: set[str], take: Callable[[str, Callable[[], list[Figure]]], None]) -> None:
    wanted = {name: measured for name, measured in ON_SITE.items() if name in chosen}
    if not wanted:
        return
    with site() as running:
        for name, measured in wanted.items():
            take(name, partial(measured, running))


if __name__ == "__main__":
    sys.exit(main())
