"""People, a plan and a workspace for the verbs' tests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.catalog import load
from bot.directory import Directory
from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan, Step
from bot.domain.rollback import Request, Rollback
from bot.service import Desk
from bot.store import Store

TEAM = "T1"
ASKER, FIRST, SECOND, THIRD, STRANGER, GUEST, ROBOT = (
    Person(team=TEAM, id=f"U{number}", name=name)
    for number, name in enumerate(("asker", "first", "second", "third", "stranger", "guest", "robot"), 1)
)
ELSEWHERE = Person(team="T2", id=FIRST.id, name="first")
GROUP = "game-server-approvers"
SERVICE = "game-server"
TARGETS = ("VirtualService/game-production/game-server-vs", "Deployment/game-production/game-server")
PLAN = Plan(
    strategy="canary",
    service=SERVICE,
    from_version="v2.1.0",
    to_version="v2.0.5",
    steps=(
        Step(kind="set_weight", params={"to": 25}, effect=Effect.CAS, hold_s=30, check="not-worse", skippable=True),
        Step(kind="retire", params={}, effect=Effect.CAS, destructive=True),
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


@dataclass(frozen=True)
class Office:
    """The desk that the verbs work at, and ways to bring a rollback or the directory where a test needs them."""

    desk: Desk

    @property
    def store(self) -> Store:
        """The desk's store."""
        return self.desk.store

    def members(self, *people: Person, full: bool = True, age_ms: int = 0) -> None:
        """Say who is in the approver group, as read `age_ms` ago."""
        everybody: list[JsonObject] = [{"id": p.id, "name": p.name, "full": full} for p in people]
        self._note(
            f"directory:group:{GROUP}", {"id": "S1", "members": [*everybody], "read_at": self.store.now() - age_ms}
        )

    def known(self, person: Person, *, full: bool, age_ms: int = 0) -> None:
        """Say what the directory knows of one person."""
        read_at = self.store.now() - age_ms
        note: JsonObject = {"id": person.id, "name": person.name, "full": full, "team": TEAM, "read_at": read_at}
        self._note(f"directory:person:{person.id}", note)

    def _note(self, name: str, value: JsonObject) -> None:
        _, version = self.store.note(name)
        assert self.store.put_note(name, value, version=version)

    def requested(self) -> Rollback:
        """A rollback that was asked for."""
        wanted = Request(service=SERVICE, strategy="canary", by=ASKER, channel="C1", reason="errors")
        return self.store.create(wanted, command_id=command())[0]

    def planned(self, *, expires_in_ms: int = 900_000) -> Rollback:
        """A rollback that waits for approvals."""
        return self.plan(self.requested(), expires_in_ms=expires_in_ms)

    def plan(self, asked: Rollback, *, expires_in_ms: int = 900_000, **policy_changes: int) -> Rollback:
        """Give a request its plan; keyword arguments change the catalog's policy."""
        policy = self.desk.service(SERVICE).policy().model_copy(update=policy_changes).model_dump(mode="json")
        plan, ends = PLAN.model_dump(mode="json"), self.store.now() + expires_in_ms
        return self.move(asked, NewEvent(kind=Kind.PLANNED, data={"plan": plan, "policy": policy, "expires_at": ends}))

    def running(self, planned: Rollback | None = None) -> Rollback:
        """A rollback whose start was written."""
        rollback = planned or self.planned()
        yes = [NewEvent(kind=Kind.APPROVED, by=p, data={"digest": rollback.digest}) for p in (FIRST, SECOND)]
        rollback = self.move(rollback, *yes, NewEvent(kind=Kind.QUORUM, data={"have": 2, "need": 2}), reserve=TARGETS)
        return self.move(rollback, NewEvent(kind=Kind.STARTED, data={"have": 2}))

    def halted(self, planned: Rollback | None = None, *, code: str = "check-failed") -> Rollback:
        """A rollback that stopped at its first step."""
        rollback = self.move(
            self.running(planned), NewEvent(kind=Kind.STEP_STARTED, data={"step": 0, "attempt": 1, "fence": 1})
        )
        return self.halt(rollback, code=code)

    def halt(self, rollback: Rollback, *, code: str = "check-failed") -> Rollback:
        """Stop a running rollback at its step."""
        return self.move(rollback, NewEvent(kind=Kind.HALTED, data={"step": 0, "code": code, "checks": []}))

    def ended(self) -> Rollback:
        """A rollback that was done and validated."""
        return self.move(self.running(), NewEvent(kind=Kind.SUCCEEDED, data={"figures": {}, "production": {}}))

    def move(self, rollback: Rollback, *events: NewEvent, reserve: Sequence[str] = ()) -> Rollback:
        """Write events as the runner would."""
        snapshot = self.store.load(rollback.id)
        return self.store.transition(snapshot, events, command_id=command(), reserve=reserve)

    def kinds(self, rollback: Rollback) -> list[Kind]:
        """What the journal says happened, in order."""
        return [event.kind for event in self.store.journal(rollback.id)]


def office(store: Store) -> Office:
    """An office with the shipped catalog, a workspace, and a fresh approver group of the asker and three others."""
    made = Office(Desk(store=store, directory=Directory(store), catalog=load(Path("catalog/services.yaml"))))
    assert store.put_note("directory:workspace", {"team": TEAM, "bot_user_id": "U0", "bot_id": "B0"}, version=0)
    made.members(ASKER, FIRST, SECOND, THIRD)
    for person in (ASKER, FIRST, SECOND, THIRD):
        made.known(person, full=True)
    return made
