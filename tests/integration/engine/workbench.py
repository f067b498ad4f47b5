"""A worker on real Redis whose production is a folder: each effect is a line in a file, each answer is asked for.

A plan's steps are what the request's options say, so that a test words its own. Run as a module it is a worker
process: a composition root that hands its strategy and its carrier to the product's own.
"""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot.catalog import Service
from bot.domain.events import Kind
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.domain.rollback import Request, Rollback
from bot.domain.verdict import Check, Verdict
from bot.logs import configure
from bot.service import approve
from bot.settings import Settings, read
from bot.store import Store
from jobs import launcher, runner, worker
from jobs.clients import Clients
from jobs.clients.errors import Ambiguous, Forbidden, Moved, NotFound, Rejected, Temporary, Unreachable
from jobs.house import House
from jobs.lease import Kept
from jobs.steps import AlreadySo, AsPlanned, Context, Done, Fenced, Look, Settled
from jobs.steps import Moved as Otherwise
from jobs.strategies import Facts
from jobs.turn import Turn
from sandbox.processes import Process
from tests.integration.engine.office import ASKER, CLOSED, FIRST, SECOND, catalog, introduce, kubeconfig

WITHIN_S = 30.0
DEFAULT: JsonObject = {"kind": "worded", "params": {}, "effect": "cas", "check": "worded"}
_commands = itertools.count()


class Gone(BaseException):
    """A worker that is gone from one moment to the next. No `except Exception` of the product sees it."""


class Odd(Exception):  # noqa: N818 - reads as what it is
    """An error that nobody foresaw."""


FAILURES: dict[str, Callable[[], BaseException]] = {
    "gone": Gone,
    "odd": lambda: Odd("nobody thought of this"),
    "away": lambda: Unreachable("The folder", "no answer"),
    "away-too": lambda: Unreachable("Another folder", "no answer"),
    "unnamed": lambda: Temporary("it did not work now"),
    "ambiguous": lambda: Ambiguous("The folder", "a write", "time-out"),
    "forbidden": lambda: Forbidden(verb="patch", resource="folders", namespace="production", name="alpha"),
    "not-found": lambda: NotFound("folders production/alpha"),
    "rejected": lambda: Rejected("the folder is read-only"),
    "moved": lambda: Moved("the folder is another one now"),
    "unreadable-fence": lambda: Fenced("folders production/alpha", found="mine", mine=1),
    "fenced": lambda: Fenced("folders production/alpha", found="9000000000000", mine=1),
}


@dataclass(frozen=True)
class Folder:
    """Production: effects as lines, and a word for each place that a test has prepared."""

    path: Path

    def effects(self) -> list[str]:
        """What was really done, in order: "ROLLBACK/STEP"."""
        file = self.path / "effects"
        return file.read_text().split() if file.exists() else []

    def add(self, name: str) -> None:
        """Have one effect, in one write."""
        with (self.path / "effects").open("a") as file:
            file.write(f"{name}\n")

    def prepare(self, place: str, *words: str) -> None:
        """What happens at `place`, one word a time: a failure, "wait", "pass".

        Places: observe, look, claim, before, after, settle, check.
        """
        (self.path / place).write_text("\n".join(words))

    def release(self, place: str) -> None:
        """Let whoever waits at `place` go on."""
        (self.path / f"{place}.go").touch()

    def waiting(self, place: str) -> bool:
        """Whether somebody waits at `place`."""
        return (self.path / f"{place}.here").exists()

    def pass_by(self, place: str) -> None:
        """Do what a test has prepared here, if anything; each word once, and "always WORD" for ever."""
        file = self.path / place
        words = file.read_text().split("\n") if file.exists() else []
        if not any(words):
            return
        word = words[0]
        if not word.startswith("always "):
            file.write_text("\n".join(words[1:])) if words[1:] else file.unlink()
        word = word.removeprefix("always ")
        if word == "wait":
            (self.path / f"{place}.here").touch()
            until((self.path / f"{place}.go").exists, what=f"the release of {place}")
        elif word == "child":
            launcher.run(
                ["sh", "-c", "sleep 300 & echo $$ $! > child.pids; wait"],
                env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
                cwd=self.path,
                timeout_s=300,
            )
        elif word != "pass":
            failure = FAILURES[word]()
            raise failure


