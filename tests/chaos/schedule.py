"""What breaks when: decided by the seed alone before anything runs, so that a run can be had again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EVERY_S = 2.5
"""Seconds between the beginnings of two faults, on average."""
CALM_S = 2.0
"""The first fault comes after so many seconds."""


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: at this second of the run, what, to whom, for how long (seconds) or how often (calls)."""

    at_s: float
    what: str
    target: str
    amount: float = 0.0

    def __str__(self) -> str:
        """One line of a schedule."""
        return f"{self.at_s:6.1f} s  {self.what:<12} {self.target:<10} {self.amount:g}"


@dataclass(frozen=True)
class Breed:
    """A sort of fault: how often it is drawn, to whom it happens, and how much of it."""

    what: str
    weight: int
    targets: tuple[str, ...]
    least: float = 0.0
    most: float = 0.0


WORKERS = ("worker-1", "worker-2", "long-1", "long-2")
BUSY = "busy"
"""Whichever worker is in the middle of a rollback at that moment, or soon after."""
BREEDS: Final[Sequence[Breed]] = (
    Breed("kill", 7, (BUSY,)),
    Breed("stop", 4, (BUSY,), 10, 12),
    Breed("kill", 2, WORKERS),
    Breed("kill", 4, ("narrator-1", "narrator-2", "watch-1", "watch-2", "web")),
    Breed("stop", 2, (*WORKERS, "narrator-1", "narrator-2"), 10, 12),
    Breed("stop", 1, ("watch-1", "watch-2"), 3, 6),
    Breed("restart", 2, ("redis",)),
    Breed("cut", 2, ("redis", "api", "slack"), 3, 5),
    Breed("silence", 2, ("redis", "api", "slack"), 2, 4),
    Breed("lose", 3, ("redis", "api", "slack"), 0.3, 1.0),
    Breed("reset", 2, ("redis", "api", "slack"), 0.3, 1.0),
    Breed("slow", 2, ("redis", "api", "slack"), 3, 6),
    Breed("throttle", 2, ("api", "slack"), 1, 6),
    Breed("break", 2, ("api", "slack"), 1, 6),
    Breed("act_break", 3, ("api",), 1, 2),
    Breed("act_drop", 4, ("api", "slack", "once"), 1, 2),
    Breed("hang", 2, ("api", "slack"), 1, 2),
)


def schedule(*, seed: int, seconds: float, every_s: float = EVERY_S) -> list[Fault]:
    """The faults of so many seconds, in order. A seed always gives the same; a longer list begins with a shorter."""
    dice = random.Random(f"faults/{seed}")  # noqa: S311 - chance that can be had again is what is wanted
    found: list[Fault] = []
    at = CALM_S
    while True:
        at += dice.uniform(0.4, 1.6) * every_s
        breed = dice.choices(BREEDS, weights=[breed.weight for breed in BREEDS])[0]
        fault = Fault(
            at_s=round(at, 1),
            what=breed.what,
            target=dice.choice(breed.targets),
            amount=round(dice.uniform(breed.least, breed.most), 1),
        )
        if at >= seconds:
            return found
        found.append(fault)
