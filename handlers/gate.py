"""The gate before everything: only what Slack signed, not long ago, and each request once.

Source of the signature and of the five minutes: Slack's documentation "Verifying requests from Slack".
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from slack_sdk.signature import SignatureVerifier

TIMESTAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
KEPT_S = 660.0
"""A signature is good for 300 s either side of its time, so it can come back for ten minutes."""
KEPT = 20_000
PATIENCE_S = 3.0


class Gate:
    """Says whether a request was signed with the app's secret within the last five minutes. Never raises."""

    def __init__(self, signing_secret: str) -> None:
        self._verifier = SignatureVerifier(signing_secret)

    def admits(self, body: bytes, *, timestamp: str, signature: str) -> bool:
        """Whether this body came from Slack. What is no number, no signature or no text did not."""
        if not TIMESTAMP.fullmatch(timestamp) or not SIGNATURE.fullmatch(signature):
            return False
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return False
        return self._verifier.is_valid(text, timestamp, signature)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer as it went out."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass
class _Entry:
    at: float
    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class Replays:
    """Answers by signature: the very same request again gets the same answer and has no second effect.

    This is for one process; across processes and restarts the store's command ids keep effects single.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, signature: str, act: Callable[[], Answer]) -> Answer:
        """Act for the first request with this signature; wait for its answer and repeat it for every other one.

        An answer of 500 and above is not kept: it says nothing about what was asked.
        """
        entry, first = self._entry(signature)
        if not first and entry.done.wait(PATIENCE_S) and entry.answer is not None:
            return entry.answer
        try:
            answer = act()
        except BaseException:
            self._forget(signature, entry)
            raise
        if answer.status >= 500:  # noqa: PLR2004 - HTTP's first server error
            self._forget(signature, entry)
        else:
            entry.answer = answer
            entry.done.set()
        return answer

    def _entry(self, signature: str) -> tuple[_Entry, bool]:
        now = self._clock()
        with self._lock:
            while self._entries and (len(self._entries) > KEPT or self._oldest() < now - KEPT_S):
                self._entries.popitem(last=False)
            known = self._entries.get(signature)
            if known is not None:
                return known, False
            made = self._entries[signature] = _Entry(at=now)
            return made, True

    def _oldest(self) -> float:
        return next(iter(self._entries.values())).at

    def _forget(self, signature: str, entry: _Entry) -> None:
        with self._lock:
            if self._entries.get(signature) is entry:
                del self._entries[signature]
        entry.done.set()
