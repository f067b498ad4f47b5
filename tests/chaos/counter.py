"""A system that counts what is done to it: files that are written whole, and things that must be done once.

A thing done once shows only after a while (`settle_s`): until then looking for it says nothing, as with a mail that was
sent. Everything counts at the moment it comes in.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from tests.chaos.http_parts import Handler, Part, serve

SETTLE_S = 2.0


@dataclass(frozen=True)
class Deed:
    """One thing that was done: `what` is "file" or "once"; `changed`: whether anything is different since."""

    at: float
    what: str
    name: str
    value: str
    changed: bool


class _Counter(Handler):
    settle_s: ClassVar[float] = SETTLE_S
    lock: ClassVar[threading.Lock] = threading.Lock()
    files: ClassVar[dict[str, str]] = {}
    once: ClassVar[dict[str, float]] = {}
    deeds: ClassVar[list[Deed]] = []
    drops: ClassVar[list[float]] = []

    def do_GET(self) -> None:
        kind, _, name = self.path.strip("/").partition("/")
        with self.lock:
            if kind == "file":
                self.answer({"content": self.files.get(name, "")})
            elif kind == "once":
                self.answer({"done": time.time() - self.once.get(name, float("inf")) >= self.settle_s})
            elif name == "deeds":
                self.answer([asdict(deed) for deed in self.deeds])
            else:
                self.answer({})

    def do_PUT(self) -> None:  # noqa: N802 - the name is http.server's
        name, content = self.path.removeprefix("/file/"), self.body().decode()
        with self.lock:
            changed = self.files.get(name, "") != content
            self.files[name] = content
            self.deeds.append(Deed(time.time(), "file", name, content, changed))
        self._done()

    def do_POST(self) -> None:
        if self.path == "/own/drops":
            self.drops.append(float(json.loads(self.body())))
            self.answer({})
            return
        name = self.path.removeprefix("/once/")
        self.body()
        with self.lock:
            self.once.setdefault(name, time.time())
            self.deeds.append(Deed(time.time(), "once", name, "", changed=True))
        self._done()

    def _done(self) -> None:
        """Answer; or, when asked to, be slow and answer nothing."""
        with self.lock:
            wait = self.drops.pop(0) if self.drops else None
        if wait is None:
            self.answer({})
        else:
            threading.Event().wait(wait)
            self.vanish()


class Counter(Part):
    """The counting system as a child process."""

    module = "tests.chaos.counter"

    def __init__(self, folder: Path, *, settle_s: float = SETTLE_S) -> None:
        super().__init__(folder, "--settle", str(settle_s))

    def deeds(self) -> list[Deed]:
        """Everything that was done, oldest first."""
        return [Deed(**deed) for deed in self.call("GET", "/own/deeds")]

    def done(self, name: str) -> bool:
        """Whether a thing that must be done once shows by now."""
        return bool(self.call("GET", f"/once/{name}")["done"])

    def drop(self, after_s: float = 0.0) -> None:
        """Act on the next call and answer nothing, after so many seconds."""
        self.call("POST", "/own/drops", after_s)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="counter")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--settle", type=float, required=True)
    given = parser.parse_args()
    _Counter.settle_s = given.settle
    serve(_Counter, port=given.port)


if __name__ == "__main__":
    main()
