"""Socket Mode's envelopes: each goes to one web socket, and again to another when that one dies before the answer.

Slack's documentation promises repetition for events only ("Events API: error handling"). That an envelope which was
under way on a dying socket comes once more, under the same id, is what apps report; here it happens to every kind, so
that an app has to stand it.
"""

import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import parse_qsl

from websockets.exceptions import ConnectionClosed

from sandbox.slack.config import Json
from sandbox.slack.errors import OutsideError
from sandbox.slack.links import Link, Links

KEPT = 2_000
ANSWERED = frozenset({"view_submission", "block_suggestion"})
"""The interactive payloads whose acknowledgement may carry an answer; a slash command's may too."""
Acked: TypeAlias = tuple[str, Json | None]
"""The error in Slack's words ("" when acknowledged), and what the acknowledgement carried."""


@dataclass(frozen=True)
class Envelope:
    """One payload as it goes over a web socket."""

    type: str
    payload: object
    accepts_response_payload: bool
    retry_attempt: int | None = None
    retry_reason: str = ""

    def text(self, envelope_id: str) -> str:
        """The text frame."""
        body: Json = {
            "envelope_id": envelope_id,
            "type": self.type,
            "payload": self.payload,
            "accepts_response_payload": self.accepts_response_payload,
        }
        if self.retry_attempt is not None:
            body |= {"retry_attempt": self.retry_attempt, "retry_reason": self.retry_reason}
        return json.dumps(body)


def envelope_of(kind: str, body: bytes, headers: Mapping[str, str]) -> Envelope:
    """Put what a request would carry into an envelope; a request's retry headers become the envelope's members."""
    text = body.decode("utf-8", "replace")
    if kind == "event":
        attempt = int(headers.get("X-Slack-Retry-Num", "0"))
        return Envelope("events_api", json.loads(text), False, attempt, "timeout" if attempt else "")
    form = dict(parse_qsl(text, keep_blank_values=True))
    if kind == "command":
        return Envelope("slash_commands", form, True)
    payload = json.loads(form["payload"])
    return Envelope("interactive", payload, payload["type"] in ANSWERED)


class Loss(StrEnum):
    """What a web socket takes with it when it dies."""

    ENVELOPE = "envelope"
    ACK = "ack"


@dataclass
class _Waiting:
    link: Link | None = None
    answer: Json | None = None


class Envelopes:
    """Delivers envelopes and waits for their acknowledgements, from whichever web socket they come."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._waiting: dict[str, _Waiting] = {}
        self._losses: deque[Loss] = deque()
        self._sent: deque[Json] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        links.heard = self._hear

    def lose(self, what: Loss, times: int) -> None:
        """Let the next envelopes, or acknowledgements, die with their web socket."""
        with self._lock:
            self._losses.extend([what] * times)

    def sent(self) -> list[Json]:
        """Every sending, oldest first: which envelope, over which web socket, and whether it was lost on the way."""
        with self._lock:
            return list(self._sent)

    def deliver(self, envelope: Envelope, *, within_s: float) -> Acked:
        """Send an envelope and wait at most `within_s` seconds for its acknowledgement."""
        name = str(secrets.token_hex(16))
        error, answer = self._carry(name, envelope.text(name), kind=envelope.type, within_s=within_s)
        carried = answer.get("payload") if answer else None
        return error, carried if envelope.accepts_response_payload and isinstance(carried, dict) else None

    def deliver_text(self, text: str, *, within_s: float) -> Acked:
        """Send a text frame as it is; wait for an acknowledgement only when it names an envelope."""
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        name = body.get("envelope_id") if isinstance(body, dict) else None
        if isinstance(name, str) and name:
            return self._carry(name, text, kind="raw", within_s=within_s)
        link = self._links.next()
        if link is None:
            raise OutsideError("No web socket is open.", status=409)
        link.send(text)
        return "", None

    def _carry(self, name: str, text: str, *, kind: str, within_s: float) -> Acked:
        deadline = time.monotonic() + within_s
        waiting = self._waiting[name] = _Waiting()
        changed = self._links.changed
        try:
            while True:
                link = self._links.next()
                if link is not None:
                    waiting.link = link
                    self._send(link, name, text, kind=kind)
                elif waiting.link is None:
                    return "dispatch_failed", None
                with changed:
                    changed.wait_for(lambda: self._settled(waiting), max(0.0, deadline - time.monotonic()))
                if waiting.answer is not None:
                    return "", waiting.answer
                if time.monotonic() >= deadline:
                    return "operation_timeout", None
        finally:
            del self._waiting[name]

    def _settled(self, waiting: _Waiting) -> bool:
        """Acknowledged; or the web socket it went over is gone, and another one is there."""
        if waiting.answer is not None:
            return True
        gone = waiting.link is None or not self._links.is_open(waiting.link)
        return gone and bool(self._links.state())

    def _send(self, link: Link, name: str, text: str, *, kind: str) -> None:
        lost = self._takes(Loss.ENVELOPE)
        with self._lock:
            self._sent.append({"envelope_id": name, "type": kind, "link": link.name, "lost": lost})
        if lost:
            link.cut()
            self._until_gone(link)
            return
        try:
            link.send(text)
        except ConnectionClosed:
            self._until_gone(link)

    def _until_gone(self, link: Link) -> None:
        with self._links.changed:
            self._links.changed.wait_for(lambda: not self._links.is_open(link), 1.0)

    def _takes(self, what: Loss) -> bool:
        with self._lock:
            if what in self._losses:
                self._losses.remove(what)
                return True
            return False

    def _hear(self, link: Link, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(str(body.get("envelope_id"))) if isinstance(body, dict) else None
        if waiting is None:
            return
        if self._takes(Loss.ACK):
            link.cut()
            return
        with self._links.changed:
            waiting.answer = body
            self._links.changed.notify_all()
