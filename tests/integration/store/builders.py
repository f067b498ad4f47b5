"""What the store's tests are about: a request, a small plan, and a rollback brought as far as a test needs it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bot.domain.approval import Policy
from bot.domain.events import Kind, NewEvent
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan, Step
from bot.domain.rollback import Request, Rollback
from bot.store import Store

MINA, JOON, SORA = (Person(team="T1", id=f"U{n}", name=name) for n, name in enumerate(("mina", "joon", "sora"), 1))
TARGETS = ("virtualservice/game-production/game-server-vs", "deployment/game-production/game-server")
REQUEST = Request(service="game-server", strategy="canary", by=MINA, channel="C1", reason='"RTL" \u202e, 漢字 and 🎮')
PLAN = Plan(
    strategy="canary",
    service="game-server",
    from_version="1.1",
    to_version="1.0",
    steps=tuple(
        Step(kind="set-weight", params={"weight": weight}, effect=Effect.CAS, hold_s=30, check="destination")
        for weight in (25, 10, 0)
    ),
    binding={"uid": "6d5b", "weight": 50},
    entry="e" * 64,
    targets=TARGETS,
    budget_s=300,
)

_numbers = itertools.count()


def command() -> str:
    """A command id that no other command has."""
    return f"command-{next(_numbers)}"


def due_members(store: Store, *, limit: int = 100, members: Sequence[str] | None = None) -> list[str]:
    """The members that are handed out now."""
    return [handed.member for handed in store.hand_out(limit=limit, members=members)]


def event(kind: Kind, by: Person | None = None, **data: object) -> NewEvent:
    """An event that has not happened yet."""
    return NewEvent.model_validate({"kind": kind, "by": by, "data": data})


def planned_event(need: int = 2, *, expires_at: int = 0, plan: Plan = PLAN) -> NewEvent:
    """The event that gives a rollback its plan."""
    policy = Policy(need=need, group="game-leads")
    return event(
        Kind.PLANNED, plan=plan.model_dump(mode="json"), policy=policy.model_dump(mode="json"), expires_at=expires_at
    )


def requested(store: Store) -> Rollback:
    """A rollback that was asked for."""
    return store.create(REQUEST, command_id=command())[0]


def planned(store: Store, *, plan: Plan = PLAN) -> Rollback:
    """A rollback that waits for approvals."""
    return move(store, requested(store).id, planned_event(plan=plan))


def approved(store: Store, *, plan: Plan = PLAN) -> Rollback:
    """A rollback that two people approved, with its targets reserved."""
    rollback = planned(store, plan=plan)
    yes = [event(Kind.APPROVED, person, digest=rollback.digest) for person in (JOON, SORA)]
    move(store, rollback.id, yes[0], approve=(JOON.key, rollback.digest))
    return move(
        store,
        rollback.id,
        *(yes[1], event(Kind.QUORUM, have=2, need=2)),
        approve=(SORA.key, rollback.digest),
        quorum=(rollback.digest, 2),
        reserve=TARGETS,
    )


def running(store: Store, *, plan: Plan = PLAN) -> Rollback:
    """A rollback whose start was written."""
    return move(store, approved(store, plan=plan).id, event(Kind.STARTED, have=2))


def move(
    store: Store,
    rollback_id: str,
    *events: NewEvent,
    approve: tuple[str, str] | None = None,
    quorum: tuple[str, int] | None = None,
    reserve: Sequence[str] = (),
) -> Rollback:
    """Load a rollback and move it."""
    return store.transition(
        store.load(rollback_id), events, command_id=command(), approve=approve, quorum=quorum, reserve=reserve
    )
