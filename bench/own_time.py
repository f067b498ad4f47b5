"""The canary's own time: a whole run with the shipped holds, less everything that it has to wait for.

Waited for: holds; the drain; pods that come (`scale_up`) and go (`retire`); the validation, all of it.
Everything else is the bot's own: waking, reading, claiming, writing, judging, recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import people
from bench.figures import Figure
from bench.site import CANARY, Site
from bot.domain.events import Event, Kind
from bot.domain.plan import Step
from bot.domain.rollback import Rollback

SHARE = 0.03
"""Of the holds."""
_RUN_S = 420.0
_WAITING = frozenset({"scale_up", "drain", "retire"})
"""Kinds whose way from the effect to its being seen is waiting for pods, or for traffic to end."""
_VALIDATE = "validate"
_WEIGHT = "set_weight"


@dataclass(frozen=True)
class Spent:
    """One step: ms from the end of the step before to its own end, and how many of them were waited."""

    kind: str
    took: int
    waited: int
    hold: int

    @property
    def own(self) -> int:
        """Milliseconds that were the bot's own."""
        return self.took - self.waited


def measure(site: Site) -> list[Figure]:
    """One canary rollback as the shipped catalog has it."""
    rollback_id = people.ask(site, "canary", CANARY)
    people.approve(site, rollback_id)
    rollback = people.ended(site, rollback_id, within_s=_RUN_S)
    figures = figures_of(rollback, site.store.journal(rollback_id))
    site.stack.put_back()
    return figures


def figures_of(rollback: Rollback, events: Sequence[Event]) -> list[Figure]:
    """The own time in seconds, then each step's in milliseconds.

    Raises:
        ValueError: the rollback never started or has not ended.
    """
    if rollback.plan is None or rollback.started_at is None or rollback.ended_at is None:
        raise ValueError(f"{rollback.id} is {rollback.state}: it did not run to an end")
    spent = split(rollback.plan.steps, events, started=rollback.started_at)
    ending = rollback.ended_at - rollback.started_at - sum(step.took for step in spent)
    own = sum(step.own for step in spent) + ending
    holds = sum(step.hold for step in spent if step.kind == _WEIGHT)
    total = (rollback.ended_at - rollback.started_at) / 1000
    return [
        Figure(
            name="own_time",
            value=round(own / 1000, 2),
            unit="s",
            goal=round(SHARE * holds / 1000, 2),
            beside=f"{100 * own / holds:.1f} % of {holds / 1000:g} s of holds; {total:.1f} s in all; {rollback.state}",
        ),
        *(_row(number, step) for number, step in enumerate(spent, start=1)),
        Figure(name="own_time_ending", value=ending, unit="ms", beside="from the last step's end to the rollback's"),
    ]


def split(steps: Sequence[Step], events: Sequence[Event], *, started: int) -> list[Spent]:
    """How long each step took and waited, from its events."""
    spent, before = [], started
    for index, step in enumerate(steps):
        own = [event for event in events if event.data.get("step") == index]
        effect = next((event.at for event in own if _is_effect(event)), None)
        applied = next(event for event in own if event.kind is Kind.STEP_APPLIED)
        done = next(event for event in own if event.kind is Kind.STEP_DONE).at
        until = applied.data.get("hold_until")
        hold = max(0, min(int(until), done) - applied.at) if isinstance(until, int | float) else 0
        waited = hold
        if step.kind in _WAITING and effect is not None:
            waited += applied.at - effect
        if step.kind == _VALIDATE:
            waited = done - next(event for event in own if event.kind is Kind.STEP_STARTED).at
        spent.append(Spent(kind=step.kind, took=done - before, waited=waited, hold=hold))
        before = done
    return spent


def _is_effect(event: Event) -> bool:
    figures = event.data.get("figures")
    done = isinstance(figures, dict) and (figures.get("applied") or figures.get("already"))
    return event.kind is Kind.STEP_PROGRESS and bool(done)


def _row(number: int, step: Spent) -> Figure:
    took = f"{step.took / 1000:.1f} s in all, {step.waited / 1000:.1f} s waited"
    return Figure(name=f"own_time_step_{number}_{step.kind}", value=step.own, unit="ms", beside=took)
