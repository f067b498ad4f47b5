"""Every Web API call that came in, for tests and players to look at; written to a file too when one is named."""

import json
import threading
import time
from collections import deque
from pathlib import Path

from sandbox.slack.config import Json

KEPT = 20_000


class Record:
    """The last KEPT calls, oldest first. Tokens are never kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Json] = deque(maxlen=KEPT)
        self._path = path

    def add(self, method: str, args: Json, status: int, answer: Json) -> None:
        """Note one call with what was answered; `at` is in seconds since 1970."""
        kept = {name: value for name, value in args.items() if name != "token"}
        call = {"at": time.time(), "method": method, "args": kept, "status": status, "answer": answer}
        with self._lock:
            self._calls.append(call)
            if self._path:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(call) + "\n")

    def calls(self, method: str | None = None) -> list[Json]:
        """List the calls, of one method or of all."""
        with self._lock:
            return [call for call in self._calls if method in (None, call["method"])]
