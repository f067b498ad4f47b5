"""One turn of the runner: a rollback as just loaded, the lease it is held under, and the way to write what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from bot.catalog import Service
from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Rollback
from bot.store import Conflict, Snapshot
from jobs.house import House
from jobs.lease import Kept
from jobs.steps import Context

MOST_CONFLICTS: Final = 8
"""Buttons pressed between an effect and its record; each is one person's click."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Again:
    """Something was written: decide again from where the rollback then stands.

    Whatever somebody else writes meanwhile makes the next write a conflict, and then it is loaded anew.
    """

    snapshot: Snapshot


@dataclass(frozen=True)
class Sleep:
    """Nothing to do before `until` (Redis ms); None: not before somebody acts."""

    until: int | None


Outcome = Again | Sleep


@dataclass(frozen=True)
class Turn:
    """What a phase gets: it reads, decides, and makes at most one transition, beside the record of an effect."""

    house: House
    kept: Kept
    snapshot: Snapshot

    @property
    def rollback(self) -> Rollback:
        """The rollback as loaded at the beginning of this turn."""
        return self.snapshot.rollback

    @property
    def service(self) -> Service:
        """The service's catalog entry now."""
        return self.house.service(self.rollback.request.service)

    @property
    def plan(self) -> Plan:
        """The plan; phases after planning only."""
        if self.rollback.plan is None:
            raise RuntimeError(f"{self.rollback.id} is {self.rollback.state} and has no plan")
        return self.rollback.plan

    @property
    def retried(self) -> bool:
        """Whether an attempt at the current step came before this one, and may have had its effect."""
        return self.rollback.record.attempt > 1

    def last_at(self) -> int:
        """When the last event was written (Redis ms)."""
        return self.house.store.journal(self.rollback.id, after=self.rollback.seq - 1)[0].at

    def production(self) -> JsonObject:
        """What production looks like now; empty where even that cannot be asked: no end and no halt waits for it."""
        try:
            strategy = self.house.strategies[self.plan.strategy]
            return strategy.production(self.house.clients, self.plan, self.service)
        except Exception:
            log.exception("production could not be looked at", state=self.rollback.state)
            return {}

    def context(self, index: int | None = None) -> Context:
        """What the carrier of a step needs; the current step unless `index` names another."""
        rollback = self.rollback
        at = rollback.step if index is None else index
        record = rollback.steps[at]
        return Context(
            clients=self.house.clients,
            service=self.service,
            plan=self.plan,
            index=at,
            fence=self.kept.lease.fence,
            rollback_id=rollback.id,
            started_at=record.started_at,
            applied_at=record.applied_at,
            now=self.now,
            figures=record.figures,
        )

    def now(self) -> int:
        """Redis time in ms."""
        return self.snapshot.clock()

    def write(
        self,
        *events: NewEvent,
        not_after: int | None = None,
        quorum: tuple[str, int] | None = None,
        counting: Sequence[str] | None = None,
    ) -> Again:
        """Make one transition under the lease. The command id is the place in the journal: a turn writes once."""
        rollback = self.rollback
        written = self.house.store.transition(
            self.snapshot,
            events,
            command_id=f"{rollback.id}/{rollback.seq}/{self.kept.lease.fence}/{events[0].kind}",
            lease=self.kept.lease,
            not_after=not_after,
            quorum=quorum,
            counting=counting,
        )
        self.kept.head = written.head
        return Again(self.snapshot.moved(written))

    def insist(self, *events: NewEvent) -> Again:
        """Write down what has been done to production, even if somebody pressed a button meanwhile.

        Who holds the lease is alone in moving the steps, so these events still fit. Losing them to a button would make
        the next turn take its own effect for somebody else's.

        Raises:
            Conflict: the rollback moved again and again.
        """
        turn = self
        for _ in range(MOST_CONFLICTS):
            try:
                return turn.write(*events)
            except Conflict:
                turn = replace(turn, snapshot=self.house.store.load(self.rollback.id))
        return turn.write(*events)

    def after(self, *events: NewEvent) -> Turn:
        """Write these events as `insist` does, and go on within the turn as the rollback then stands."""
        return replace(self, snapshot=self.insist(*events).snapshot)


def event(kind: Kind, *, by: Person | None = None, **data: object) -> NewEvent:
    """An event with its data given by name; the values must be JSON."""
    return NewEvent.model_validate({"kind": kind, "by": by, "data": data})


def objects(values: Sequence[object]) -> list[JsonObject]:
    """The JSON of frozen models, for an event's data."""
    return [value.model_dump(mode="json") for value in values]  # type: ignore[attr-defined]  # domain values only
