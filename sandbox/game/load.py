"""How much each pod has to do: its request rate of the last seconds, and the work it has done since its start."""

import math
from dataclasses import dataclass

WINDOW_S = 3.0


@dataclass(slots=True)
class _Meter:
    rate: float = 0.0
    at: float = 0.0
    requests: int = 0


class Load:
    """Request rates by pod uid, decaying over WINDOW_S seconds. Not locked: its owner is."""

    def __init__(self) -> None:
        self._meters: dict[str, _Meter] = {}

    def rate(self, uid: str, *, now: float) -> float:
        """Requests a second that reached this pod lately."""
        meter = self._meters.get(uid)
        return meter.rate * math.exp((meter.at - now) / WINDOW_S) if meter else 0.0

    def requests(self, uid: str) -> int:
        """Requests that reached this pod since its start."""
        meter = self._meters.get(uid)
        return meter.requests if meter else 0

    def add(self, uid: str, *, now: float) -> None:
        """Count one request."""
        rate = self.rate(uid, now=now)
        meter = self._meters.setdefault(uid, _Meter())
        meter.rate, meter.at, meter.requests = rate + 1 / WINDOW_S, now, meter.requests + 1

    def keep_only(self, uids: frozenset[str]) -> None:
        """Forget the pods that are gone."""
        for uid in self._meters.keys() - uids:
            del self._meters[uid]
