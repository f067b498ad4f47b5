"""One run of chaos: so many rollbacks in lanes side by side, faults by a seed's schedule, rest, and the judge."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.store import keys
from tests.chaos import drills
from tests.chaos.breaking import Breaker
from tests.chaos.judge import verdict
from tests.chaos.judge.verdict import Verdict
from tests.chaos.lanes import Lane
from tests.chaos.people import Person, Run, Story
from tests.chaos.schedule import EVERY_S, Fault, schedule
from tests.chaos.site import Site

TICK_S = 0.05
A_RUN_S = 75.0
"""What one rollback may take under faults, counted for the time after which a run is broken off."""
LATE_S = 120.0
"""So long after the last fault everything must have come to an end, and the narrator to rest."""
RECENT = 20
"""Rollbacks of a lane that are looked at; a control has two."""
MOST_REST_S = 1800.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `faults` are those that were done; `died`: the processes that ended by themselves."""

    seed: int
    seconds: float
    verdict: Verdict
    runs: Sequence[Run]
    faults: Sequence[Fault]
    died: Sequence[str]

    def figures(self) -> dict[str, object]:
        """The figures as they are published."""
        kinds = Tally(fault.what for fault in self.faults)
        ends = Tally(run.ended or "open" for run in self.runs)
        return {
            **self.verdict.figures(),
            "kills": kinds["kill"] + kinds["stop"] + kinds["restart"],
            "died_by_themselves": list(self.died),
            "resumes": self.verdict.resumes,
            "retries": sum(run.retries for run in self.runs),
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "faults": dict(sorted(kinds.items())),
            "halts": dict(sorted(Tally(halt for run in self.runs for halt in run.halts).items())),
            "ends": dict(sorted(ends.items())),
        }


def the_lanes(number: int) -> list[Lane]:
    """Lanes: every third one has a drill of every class, the others plain canaries."""
    return [Lane(f"lane-{'abcdefgh'[n]}", drills.ALL if n % 3 == 0 else ()) for n in range(number)]


def run(site: Site, *, rollbacks: int, seed: int, every_s: float = EVERY_S, say: Say = lambda _line: None) -> Outcome:
    """Let people live through so many rollbacks while things break; then calm, rest, judge."""
    began, allowed = time.monotonic(), 60 + A_RUN_S * rollbacks / len(site.lanes)
    breaker = Breaker(site, schedule(seed=seed, seconds=allowed, every_s=every_s))
    people = _people(site, seed=seed, until=began + allowed + LATE_S)
    threads = [
        threading.Thread(target=_live, args=(person, numbers, seed), name=person.lane.name, daemon=True)
        for person, numbers in zip(people, _shares(rollbacks, len(people)), strict=True)
    ]
    for thread in threads:
        thread.start()
    died: list[str] = []
    while any(thread.is_alive() for thread in threads) and time.monotonic() < began + allowed:
        breaker.tick()
        died += _mind(site)
        time.sleep(TICK_S)
    breaker.calm()
    say(f"{len(breaker.done)} faults in {time.monotonic() - began:.0f} s; now it is calm")
    calm_at = time.monotonic()
    while any(thread.is_alive() for thread in threads) and time.monotonic() < calm_at + LATE_S:
        died += _mind(site)
        time.sleep(TICK_S)
    rest(site, within_s=LATE_S, died=died)
    runs = [each for person in people for each in person.runs]
    found = verdict.judge(site, runs, breaker.interrupted, away=breaker.away)
    return Outcome(seed, time.monotonic() - began, found, runs, tuple(breaker.done), tuple(died))


def rest(site: Site, *, within_s: float, on: Sequence[Lane] = (), died: list[str] | None = None) -> None:
    """Wait until the narrator has come to rest, in lanes `on` (none: all); the judge says later what is amiss.

    Slack takes only so many edits a minute from a whole workspace: as long as ever fewer rollbacks are due it is waited
    for, and `within_s` seconds beyond the last one that came to rest.
    """
    least, began = len(_restless(site, on)), time.monotonic()
    deadline = began + within_s
    while time.monotonic() < min(deadline, began + MOST_REST_S):
        left = _restless(site, on)
        if not left and _said(site, on or site.lanes):
            return
        if len(left) < least:
            least, deadline = len(left), time.monotonic() + within_s
        if died is not None:
            died += _mind(site)
        time.sleep(1.0)


def _said(site: Site, lanes: Sequence[Lane]) -> bool:
    """Whether every thread says what its journal says."""
    found = Verdict(runs=0)
    verdict.threads(site, found, lanes)
    return not found.thread_lines_wrong


def _restless(site: Site, on: Sequence[Lane]) -> list[str]:
    """The rollbacks, by what is due for them, that somebody still has to look at.

    Where only some lanes count: what the narrator has to say there. Workers may be away, and a rollback due for ever.
    """
    due = [str(member) for member in site.redis.zrange(keys.DUE, 0, -1)]
    if not on:
        return [member for member in due if member.startswith(("narrate:", "advance:"))]
    theirs = {keys.narrate(each.id) for lane in on for each in site.store.recent(lane.name, RECENT)}
    return [member for member in due if member in theirs]


def _people(site: Site, *, seed: int, until: float) -> list[Person]:
    return [
        Person(site, lane, random.Random(f"people/{seed}/{lane.name}"), until)  # noqa: S311 - can be had again
        for lane in site.lanes
    ]


def _live(person: Person, numbers: Sequence[int], seed: int) -> None:
    for number in numbers:
        story = Story.drawn(random.Random(f"story/{seed}/{number}"))  # noqa: S311 - can be had again
        person.live_through(number, story)


def _shares(rollbacks: int, parts: int) -> list[list[int]]:
    return [list(range(first, rollbacks, parts)) for first in range(parts)]


def _mind(site: Site) -> list[str]:
    """Start again what ended although nobody ended it, as whoever runs the Procfile would; its names."""
    ended = [name for name in site.cast if not site.product.processes[name].running]
    for name in ended:
        site.start(name)
    return ended
