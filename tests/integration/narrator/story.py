"""A rollback told to the store, narrated, and read back from Slack as people see it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.catalog import Catalog
from bot.directory import REFRESH, Directory
from bot.domain.approval import Policy
from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.rollback import Request, Rollback, after, begin
from bot.store import Store
from bot.views.thread import line
from jobs.archiving import Archive
from jobs.clients.archive import Folder
from jobs.clients.prometheus import PrometheusClient
from jobs.clients.slack import Slack
from jobs.narration.cursor import Cursor
from jobs.narrator import narrate
from jobs.parking import Parking
from jobs.people import People
from sandbox.slack.faults import Fault, FaultKind
from sandbox.slack.server import SlackServer
from sandbox.slack.state import Message
from tests.unit.report.journal import checks, plan

CHANNEL = "C0GAMESERVER"
TEAM = "T0SANDBOX"
REQUESTER = Person(team=TEAM, id="U0REQUESTER", name="requester")
FIRST = Person(team=TEAM, id="U0APPROVER1", name="approver-1")
SECOND = Person(team=TEAM, id="U0APPROVER2", name="approver-2")
PATIENCE_S = 20.0

_numbers = itertools.count()


@dataclass(frozen=True)
class Clients:
    """The metrics, as the house holds them."""

    prometheus: PrometheusClient


@dataclass(frozen=True)
class Desk:
    """The parts of the house that the narrator uses."""

    store: Store
    slack: Slack
    catalog: Catalog
    directory: Directory
    clients: Clients
    folder: Path = Path("archive")
    parking: Parking = field(default_factory=Parking)

    @property
    def archive(self) -> Archive:
        """An archive in `folder`, which trims what has just ended."""
        return Archive(self.store, Folder(self.folder), keep_ms=0)


class Story:
    """One rollback, from its request on."""

    def __init__(self, desk: Desk, workspace: SlackServer, *, where: str = CHANNEL) -> None:
        self.desk = desk
        self.workspace = workspace
        self.where = where
        request = Request(service="game-server", strategy="canary", by=REQUESTER, channel=where, reason="errors")
        self.id = desk.store.create(request, command_id=f"ask-{next(_numbers)}")[0].id
        desk.store.clear_due(f"advance:{self.id}")

    def tell(self, kind: Kind, by: Person | None = None, **data: object) -> Story:
        """One more event in the journal."""
        event = NewEvent.model_validate({"kind": kind, "by": by, "data": data})
        self.desk.store.transition(self.desk.store.load(self.id), [event], command_id=f"tell-{next(_numbers)}")
        return self

    def planned(self) -> Story:
        """The plan of UX.md's run, deployed a minute ago."""
        now = self.desk.store.now()
        shown = {**plan().shown, "deployed_at": plan().shown["deployed_at"].model_copy(update={"value": now - 60_000})}
        planned = plan().model_copy(update={"shown": shown})
        policy = Policy(need=2, group="game-server-approvers").model_dump(mode="json")
        return self.tell(Kind.PLANNED, plan=planned.model_dump(mode="json"), policy=policy, expires_at=now + 900_000)

    def running(self) -> Story:
        """Planned, approved by two people and started."""
        return self.planned().started()

    def started(self) -> Story:
        """The plan that waits is approved by two people and started."""
        digest = self.rollback.digest
        self.tell(Kind.APPROVED, FIRST, digest=digest).tell(Kind.APPROVED, SECOND, digest=digest)
        self.tell(Kind.QUORUM, have=2, need=2).tell(Kind.STARTED, have=2)
        return self.tell(Kind.STEP_STARTED, step=0, attempt=1, fence=7)

    def succeeded(self) -> Story:
        """The whole run: all steps done, recovered, and being watched."""
        return self.running().finished()

    def finished(self) -> Story:
        """All steps of what runs are done."""
        for index in range(len(plan().steps)):
            if index:
                self.tell(Kind.STEP_STARTED, step=index, attempt=1, fence=7)
            self.tell(Kind.STEP_APPLIED, step=index, figures={"applied": True})
            made = checks() if index == len(plan().steps) - 1 else []
            self.tell(Kind.STEP_DONE, step=index, checks=made, figures={})
        now = self.desk.store.now()
        self.tell(Kind.RECOVERED, at=now, limit=0.05)
        return self.tell(Kind.SUCCEEDED, figures={}, production={}, watch_until=now + 600_000)

    def narrate(self) -> Story:
        """Narrate until nothing is due any more, as the watch process has it done; the directory is read once."""
        deadline = time.monotonic() + PATIENCE_S
        if not self.desk.directory.workspace():
            People(self.desk.store, self.desk.slack).refresh(self.desk.catalog)
            self.desk.store.clear_due(REFRESH)
        narrate(self.desk, self.id)
        while (due := self.desk.store.next_due()) is not None:
            assert time.monotonic() < deadline, f"still due after {PATIENCE_S:g} s"
            threading.Event().wait(max(0, due - self.desk.store.now()) / 1000)
            narrate(self.desk, self.id)
        return self

    def once(self) -> int | None:
        """Narrate once; in how many ms it comes due again, None for never."""
        narrate(self.desk, self.id)
        due = self.desk.store.next_due()
        return None if due is None else due - self.desk.store.now()

    def settle(self, right: Callable[[], bool]) -> None:
        """Narrate whatever is due until this is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not right():
            assert time.monotonic() < deadline, f"not right after {PATIENCE_S:g} s: {self.lines()}"
            due = self.desk.store.next_due()
            assert due is not None, f"nothing is due, and it is not right: {self.lines()}"
            threading.Event().wait(max(0, due - self.desk.store.now()) / 1000)
            narrate(self.desk, self.id)

    def fault(self, method: str, kind: FaultKind, *, times: int = 1, error: str = "internal_error") -> None:
        """Slack fails in this way at the next calls of a method."""
        self.workspace.parts.faults.add(Fault(method=method, kind=kind, times=times, error=error, retry_after=1))

    @property
    def rollback(self) -> Rollback:
        """The rollback as it stands."""
        return self.desk.store.load(self.id).rollback

    @property
    def cursor(self) -> Cursor:
        """Where the narrator stands."""
        return Cursor.model_validate(self.desk.store.note(f"narration:{self.id}")[0])

    def channel(self) -> list[Message]:
        """The messages at the top level of the channel."""
        return [m for m in self.workspace.parts.workspace.messages(self.where) if not m.is_reply]

    def cards(self) -> list[Message]:
        """The cards."""
        return [m for m in self.channel() if key_of(m).startswith("card:") and rollback_of(m) == self.id]

    def calls(self) -> list[Message]:
        """The calls in the channel."""
        return [m for m in self.channel() if key_of(m).startswith("call:")]

    def reports(self) -> list[Message]:
        """The reports."""
        return [m for m in self.channel() if key_of(m).startswith("report:")]

    def lines(self) -> list[str]:
        """The lines of the newest card's thread, in order, without their times."""
        replies = self.workspace.parts.workspace.thread(self.where, self.cards()[-1].ts)[1:]
        rows = [row for reply in replies for row in reply.text.split("\n")]
        return [row.partition(" ")[2].replace("\u00a0", " ") for row in rows]

    def everything(self) -> list[Message]:
        """All our messages about this rollback, wherever they stand."""
        here = self.workspace.parts.workspace
        top = [message for channel in tuple(here.channels) for message in here.messages(channel)]
        replies = [reply for message in top for reply in here.thread(message.channel, message.ts)[1:]]
        about = (message for message in (*top, *replies) if key_of(message))
        return [m for m in about if rollback_of(m) == self.id]

    def told(self) -> list[str]:
        """The lines that the journal tells, in order, without their times."""
        rows: list[str] = []
        rollback: Rollback | None = None
        for event in self.desk.store.journal(self.id):
            rollback = begin(event, self.id) if rollback is None else after(rollback, event)
            rows += (line(event, rollback) or "").splitlines()
        return [row.partition(" ")[2].replace("\u00a0", " ") for row in rows]


def key_of(message: Message) -> str:
    """The narrator's name for a message of its own."""
    payload: JsonObject = (message.metadata or {}).get("event_payload", {})
    return str(payload.get("key") or "")


def rollback_of(message: Message) -> str:
    """The rollback that a message of the narrator is about."""
    payload: JsonObject = (message.metadata or {}).get("event_payload", {})
    return str(payload.get("rollback") or "")
