"""The narrator's desk: one rollback, its journal, the cursor, and the one way to post so that nothing stands twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from bot.catalog import Catalog, Service
from bot.directory import Directory
from bot.domain.events import Event
from bot.domain.model import JsonObject, canonical
from bot.domain.rollback import Rollback
from bot.store import Store
from bot.views.message import Message, ladder
from jobs.clients.pace import Urgency
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
from jobs.narration.cursor import Begun, Cursor
from jobs.narration.mutex import Displaced, Mutex
from jobs.parking import Parking

UNCLEAR_MS: Final = 1_000
LONGEST_MS: Final = 25_000
"""How long a rollback waits when Slack did not answer: the first time, doubling, and at most."""
DOUBLINGS: Final = 5
BLOCKED_MS: Final = 60_000
LOOK_BACK_S: Final = 300
"""How far before a doubtful post Slack is searched for it: its clock is not ours."""
LOOK_ON_S: Final = 900
"""How far after its beginning a lost post is looked for first, before everything since."""
GHOST_MS: Final = 15_000
"""A post that was made again because it was not found: so much later Slack is searched for the first one."""
DOUBTS: Final = 3
FILE: Final = "file:"
"""What the key of a file begins with; its name follows."""

log = structlog.get_logger()


class Measures(Protocol):
    """Whoever holds the way to Prometheus."""

    @property
    def prometheus(self) -> PrometheusClient:
        """The metrics."""
        ...


class Beginnings(Protocol):
    """Whoever has the beginning of a journal that was trimmed."""

    def whole(self, rollback_id: str) -> Sequence[Event]:
        """All events of a rollback. Raises ClientError when the archive cannot give them."""
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
    def archive(self) -> Beginnings:
        """What was taken out of the store."""
        ...

    @property
    def parking(self) -> Parking:
        """Whether this process was asked to stop."""
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


class Parked(Exception):  # noqa: N818 - no error: the next narrator goes on
    """This process was asked to stop: the call under way is finished and recorded, no other is made."""


@dataclass(frozen=True)
class _Sent:
    """A post under way, or answered and not yet in the cursor."""

    key: str
    channel: str
    answer: Answer | None = None


class Desk:
    """One rollback being narrated."""

    def __init__(self, parts: Parts, rollback: Rollback, events: Sequence[Event], *, mutex: Mutex) -> None:
        self.parts = parts
        self.slack = parts.slack.asking(rollback.id)
        self.rollback = rollback
        self.events = events
        self._mutex = mutex
        self._sent: _Sent | None = None
        self._unanswered = False
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

    def go_on(self) -> None:
        """Begin nothing more in a process that was asked to stop.

        Raises:
            Parked: it was.
        """
        if self.parts.parking.asked:
            raise Parked

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
            Displaced: another narrator wrote first, or may have.
        """
        posting = {key: begun for key, begun in self.cursor.posting.items() if key != done}
        stands = dict(self.cursor.stands)
        if done and self._sent and self._sent.key == done and isinstance(self._sent.answer, Posted):
            stands[done] = self._sent.answer.ts
        failures = self.cursor.failures if self._unanswered else 0
        kept = {"posting": posting, "stands": stands, "failures": failures, **changes}
        cursor = self.cursor.model_copy(update=kept)
        if not self._mutex.sure() or not self.parts.store.put_note(
            self._name, cursor.model_dump(mode="json"), version=self._version
        ):
            self._withdraw()
            raise Displaced(self._name)
        self._version += 1
        self.cursor = cursor
        if done:
            self._sent = None

    def post(
        self,
        key: str,
        message: Message,
        *,
        channel: str = "",
        thread_ts: str = "",
        payload: JsonObject | None = None,
        urgency: Urgency = Urgency.NEXT,
    ) -> tuple[Posted, JsonObject]:
        """Post a message once, whatever happens on the way; gives where it stands and the payload it carries there.

        The caller keeps what it needs together with `done=key`. `key` names the message within the rollback.

        Raises:
            Later: not posted, or not known to be.
        """
        self.go_on()
        channel = channel or self.channel
        mark = Mark({"rollback": self.rollback.id, "key": key, **(payload or {})})
        if (found := self.begin(key, channel, thread_ts)) is not None:
            self._sent = _Sent(key, channel, found[0])
            return found

        def send(rung: Message) -> Answer:
            return self.slack.post(channel, rung, mark=mark, thread_ts=thread_ts, urgency=urgency)

        self._sent = _Sent(key, channel)
        answer = self.rungs(message, send)
        self._sent = _Sent(key, channel, answer)
        if isinstance(answer, Posted):
            return answer, mark.payload
        if not isinstance(answer, Unclear):
            self.keep(done=key, failures=self.cursor.failures)
        raise self.trouble(answer)

    def begin(self, key: str, channel: str, thread_ts: str) -> tuple[Posted, JsonObject] | None:
        """Write down that a post begins. Where it was begun before: how it stands by now, or that it may still come.

        Raises:
            Later: Slack did not say.
        """
        if key in self.cursor.posting:
            found = self._posted_before(key, channel, thread_ts)
            if found is None:
                self.keep(ghost_at=self.now() + GHOST_MS, failures=self.cursor.failures)
            return found
        since = f"{self.now() / 1000 - LOOK_BACK_S:.6f}"
        begun = Begun(since=since, channel=channel, thread_ts=thread_ts)
        self.keep(posting={**self.cursor.posting, key: begun}, failures=self.cursor.failures)
        return None

    def edit(
        self,
        key: str,
        message: Message,
        *,
        channel: str,
        ts: str,
        payload: JsonObject | None = None,
        urgency: Urgency = Urgency.NEXT,
    ) -> Posted | NotThere:
        """Make a message of ours say this.

        Raises:
            Later: not done, or not known to be; an edit does no harm twice.
        """
        self.go_on()
        mark = Mark({"rollback": self.rollback.id, "key": key, **(payload or {})})
        answer = self.rungs(message, lambda rung: self.slack.update(channel, ts, rung, mark=mark, urgency=urgency))
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
                before = self.cursor.failures - self._unanswered
                wait = min(LONGEST_MS, UNCLEAR_MS << min(before, DOUBLINGS))
                log.warning("Slack did not answer", why=why, again_ms=wait)
                if not self._unanswered:  # Several parts may fail at one look; that is one failure.
                    self._unanswered = True
                    self.keep(failures=self.cursor.failures + 1)
                return Later(now + wait, why)
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
            return self.slack.permalink(channel, ts)
        except SlackUnreadable as error:
            raise self.trouble(error.problem) from error

    def found(self, channel: str, *, since: str, until: str = "", thread_ts: str = "") -> list[tuple[str, JsonObject]]:
        """Our messages about this rollback, the oldest first; none where the thread is gone.

        Raises:
            Later: Slack did not say.
        """
        try:
            marked = self.slack.marked(channel, since=since, until=until, thread_ts=thread_ts)
        except SlackUnreadable as error:
            if isinstance(error.problem, NotThere):
                return []
            raise self.trouble(error.problem) from error
        named = ((ts, _named(payload)) for ts, payload in marked)
        return [(ts, payload) for ts, payload in named if payload.get("rollback") == self.rollback.id]

    def delete(self, channel: str, ts: str) -> None:
        """Take back a message of ours; one that is gone already is fine, and somebody else's stays.

        Raises:
            Later: it stands there still, or may.
        """
        answer = self.slack.delete(channel, ts)
        if answer == Denied("cant_delete_message"):
            log.error("a message is not ours to delete; it stays", channel=channel, ts=ts)
        elif not isinstance(answer, Posted | NotThere):
            raise self.trouble(answer)

    def doubts(self) -> int:
        """How often a narrator that was displaced left a post it could not account for."""
        return self.parts.store.note(self._doubts_name)[1]

    @property
    def _doubts_name(self) -> str:
        return f"narration-doubt:{self.rollback.id}"

    def _posted_before(self, key: str, channel: str, thread_ts: str) -> tuple[Posted, JsonObject] | None:
        """Where a post that was begun stands. What stands there twice is deleted but for the oldest."""
        since = self.cursor.posting[key].since
        # A busy channel holds more than can be read: first where it must be if its answer was lost.
        until = f"{float(since) + LOOK_BACK_S + LOOK_ON_S:.6f}"
        for end in (until, ""):
            here = self.found(channel, since=since, until=end, thread_ts=thread_ts)
            same = [(ts, payload) for ts, payload in here if payload.get("key") == key]
            if same:
                for ts, _ in same[1:]:
                    self.delete(channel, ts)
                ts, payload = same[0]
                return Posted(ts=ts, channel=channel, thread_ts=thread_ts), payload
        return None

    def _withdraw(self) -> None:
        """Displaced with a post that is not accounted for: take it back if it is a double, or have somebody look."""
        sent, self._sent = self._sent, None
        if sent is None or not isinstance(sent.answer, Posted | Unclear | None):
            return
        note, _ = self.parts.store.note(self._name)
        counts = Cursor.model_validate(note or {}).stands.get(sent.key)
        if isinstance(sent.answer, Posted):
            if counts == sent.answer.ts:
                return
            if counts and isinstance(self.slack.delete(sent.channel, sent.answer.ts), Posted | NotThere):
                log.info("a double of mine was deleted", key=sent.key, ts=sent.answer.ts)
                return
        doubt: JsonObject = {"key": sent.key, "owner": self._mutex.owner}
        for _ in range(DOUBTS):
            if self.parts.store.put_note(self._doubts_name, doubt, version=self.doubts()):
                break
        self.parts.store.set_due(f"narrate:{self.rollback.id}", 0)


def _named(payload: JsonObject) -> JsonObject:
    """A file carries no key of ours: it is found by its name, which begins with the rollback's id and a dot."""
    name = payload.get("file")
    return {"rollback": str(name).partition(".")[0], "key": f"{FILE}{name}"} if name else payload


def fingerprint(message: Message) -> str:
    """The hash by which it is seen that a message has changed."""
    whole: JsonObject = {"text": message.text, "blocks": list(message.blocks)}
    return hashlib.sha256(canonical(whole).encode()).hexdigest()
