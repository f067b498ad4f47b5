"""Asking a URL of the service, as its users would."""

from __future__ import annotations

import time
from dataclasses import dataclass

import requests

TIMEOUT_S = 2.0
MOST_BYTES = 4096


@dataclass(frozen=True)
class Answer:
    """What a URL answered: HTTP status (None: no answer), milliseconds, and why there was none.

    `body`: the beginning of it, "" where it was not asked for.
    """

    status: int | None
    ms: int
    error: str = ""
    body: str = ""

    @property
    def good(self) -> bool:
        """Whether the answer is a 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own range


class Probe:
    """Asks a URL once: no redirect followed, no retry, at most 2 s to connect and 2 s for the answer."""

    def get(self, url: str) -> Answer:
        """One GET; never raises for what the network or the server does."""
        return self._asked(url, most=0)

    def read(self, url: str) -> Answer:
        """The same, with the first 4 KiB of the body."""
        return self._asked(url, most=MOST_BYTES)

    def _asked(self, url: str, *, most: int) -> Answer:
        began = time.monotonic()
        try:
            with requests.get(url, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer:
                body = next(answer.iter_content(most), b"").decode(errors="replace") if most else ""
                return Answer(status=answer.status_code, ms=_since(began), body=body)
        except requests.RequestException as error:
            return Answer(status=None, ms=_since(began), error=_reason(error))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "timed out"
    if "NameResolution" in repr(error) or "getaddrinfo" in repr(error):
        return "no such name"
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate not accepted"
    return "no connection" if isinstance(error, requests.ConnectionError) else type(error).__name__
