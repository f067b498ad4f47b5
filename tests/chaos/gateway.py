"""A gateway before the API server that fails as gateways do: it throttles, breaks, hangs, and loses answers."""

from __future__ import annotations

import argparse
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import urllib3

from tests.chaos.http_parts import Handler, Part, serve

READS = frozenset({"GET", "HEAD"})
_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding", "keep-alive"})


@dataclass
class Fault:
    """What happens to the next `times` calls. `writes`: to calls that write, only.

    `throttle` answers 429 and `break` 500 without acting, `hang` waits `seconds` and closes without acting;
    `act_break` acts and then answers 500, `act_drop` acts and then closes.
    """

    kind: str
    times: int
    writes: bool = False
    seconds: float = 3.0


class _Gateway(Handler):
    upstream: ClassVar[str]
    pool: ClassVar[urllib3.PoolManager]
    faults: ClassVar[list[Fault]] = []
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/own/ready":
            self.answer({})
        else:
            self._pass()

    def do_POST(self) -> None:
        if self.path != "/own/faults":
            self._pass()
            return
        body = json.loads(self.body())
        with self.lock:
            self.faults[:] = [*self.faults, Fault(**body)] if body else []
        self.answer({})

    def do_PATCH(self) -> None:  # noqa: N802 - the name is http.server's
        self._pass()

    def do_DELETE(self) -> None:  # noqa: N802 - the name is http.server's
        self._pass()

    def _pass(self) -> None:
        content, fault = self.body(), self._next_fault()
        if fault and fault.kind == "throttle":
            self.send(429, b'{"message":"too many requests"}', {"Retry-After": "1"})
        elif fault and fault.kind == "break":
            self.send(500, b'{"message":"gateway broke"}', {})
        elif fault and fault.kind == "hang":
            threading.Event().wait(fault.seconds)
            self.vanish()
        else:
            self._act(content, fault.kind if fault else "")

    def _act(self, content: bytes, fault: str) -> None:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        answer = self.pool.request(
            self.command, self.upstream + self.path, body=content or None, headers=headers, retries=False, timeout=30
        )
        if fault == "act_break":
            self.send(500, b'{"message":"gateway lost the answer"}', {})
        elif fault == "act_drop":
            self.vanish()
        else:
            self.send(answer.status, answer.data, {"Content-Type": answer.headers.get("Content-Type", "")})

    def _next_fault(self) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.writes and self.command in READS:
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None


class Gateway(Part):
    """The gateway as a child process; `url` speaks plain HTTP and passes the caller's token on."""

    module = "tests.chaos.gateway"

    def __init__(self, folder: Path, *, upstream: str, ca: Path) -> None:
        super().__init__(folder, "--upstream", upstream, "--ca", str(ca))

    def fail(self, kind: str, *, times: int, writes: bool = False, seconds: float = 3.0) -> None:
        """Put a fault behind those that wait."""
        body: dict[str, Any] = {"kind": kind, "times": times, "writes": writes, "seconds": seconds}
        self.call("POST", "/own/faults", body)

    def heal(self) -> None:
        """Forget what waits."""
        self.call("POST", "/own/faults", {})


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="gateway")
    for name in ("port", "upstream", "ca"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    _Gateway.upstream = given.upstream
    _Gateway.pool = urllib3.PoolManager(ca_certs=given.ca, maxsize=32)
    serve(_Gateway, port=int(given.port))


if __name__ == "__main__":
    main()
