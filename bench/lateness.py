"""How late a hold's end is acted on with two hundred canaries: started evenly over one hold, and all at once.

The whole product on the sandbox's control plane, in the lanes that tests/chaos uses: objects and pods of their own for
each canary, ten services a namespace, made-up metrics from a real Prometheus, nothing broken. Lateness is the time from
a hold's end, as the journal has it, to the event that says how the step was judged.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure, percentile
from bench.waiting import until
from bot import service
from bot.catalog import load
from bot.directory import Directory
from bot.domain.events import Event, Kind
from bot.domain.people import Person
from bot.domain.rollback import TERMINAL, Request, State
from bot.service import Desk
from bot.store.wake import waking_store
from tests.chaos import lanes
from tests.chaos.lanes import Lane
from tests.chaos.site import Site, site
from tests.integration.engine.small import say_yes

CANARIES: Final = 200
HOLD_S: Final = 30.0
"""As the shipped catalog has it."""
GOAL_S: Final = 2.0
WORKERS: Final = (2, 4, 8)
"""How many workers are tried, one number after the other, until the goal is met."""
A_NAMESPACE: Final = 10
"""Services that share a namespace: whoever reads one's routes reads those of all."""
PLAIN: Final = {"worker": "jobs.worker", "long": "jobs.worker", "narrator": "jobs.worker"}
CAST: Final = ("worker-1", "worker-2", "narrator-1", "watch-1")
_PEOPLE: Final = ("U0REQUESTER", "U0APPROVER1", "U0APPROVER2")
_PLAN_S, _END_S, _AT_ONCE = 300.0, 400.0, 8


@dataclass(frozen=True)
class Slow(Lane):
    """A lane whose holds are as long as in production, or as is said."""

    hold_s: float = HOLD_S

    def entry(self) -> dict[str, Any]:
        """The lane's entry with longer holds, and six scrapes and more in each."""
        entry = super().entry()
        entry["canary"] |= {"hold_s": self.hold_s}
        return entry


@dataclass(frozen=True)
class Crowd:
    """The people of two hundred rollbacks, at a desk of their own."""

    desk: Desk
    asker: Person
    approvers: tuple[Person, Person]

    def plan(self, lane: Lane) -> str:
        """Ask, and wait until it is planned; the rollback's id."""
        wanted = Request(service=lane.name, strategy="canary", by=self.asker, channel=lane.channel, reason="measured")
        rollback_id = service.request(self.desk, wanted, command_id=f"ask/{lane.name}/{time.monotonic()}").id
        until(
            lambda: self.desk.store.load(rollback_id).rollback.state is State.PLANNED,
            within_s=_PLAN_S,
            what=f"a plan for {lane.name}",
            every_s=0.5,
        )
        return rollback_id

    def approve(self, rollback_id: str) -> None:
        """Two people say yes."""
        say_yes(self.desk, rollback_id, *self.approvers)


def measure(count: int = CANARIES, *, hold_s: float = HOLD_S, at_once_on: Sequence[int] = WORKERS) -> list[Figure]:
    """Evenly on two workers; then all at once on more and more workers until the goal is met."""
    with (
        tempfile.TemporaryDirectory() as name,
        site(Path(name), on=lanes_of(count, hold_s=hold_s), cast=CAST, roots=PLAIN, breakable=False) as running,
    ):
        figures = [_figure("evenly", 2, run(running, over_s=hold_s), goal=GOAL_S)]
        for workers in at_once_on:
            _set_back(running)
            with _more_workers(running, workers):
                late = run(running, over_s=0)
            figures.append(_figure("at_once", workers, late, goal=None))
            if figures[-1].value < GOAL_S:
                break
    return figures


def lanes_of(count: int, *, hold_s: float) -> list[Slow]:
    """So many lanes, ten services a namespace."""
    return [
        Slow(f"lane-{number:03d}", namespace=f"lanes-{number // A_NAMESPACE:02d}", hold_s=hold_s)
        for number in range(count)
    ]


def run(running: Site, *, over_s: float) -> list[float]:
    """Start all lanes over so many seconds; the seconds by which each hold's end was late."""
    crowd = _crowd(running)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        planned = list(pool.map(crowd.plan, running.lanes))
        began = time.monotonic()
        for number, rollback_id in enumerate(planned):
            time.sleep(max(0.0, began + over_s * number / len(planned) - time.monotonic()))
            pool.submit(crowd.approve, rollback_id)
    store = running.store
    until(
        lambda: all(store.load(one).rollback.state in {*TERMINAL, State.HALTED} for one in planned),
        within_s=_END_S,
        what="the end of every rollback",
        every_s=2.0,
    )
    return [late for one in planned for late in lateness(store.journal(one))]


def lateness(events: Sequence[Event]) -> list[float]:
    """Seconds from the end of each hold to the event that judged it."""
    held = {
        event.data["step"]: event.data["hold_until"]
        for event in events
        if event.kind is Kind.STEP_APPLIED and int(str(event.data["hold_until"])) - event.at > 1000  # noqa: PLR2004 - ms
    }
    judged = [event for event in events if event.kind in {Kind.STEP_DONE, Kind.HALTED}]
    return [(event.at - int(str(held.pop(step)))) / 1000 for event in judged if (step := event.data["step"]) in held]


def _figure(name: str, workers: int, late: Sequence[float], *, goal: float | None) -> Figure:
    shown = f"{workers} workers; p50 {percentile(late, 50):.2f} s, max {max(late):.2f} s of {len(late)} holds"
    return Figure(
        name=f"hold_lateness_{name}_p95_{workers}_workers",
        value=round(percentile(late, 95), 2),
        unit="s",
        goal=goal,
        beside=shown,
    )


def _crowd(running: Site) -> Crowd:
    store = waking_store(running.stack.redis.url)
    directory = Directory(store)
    until(lambda: bool(directory.workspace()), within_s=_PLAN_S, what="the directory's first copy")
    desk = Desk(store=store, directory=directory, catalog=load(running.stack.folder / "services.yaml"))
    asker, *approvers = (Person(team=directory.workspace(), id=user) for user in _PEOPLE)
    return Crowd(desk=desk, asker=asker, approvers=(approvers[0], approvers[1]))


def _set_back(running: Site) -> None:
    for lane in running.lanes:
        lanes.put_back(running.stack.cluster, lane)


@contextmanager
def _more_workers(running: Site, workers: int) -> Iterator[None]:
    """So many workers on queue `rollbacks`, the first two included."""
    names = [f"worker-{number}" for number in range(3, workers + 1)]
    for name in names:
        running.product.start_one("worker", as_name=name)
    try:
        yield
    finally:
        for name in names:
            running.product.processes.pop(name).stop(grace_s=30)