@dataclass(frozen=True)
class Worded:
    """A way back whose steps stand in the request's options."""

    folder: Folder

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """There is nothing to see."""
        del clients, request, service
        self.folder.pass_by("observe")
        return Facts()

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """What the plan rests on, now."""
        del clients, plan, service
        return self._facts(), {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """There is nothing to see."""
        del clients, plan, service
        return {}

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """The steps as asked for."""
        del facts
        words: Any = request.options["steps"]
        return Plan(
            strategy=request.strategy,
            service=name,
            from_version="2",
            to_version="1",
            steps=tuple(Step.model_validate({**DEFAULT, **word}) for word in words),
            binding=self._facts(),
            entry=service.digest,
            targets=(f"Folder/production/{name}",),
            budget_s=60,
        )

    def _facts(self) -> JsonObject:
        file = self.folder.path / "generation"
        if (self.folder.path / "restless").exists():
            file.write_text(f"{uuid4()}")
        return {"generation": file.read_text() if file.exists() else ""}


@dataclass(frozen=True)
class WordedStep:
    """Adds a line; where the step says `"otherwise"`, the folder is neither as planned nor as wanted."""

    folder: Folder

    def look(self, ctx: Context) -> Look:
        """Done already, or still to do."""
        self.folder.pass_by("look")
        if self._name(ctx) in self.folder.effects():
            return AlreadySo()
        if ctx.step.params.get("otherwise"):
            return Otherwise("folder", "blue", "red")
        return AsPlanned()

    def claim(self, ctx: Context) -> None:
        """Nobody else writes here; that it was claimed is written down."""
        self.folder.pass_by("claim")
        with (self.folder.path / "claims").open("a") as file:
            file.write(f"{self._name(ctx)}/{ctx.fence}\n")

    def apply(self, ctx: Context) -> JsonObject:
        """Add the line."""
        self.folder.pass_by("before")
        self.folder.add(self._name(ctx))
        self.folder.pass_by("after")
        return {"line": self._name(ctx)}

    def settle(self, ctx: Context) -> Settled:
        """It is there at once."""
        del ctx
        self.folder.pass_by("settle")
        return Done()

    def check(self, ctx: Context) -> list[Check]:
        """Passes."""
        del ctx
        self.folder.pass_by("check")
        return [Check(code="worded", verdict=Verdict.PASS, saw="a line")]

    @staticmethod
    def _name(ctx: Context) -> str:
        return f"{ctx.rollback_id}/{ctx.index}"


@dataclass(frozen=True)
class Bench:
    """A worker that tests drive turn by turn, or whose processes they start."""

    house: House
    folder: Folder
    environment: dict[str, str]

    @property
    def store(self) -> Store:
        """The worker's store."""
        return self.house.store

    def ask(self, *steps: JsonObject, service: str = "alpha") -> str:
        """Somebody asks for these steps; the rollback's id."""
        worded: list[Json] = [*steps]
        wanted = Request(
            service=service,
            strategy="canary",
            by=ASKER,
            channel="C1",
            reason="errors",
            options={"steps": worded},
        )
        return self.store.create(wanted, command_id=f"bench-{next(_commands)}")[0].id

    def approve(self, rollback_id: str) -> None:
        """Two people say yes."""
        for person in (FIRST, SECOND):
            found = self.load(rollback_id)
            approve(
                self.house.desk,
                rollback_id,
                digest=found.digest,
                seq=found.seq,
                person=person,
                command_id=f"bench-{next(_commands)}",
            )

    def approved(self, *steps: JsonObject, service: str = "alpha") -> str:
        """A rollback of these steps, planned by this very process and approved."""
        rollback_id = self.ask(*steps, service=service)
        self.advance(rollback_id)
        self.approve(rollback_id)
        return rollback_id

    def advance(self, rollback_id: str) -> None:
        """One job, as the next worker would do it."""
        runner.advance(replace(self.house, owner=f"bench/{uuid4().hex[:8]}"), rollback_id)

    def die(self, rollback_id: str) -> None:
        """One job whose worker goes away in the middle; its lease runs out at once."""
        try:
            self.advance(rollback_id)
        except Gone:
            self.forget_lease(rollback_id)
            return
        raise AssertionError("the worker was to die, and did not")

    def forget_lease(self, rollback_id: str) -> None:
        """Have the lease end now, as if its holder had been silent for 8 s."""
        self.store._redis.hset(f"rollback:lease:{rollback_id}", "until", 1)  # noqa: SLF001 - time passes

    def load(self, rollback_id: str) -> Rollback:
        """The rollback as it stands."""
        return self.store.load(rollback_id).rollback

    def kinds(self, rollback_id: str) -> list[Kind]:
        """What its journal says happened."""
        return [event.kind for event in self.store.journal(rollback_id)]

    def start(self, queue: str, name: str) -> Process:
        """A worker process of its own."""
        return self.run([sys.executable, "-m", "tests.integration.engine.workbench", queue], name)

    def watch(self, name: str = "watch") -> Process:
        """A watch process."""
        return self.run([sys.executable, "-m", "jobs.watch"], name)

    def run(self, argv: list[str], name: str) -> Process:
        """A process on this bench's Redis and folder."""
        return Process(argv, log=self.folder.path / f"{name}.log", name=name, env=self.environment)


def bench(store: Store, url: str, path: Path) -> Bench:
    """A bench on an accepted store, with a directory that was just read."""
    environment = {
        "REDIS_URL": url,
        "KUBECONFIG": str(kubeconfig(path)),
        "PROMETHEUS_URL": CLOSED,
        "SLACK_API_URL": f"{CLOSED}/api/",
        "SLACK_BOT_TOKEN": "xoxb-none",
        "SLACK_SIGNING_SECRET": "none",
        "ROLLBACK_ARCHIVE": str(path / "archive"),
    }
    settings = Settings.model_validate(environment)
    introduce(store, ASKER, FIRST, SECOND)
    return Bench(house=house(settings, store=store), folder=Folder(path), environment=environment)


def house(settings: Settings, *, store: Store | None = None) -> House:
    """The product's own parts, with this strategy, this carrier and two services without a cluster."""
    folder = Folder(Path(settings.kubeconfig or "").parent)
    built = worker.build(
        settings, store=store, strategies={"canary": Worded(folder)}, carriers={"worded": WordedStep(folder)}
    )
    return replace(built, catalog=catalog("alpha", "beta"))


def later(work: Bench, rollback_id: str, *, seconds: int) -> Turn:
    """A turn of a new worker, so much later: Redis' own clock still writes the events."""
    kept = Kept.take(work.store, rollback_id, owner=f"later-{seconds}")
    assert kept is not None
    snapshot = work.store.load(rollback_id)
    moment = replace(snapshot, now=snapshot.now + seconds * 1000)
    return Turn(house=work.house, kept=kept, snapshot=moment)


def until(true: Callable[[], bool], *, what: str, within_s: float = WITHIN_S) -> None:
    """Look until it is true, a hundred times a second."""
    pause = threading.Event()
    for _ in range(int(within_s * 100)):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError(f"{what} did not come within {within_s:g} s")


UNREPEATABLE: JsonObject = {"effect": Effect.UNREPEATABLE.value}

if __name__ == "__main__":
    found = read(Settings)
    configure(found.log_level, secrets=found.secrets)
    sys.exit(worker.work(house(found), found, sys.argv[1]))
