"""Ways in which Slack can fail an app, asked for by a test: by number of calls, for a time, or by chance.

Over HTTP: `POST /sandbox/faults` with a Fault as JSON, `GET /sandbox/faults` lists what waits, `DELETE /sandbox/faults`
ends all of it, `DELETE /sandbox/faults?name=outage` what has this name. For example

- an outage until it is ended: `{"name": "outage", "method": "*", "kind": "hang", "seconds": 0, "lasting": true}`
- 429 for 20 s: `{"method": "chat.*", "kind": "ratelimited", "retry_after": 5, "for_s": 20}`
- one answer in ten lost: `{"method": "chat.postMessage,chat.update", "kind": "drop_answer", "lasting": true,
  "probability": 0.1, "seed": 7}`

What Slack took stands at `GET /sandbox/record`: `calls` (each with arguments, status and answer) and `history` (each
post, edit and deletion, in order, with the whole message and its metadata).
"""

import random
import threading
import time
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What goes wrong with a call. Only `drop_answer` and `delay` let the call act."""

    STATUS = "status"
    HANG = "hang"
    DROP_ANSWER = "drop_answer"
    ERROR = "error"
    RATELIMITED = "ratelimited"
    DELAY = "delay"


class Fault(BaseModel):
    """One fault, for the next `times` calls of `method`: a name or pattern ("chat.*"), or several with commas.

    `response_url` and `upload` count as methods too. `for_s` (seconds) or `lasting` (until it is ended) take the place
    of `times`. With a `probability` each fitting call meets it by the chance of a generator begun with `seed`.
    `hang` holds the call for `seconds` and closes the connection without acting (0: at once). `drop_answer` acts, then
    closes it. `delay` holds the call for `seconds`, or until the fault is ended, and acts then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    kind: FaultKind
    name: str = ""
    times: int = Field(default=1, ge=1)
    for_s: float | None = Field(default=None, gt=0)
    lasting: bool = False
    probability: float = Field(default=1.0, gt=0, le=1)
    seed: int = 0
    status: int = 500
    seconds: float = 30.0
    error: str = "internal_error"
    retry_after: int = 1

    def fits(self, method: str) -> bool:
        """Whether it is about this method."""
        return any(fnmatchcase(method, pattern.strip()) for pattern in self.method.split(","))


@dataclass
class _Waiting:
    fault: Fault
    left: int
    ends: float | None
    chance: random.Random
    over: threading.Event = field(default_factory=threading.Event)

    def past(self) -> bool:
        return self.over.is_set() or (self.ends is not None and time.monotonic() >= self.ends)

    def meets(self, method: str) -> bool:
        if self.past() or not self.fault.fits(method):
            return False
        return self.fault.probability == 1 or self.chance.random() < self.fault.probability


class Faults:
    """The faults that still wait for their calls."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._delayed: list[_Waiting] = []

    def add(self, fault: Fault) -> None:
        """Put a fault behind those that wait already."""
        ends = None if fault.for_s is None else time.monotonic() + fault.for_s
        chance = random.Random(fault.seed)  # noqa: S311  a seed is to give the same faults again
        with self._changed:
            self._waiting.append(_Waiting(fault, fault.times, ends, chance))

    def clear(self, name: str | None = None) -> None:
        """End every fault, or those of this name; calls that are delayed by them go on."""
        with self._changed:
            for one in (*self._waiting, *self._delayed):
                if name in (None, one.fault.name):
                    one.over.set()
            self._waiting = [one for one in self._waiting if not one.past()]

    def waiting(self) -> list[Fault]:
        """List what still waits, oldest first."""
        with self._changed:
            self._waiting = [one for one in self._waiting if not one.past()]
            return [one.fault.model_copy(update={"times": one.left}) for one in self._waiting]

    def take(self, method: str) -> Fault | None:
        """Use up one call's worth of the oldest fault that fits this method; a delay is waited for here."""
        with self._changed:
            met = next((one for one in self._waiting if one.meets(method)), None)
            if met is None:
                return None
            self._use(met)
            if met.fault.kind is not FaultKind.DELAY:
                return met.fault
            self._delayed.append(met)
            self._changed.notify_all()
        met.over.wait(met.fault.seconds)
        with self._changed:
            self._delayed.remove(met)
        return None

    def wait_for_delayed(self, count: int, timeout: float) -> bool:
        """Wait until so many calls are delayed; False when `timeout` seconds pass before that."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._delayed) >= count, timeout)

    def _use(self, met: _Waiting) -> None:
        if met.fault.lasting or met.ends is not None:
            return
        met.left -= 1
        if met.left < 1:
            self._waiting.remove(met)
