"""Ways in which Slack can fail an app, asked for by a test and used up one call at a time."""

import threading
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class FaultKind(StrEnum):
    """What goes wrong with a call. Only `drop_answer` lets the call act."""

    STATUS = "status"
    HANG = "hang"
    DROP_ANSWER = "drop_answer"
    ERROR = "error"
    RATELIMITED = "ratelimited"


class Fault(BaseModel):
    """One fault, for the next `times` calls of `method` (`*` is every method, `response_url` and `upload` count too).

    `hang` holds the call for `seconds` and closes the connection without acting. `drop_answer` acts, then closes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    kind: FaultKind
    times: int = Field(default=1, ge=1)
    status: int = 500
    seconds: float = 30.0
    error: str = "internal_error"
    retry_after: int = 1


class Faults:
    """The faults that still wait for their calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put a fault behind those that wait already."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget every fault that waits."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """List what still waits, oldest first."""
        with self._lock:
            return list(self._waiting)

    def take(self, method: str) -> Fault | None:
        """Use up one call's worth of the oldest fault that fits this method."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.method not in (method, "*"):
                    continue
                if fault.times > 1:
                    self._waiting[index] = fault.model_copy(update={"times": fault.times - 1})
                else:
                    del self._waiting[index]
                return fault
        return None
