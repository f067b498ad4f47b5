"""What a move of traffic loses on a real data plane: requests to one address while somebody's rollback runs.

The rollback itself is asked for and approved in Slack, as any other. This only sends requests, as many and as fast as
it is told, and counts what does not come back: no connection, no answer in time, or an HTTP error.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import requests

from bench.figures import Figure

MOST_REQUESTS: Final = 100_000
MOST_PER_SECOND: Final = 200
SENDERS: Final = 8
"""Each keeps connections of its own, as a proxy does, and waits for an answer before it sends again."""
_ANSWER_S = 5.0
_ERROR = 400


@dataclass(frozen=True)
class Load:
    """So many requests to one address, at so many a second."""

    url: str
    requests: int
    per_second: float

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise ValueError(
                f"{self.url!r} is no address: requests can be sent to http://HOST/PATH or https://HOST/PATH"
            )
        if not 0 < self.requests <= MOST_REQUESTS:
            raise ValueError(f"{self.requests} requests: between 1 and {MOST_REQUESTS} can be sent")
        if not 0 < self.per_second <= MOST_PER_SECOND:
            raise ValueError(f"{self.per_second:g} requests a second: up to {MOST_PER_SECOND} can be sent")


def measure(load: Load) -> list[Figure]:
    """Send all of them; what was lost, and why. Takes at least `requests / per_second` seconds."""
    began = time.monotonic()
    with ThreadPoolExecutor(SENDERS, thread_name_prefix="sender") as pool:
        counted = list(pool.map(lambda first: _sent(load, first, began), range(SENDERS)))
    return [figure_of(load, counted, seconds=time.monotonic() - began)]


def figure_of(load: Load, counted: Sequence[Counter[str]], *, seconds: float) -> Figure:
    """The figure of all senders' counts: by what came of each request, "" for an answer."""
    every = sum(counted, Counter[str]())
    lost = {why: count for why, count in sorted(every.items()) if why}
    reasons = ", ".join(f"{why} {count}" for why, count in lost.items()) or "nothing"
    return Figure(
        name="traffic_lost",
        value=sum(lost.values()),
        unit="requests",
        goal=1,
        beside=f"{every.total()} requests to {load.url} in {seconds:.0f} s; lost: {reasons}",
    )


def _sent(load: Load, first: int, began: float) -> Counter[str]:
    """Every so-manieth request, each at its own time or, when the answers are slow, as soon as there is one."""
    seen = Counter[str]()
    with requests.Session() as session:
        for number in range(first, load.requests, SENDERS):
            time.sleep(max(0.0, began + number / load.per_second - time.monotonic()))
            seen[_outcome(session, load.url)] += 1
    return seen


def _outcome(session: requests.Session, url: str) -> str:
    try:
        answer = session.get(url, timeout=_ANSWER_S)
    except requests.Timeout:
        return "no answer in time"
    except requests.RequestException:
        return "no connection"
    return f"HTTP {answer.status_code}" if answer.status_code >= _ERROR else ""
