"""Where people decide: the real store, verbs, runner and phases; production is the engine tests' small world."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot import service
from bot.catalog import Catalog, load
from bot.domain.events import Kind, NewEvent
from bot.domain.model import Json, JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal, Refused
from bot.domain.rollback import Request, Rollback
from bot.store import Store
from jobs.house import House
from jobs.runner import advance
from tests.integration.engine import small
from tests.integration.engine.office import TEAM

SERVICE = "game-server"
GROUP, INCIDENT = "game-server-approvers", "game-server-incident"
ASKER, FIRST, SECOND, THIRD, OUTSIDER = (
    Person(team=TEAM, id=f"U0{name.upper()}", name=name) for name in ("asker", "first", "second", "third", "outsider")
)
LEADER, DEPUTY = (Person(team=TEAM, id=f"U0{name.upper()}", name=name) for name in ("leader", "deputy"))
TYPED = "the queue is full and players lose money"
_numbers = itertools.count()


def command() -> str:
    """A command id that no other command has."""
    return f"approval-{next(_numbers)}"


def at_terminal(person: Person) -> Person:
    """The same person, speaking at a terminal."""
    return person.model_copy(update={"via": "terminal"})


def catalog(*, terminal: tuple[Person, ...] = (), **approval: object) -> Catalog:
    """The shipped entry with this approval; `terminal`: who may act at one."""
    shipped = load(Path("catalog/services.yaml")).services[SERVICE]
    tokens = {person.id: hashlib.sha256(person.id.encode()).hexdigest() for person in terminal}
    changed = shipped.approval.model_copy(update={"terminal": tokens, **approval})
    return Catalog(services={SERVICE: shipped.model_copy(update={"approval": changed})})


@dataclass(frozen=True)
class Chamber:
    """One worker and the people around it. `world` is production."""

    house: House
    world: small.World

    @property
    def store(self) -> Store:
        """The store of everybody."""
        return self.house.store

    def under(self, entries: Catalog) -> Chamber:
        """The same with another catalog, as after a restart."""
        return replace(self, house=replace(self.house, catalog=entries))

    def members(self, *people: Person, group: str = GROUP, full: bool = True, age_ms: int = 0) -> None:
        """Say who is in a group, as read `age_ms` ago."""
        listed: list[Json] = [{"id": p.id, "name": p.name, "full": full} for p in people]
        self.note(f"directory:group:{group}", {"id": "S1", "members": listed, "read_at": self.store.now() - age_ms})

    def known(self, *people: Person, full: bool = True) -> None:
        """Say what the directory knows of people."""
        for p in people:
            known: JsonObject = {"id": p.id, "name": p.name, "full": full, "team": TEAM, "read_at": self.store.now()}
            self.note(f"directory:person:{p.id}", known)

    def note(self, name: str, value: JsonObject) -> None:
        """Write a note of the directory's."""
        _, version = self.store.note(name)
        assert self.store.put_note(name, value, version=version)

    def asked(self, **changes: object) -> Rollback:
        """A request, through the verb."""
        wanted = Request(service=SERVICE, strategy="canary", by=ASKER, channel="C1", reason="errors")
        return service.request(self.house.desk, wanted.model_copy(update=changes), command_id=command())

    def planned(self, **changes: object) -> Rollback:
        """A rollback that the runner planned."""
        return self.runs(self.asked(**changes))

    def expiring(self, *, in_ms: int) -> Rollback:
        """A rollback whose plan ends so soon: written as the runner writes it, with another end."""
        plan, policy = self.planned().plan, self.house.service(SERVICE).policy()
        assert plan is not None
        ends = self.store.now() + in_ms
        data: JsonObject = {"plan": plan.model_dump(mode="json"), "policy": policy.model_dump(mode="json")}
        planned = NewEvent(kind=Kind.PLANNED, data={**data, "expires_at": ends})
        return self.store.transition(self.store.load(self.asked().id), [planned], command_id=command())

    def until(self, at: int) -> None:
        """Wait until Redis' clock shows this (ms)."""
        for _ in range(1_000):
            if self.store.now() >= at:
                return
            time.sleep(0.01)
        raise AssertionError("Redis' clock stands still")

    def yes(self, rollback: Rollback, person: Person, **changes: object) -> Rollback:
        """Press Approve on the card as it stands; `changes` are what a crafted click says instead."""
        given: dict[str, object] = {"digest": rollback.digest, "seq": rollback.seq, "person": person, **changes}
        return service.approve(self.house.desk, rollback.id, command_id=command(), **given)  # type: ignore[arg-type]  # a crafted click may say anything

    def no(self, rollback: Rollback, person: Person) -> Rollback:
        """Press Reject."""
        return service.reject(
            self.house.desk, rollback.id, digest=rollback.digest, person=person, why="wrong plan", command_id=command()
        )

    def approved(self) -> Rollback:
        """A rollback with its quorum, before the runner looks."""
        rollback = self.planned()
        self.yes(rollback, FIRST)
        return self.yes(self.now(rollback), SECOND)

    def runs(self, rollback: Rollback) -> Rollback:
        """Let the runner look once, and say where the rollback stands then."""
        advance(self.house, rollback.id)
        return self.now(rollback)

    def now(self, rollback: Rollback) -> Rollback:
        """Where it stands."""
        return self.store.load(rollback.id).rollback

    def kinds(self, rollback: Rollback) -> list[Kind]:
        """What the journal says happened."""
        return [event.kind for event in self.store.journal(rollback.id)]

    def untouched(self, rollback: Rollback) -> None:
        """Nothing was started and production is as it was."""
        assert Kind.STARTED not in self.kinds(rollback)
        assert self.world.effects == []

    def refuses(self, code: Code, rollback: Rollback, person: Person, **changes: object) -> Mapping[str, Json]:
        """This yes is refused with this code and counts nowhere; the refusal's figures."""
        before = self.now(rollback)
        with pytest.raises(Refused) as caught:
            self.yes(before, person, **changes)
        said: Refusal = caught.value.refusal
        assert said.code is code, said
        assert self.now(rollback) == before
        return said.figures
