"""The two ends around the sandbox Slack: an app's Request URL that verifies signatures, and a player's hands."""

import json
import queue
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Reply = tuple[int, str]
GAME = "C0GAMESERVER"
REQUESTER = "U0REQUESTER"
APPROVER = "U0APPROVER1"


@dataclass
class App:
    """The other end of the Request URL: keeps what it received, answers what `reply` gives."""

    url: str = ""
    received: "queue.Queue[tuple[Json, dict[str, str]]]" = field(default_factory=queue.Queue)
    reply: Callable[[Json], Reply] = field(default=lambda _payload: (200, ""))
    refused: int = 0

    def next(self) -> Json:
        """Give the next payload that arrived with a valid signature."""
        return self.received.get(timeout=5)[0]

    def next_with_headers(self) -> tuple[Json, dict[str, str]]:
        """Give the next payload together with its headers."""
        return self.received.get(timeout=5)


@dataclass(frozen=True)
class Outside:
    """/sandbox/* as a player sees it; an answer that is not 2xx comes back as JSON too, under its `http` status."""

    base: str

    def post(self, path: str, **body: object) -> Json:
        """POST a body."""
        return self._send(path, json.dumps(body).encode())

    def get(self, path: str) -> Json:
        """GET a path with its query."""
        return self._send(path, None)

    def delete(self, path: str) -> Json:
        """DELETE a path."""
        return self._send(path, None, "DELETE")

    def _send(self, path: str, data: bytes | None, method: str | None = None) -> Json:
        asked = urllib.request.Request(  # noqa: S310  the address is the sandbox's own
            f"{self.base}/sandbox/{path}", data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310  the address is the sandbox's own
                body: Json = json.load(answer)
                return body
        except urllib.error.HTTPError as refused:
            with refused:
                return {"http": refused.code, **json.load(refused)}
