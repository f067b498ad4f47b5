"""A small production for the engine's tests: values in memory instead of a cluster, changed by real steps.

Everything else is the product's own: store, verbs, runner, phases. Strategy and carriers are handed in as a
composition root would hand in others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from bot import service
from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.domain.rollback import Request
from bot.domain.verdict import Check, Verdict
from bot.queues import Queues
from bot.service import Desk
from bot.store import Store, connect
from jobs import clients, runner
from jobs.archiving import Archive
from jobs.clients import Clients
from jobs.clients.archive import Folder
from jobs.clients.errors import Unreachable
from jobs.clients.slack import Slack
from jobs.house import House
from jobs.people import People
from jobs.steps import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled
from jobs.strategies import Facts
from tests.integration.engine.office import ASKER, CLOSED, FIRST, SECOND, kubeconfig

STEPS = 3
HOLD_S = 0.01
"""Enough for a worker to leave and be called again."""
UNWELL = "unwell"
"""The value that makes every check fail."""
SHARED = "Route/production/shared"
"""A target that every service here writes, so that only one of them may run at a time."""


@dataclass
class World:
    """What production is: a value per service, and every effect that was ever made on it."""

    values: Counter[str] = field(default_factory=Counter)
    effects: list[tuple[str, int]] = field(default_factory=list)
    generation: int = 0
    crash_at: str = ""
    silent: bool = False

    def pass_by(self, place: str) -> None:
        """Die here when a test has asked for that: as a worker does, without a word."""
        if self.crash_at == place:
            self.crash_at = ""
            raise Crash(place)


class Crash(BaseException):
    """A worker that is gone from one moment to the next. No `except Exception` of the product sees it."""


@dataclass(frozen=True)
class Seen(Facts):
    """The only fact there is: which production this is."""

    generation: int


@dataclass(frozen=True)
class Drill:
    """A way back in three steps, resting on the world's generation."""

    world: World

    def observe(self, clients: Clients, request: Request, service: Service) -> Seen:  # noqa: ARG002 - the protocol's
        """Look at the world, which may not answer just now."""
        if self.world.silent:
            self.world.silent = False
            raise Unreachable("The world", "no answer")
        return Seen(self.world.generation)

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:  # noqa: ARG002 - the protocol's
        """What the plan rests on, now."""
        return {"generation": self.world.generation}, {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:  # noqa: ARG002 - the protocol's
        """Nothing that the words would tell."""
        return {}

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Three steps, each one higher than the last."""
        assert isinstance(facts, Seen)
        return Plan(
            strategy=request.strategy,
            service=name,
            from_version="2",
            to_version="1",
            steps=tuple(
                Step(
                    kind="drill",
                    params={"to": number},
                    effect=Effect.CAS,
                    hold_s=HOLD_S,
                    check="drill",
                    skippable=True,
                )
                for number in range(1, STEPS + 1)
            ),
            binding={"generation": facts.generation},
            entry=service.digest,
            targets=(SHARED, f"Deployment/production/{name}"),
            budget_s=60,
        )


@dataclass(frozen=True)
class DrillStep:
    """Counts a service's value up by one, once. Crashes where the world says."""

    world: World

    def look(self, ctx: Context) -> Look:
        """Done already, or still to do."""
        done = (ctx.rollback_id, ctx.index) in self.world.effects
        if done:
            return AlreadySo()
        if ctx.plan.binding["generation"] != self.world.generation:
            return Moved("generation", ctx.plan.binding["generation"], self.world.generation)
        return AsPlanned()

    def claim(self, ctx: Context) -> None:  # noqa: ARG002 - the protocol's
        """There is nothing to keep out: one thread drives it all."""
        self.world.pass_by("claim")

    def apply(self, ctx: Context) -> JsonObject:
        """Count up."""
        self.world.pass_by("before")
        self.world.effects.append((ctx.rollback_id, ctx.index))
        self.world.values[ctx.plan.service] += 1
        self.world.pass_by("after")
        return {}

    def settle(self, ctx: Context) -> Settled:  # noqa: ARG002 - the protocol's
        """It is there at once."""
        self.world.pass_by("settle")
        return Done()

    def check(self, ctx: Context) -> list[Check]:
        """Fails while the world is marked as bad."""
        self.world.pass_by("check")
        unwell = self.world.values[UNWELL] > 0
        return [
            Check(
                code="drill", verdict=Verdict.FAIL if unwell else Verdict.PASS, saw="seen", figures={"step": ctx.index}
            )
        ]


def house(store: Store, world: World, entries: Catalog, *, url: str, folder: Path) -> House:
    """The parts of one worker."""
    slack = Slack("xoxb-none", base_url=f"{CLOSED}/api/")
    return House(
        store=store,
        clients=clients.build(kubeconfig=kubeconfig(folder), prometheus_url=CLOSED),
        catalog=entries,
        directory=Directory(store),
        people=People(store, slack),
        slack=slack,
        queues=Queues(connect(url, text=False)),
        strategies={"canary": Drill(world)},
        carriers={"drill": DrillStep(world)},
        archive=Archive(store, Folder(folder / "archive")),
        owner=f"test/{uuid4().hex[:8]}",
    )


def ask(store: Store, name: str, *, by: Person = ASKER, command_id: str) -> str:
    """A request by somebody; its rollback's id."""
    wanted = Request(service=name, strategy="canary", by=by, channel="C1", reason="errors")
    return store.create(wanted, command_id=command_id)[0].id


def approved(house: House, name: str, *, number: int) -> str:
    """A rollback of this service that was planned and that two people approved, not yet started; its id."""
    rollback_id = ask(house.store, name, command_id=f"ask/{name}/{number}")
    runner.advance(house, rollback_id)
    say_yes(house.desk, rollback_id, FIRST, SECOND)
    return rollback_id


def say_yes(desk: Desk, rollback_id: str, *people: Person) -> None:
    """These people approve the plan that stands, one after the other."""
    rollback = desk.store.load(rollback_id).rollback
    for person in people:
        service.approve(
            desk,
            rollback_id,
            digest=rollback.digest,
            seq=rollback.seq,
            person=person,
            command_id=f"{rollback_id}/{person.id}",
        )
