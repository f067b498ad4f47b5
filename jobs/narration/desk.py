"""The narrator's desk: one rollback, its journal, the cursor, and the one way to post so that nothing stands twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.events import Event
from bot.domain.model import JsonObject, canonical
from bot.domain.rollback import Rollback
from bot.store import Store
from bot.views.message import Message, ladder
from jobs.clients.prometheus import PrometheusClient
from jobs.clients.slack import (
    Answer,
    BadBlocks,
    ChannelProblem,
    Denied,
    Mark,
    NotThere,
    Posted,
    RateLimited,
    Slack,
    SlackUnreadable,
    Unclear,
)
from jobs.narration.cursor import Cursor

MUTEX_S: Final = 40
"""Longer than the slowest row of calls between two writes of the cursor (an upload is three calls)."""
UNCLEAR_MS: Final = 1_000
BLOCKED_MS: Final = 60_000
LOOK_BACK_S: Final = 300
"""How far before a doubtful post Slack is searched for it: its clock is not ours."""

log = structlog.get_logger()


class Measures(Protocol):
    """Whoever holds the way to Prometheus."""

    @property
    def prometheus(self) -> PrometheusClient:
        """The metrics."""
        ...


class Parts(Protocol):
    """What the narrator needs of the house."""

    @property
    def store(self) -> Store:
        """The truth."""
        ...

    @property
    def slack(self) -> Slack:
        """The workspace."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The services."""
        ...

    @property
    def directory(self) -> Directory:
        """The people."""
        ...

    @property
    def clients(self) -> Measures:
        """The metrics' client among others."""
        ...


class Later(Exception):  # noqa: N818 - no error: the rest of this is done at another time
    """This part of the narration comes due again at `at` (Redis ms; 0: at once)."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at


class Displaced(Exception):  # noqa: N818 - no error: somebody else is at the desk
    """Another narrator works on this rollback. Nothing more is written by this one."""


class Desk:
    """One rollback being narrated."""

    def __init__(self, parts: Parts, rollback: Rollback, events: Sequence[Event], *, owner: str) -> None:
        self.parts = parts
        self.rollback = rollback
        self.events = events
        self._owner = owner
        note, self._version = parts.store.note(self._name)
        self.cursor = Cursor.model_validate(note or {})

    @property
    def _name(self) -> str:
        return f"narration:{self.rollback.id}"

    @property
    def channel(self) -> str:
        """Where the card stands, or is to stand."""
        return self.cursor.channel or self.rollback.request.channel

    @property
    def service(self) -> Service | None:
        """The catalog's entry; None once the service was taken out of it."""
        return self.parts.catalog.services.get(self.rollback.request.service)

    def now(self) -> int:
        """Redis time in ms."""
        return self.parts.store.now()

    def name(self, user: str) -> str:
        """A display name as last read, however old: it is only printed; "" when never read."""
        note, _ = self.parts.store.note(f"directory:person:{user}")
        return str((note or {}).get("name") or "")

    def keep(self, *, done: str = "", **changes: object) -> None:
        """Write the cursor with these changes. `done` is the key of a post that has been accounted for.

        Raises:
            Displaced: another narrator wrote first.
        """
        posting = {key: since for key, since in self.cursor.posting.items() if key != done}
        cursor = self.cursor.model_copy(update={"posting": posting, **changes})
        if not self.parts.store.mutex(mutex_of(self.rollback.id), owner=self._owner, seconds=MUTEX_S):
            raise Displaced(self.rollback.id)
        if not self.parts.store.put_note(self._name, cursor.model_dump(mode="json"), version=self._version):
            raise Displaced(self.rollback.id)
        self._version += 1
        self.cursor = cursor

    def post(
        self, key: str, message: Message, *, channel: str = "", thread_ts: str = "", payload: JsonObject | None = None
    ) -> tuple[Posted, JsonObject]:
        """Post a message once, whatever happens on the way; gives where it stands and the payload it carries there.

        The caller keeps what it needs together with `done=key`. `key` names the message within the rollback.

        Raises:
            Later: not posted, or not known to be.
        """
        channel = channel or self.channel
        mark = Mark({"rollback": self.rollback.id, "key": key, **(payload or {})})
        if key in self.cursor.posting:
            found = self._posted_before(key, channel, thread_ts)
            if found is not None:
                return found
        else:
            since = f"{self.now() / 1000 - LOOK_BACK_S:.6f}"
            self.keep(posting={**self.cursor.posting, key: since})
        answer = self.rungs(message, lambda rung: self.parts.slack.post(channel, rung, mark=mark, thread_ts=thread_ts))
        if isinstance(answer, Posted):
            return answer, mark.payload
        if not isinstance(answer, Unclear):
            self.keep(done=key)
        raise self.trouble(answer)

    def edit(self, key: str, message: Message, *, channel: str, ts: str) -> Posted | NotThere:
        """Make a message of ours say this.

        Raises:
            Later: not done, or not known to be; an edit does no harm twice.
        """
        mark = Mark({"rollback": self.rollback.id, "key": key})
        answer = self.rungs(message, lambda rung: self.parts.slack.update(channel, ts, rung, mark=mark))
        if isinstance(answer, Posted | NotThere):
            return answer
        raise self.trouble(answer)

    def rungs(self, message: Message, send: Callable[[Message], Answer]) -> Answer:
        """Send a message, going down the ladder while its blocks are refused."""
        answer: Answer = BadBlocks("no rung")
        for number, rung in enumerate(ladder(message)):
            answer = send(rung)
            if not isinstance(answer, BadBlocks):
                return answer
            log.error("Slack refused blocks", code=answer.code, pointers=answer.pointers, rung=number)
        return answer

    def trouble(self, answer: Answer) -> Later:
        """When to try again what Slack did not do."""
        now = self.now()
        match answer:
            case RateLimited(retry_after):
                return Later(now + int(retry_after * 1000), "rate limited")
            case Unclear(why):
                log.warning("Slack did not answer", why=why)
                return Later(now + UNCLEAR_MS, why)
            case ChannelProblem(code) | Denied(code) | NotThere(code) | BadBlocks(code):
                log.error("Slack refused; it is tried again in a minute", code=code, channel=self.channel)
                return Later(now + BLOCKED_MS, code)
            case Posted():
                return Later(0, "posted")

    def permalink(self, channel: str, ts: str) -> str:
        """The address of a message.

        Raises:
            Later: Slack did not say.
        """
        try:
            return self.parts.slack.permalink(channel, ts)
        except SlackUnreadable as error:
            raise self.trouble(error.problem) from error

    def _posted_before(self, key: str, channel: str, thread_ts: str) -> tuple[Posted, JsonObject] | None:
        try:
            marked = self.parts.slack.marked(channel, since=self.cursor.posting[key], thread_ts=thread_ts)
        except SlackUnreadable as error:
            if isinstance(error.problem, NotThere):
                return None  # The thread is gone, so the post is not in it.
            raise self.trouble(error.problem) from error
        for ts, payload in marked:
            if payload.get("rollback") == self.rollback.id and payload.get("key") == key:
                return Posted(ts=ts, channel=channel, thread_ts=thread_ts), payload
        return None


def mutex_of(rollback_id: str) -> str:
    """The name of the mutex that one narrator holds."""
    return f"narrator:{rollback_id}"


def fingerprint(message: Message) -> str:
    """The hash by which it is seen that a message has changed."""
    whole: JsonObject = {"text": message.text, "blocks": list(message.blocks)}
    return hashlib.sha256(canonical(whole).encode()).hexdigest()
