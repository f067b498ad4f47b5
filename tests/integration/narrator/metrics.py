"""An HTTP endpoint that speaks Prometheus' range queries: an error share that falls, and counts of requests."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

REQUESTS, FAILED = 6_000, 480


@dataclass
class Metrics:
    """`high`: the error share before `recovered` (Unix seconds), 0.1 % after it. `away`: it answers 503."""

    recovered: float
    high: float = 0.08
    away: bool = False
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, query: str, start: float, end: float, step: float) -> list[list[object]]:
        """The values of a range query: a share where it divides, else a count."""
        times = [start + step * n for n in range(int((end - start) / step) + 1)]
        if ") / (" in query:
            return [[t, str(self.high if t < self.recovered else 0.001)] for t in times]
        return [[t, str(FAILED if "errors" in query else REQUESTS)] for t in times]


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One Prometheus."""

        def do_GET(self) -> None:
            """Answer a query."""
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            metrics.asked.append(asked.get("query", ""))
            begin, end, step = (float(asked.get(name, "0").rstrip("s")) for name in ("start", "end", "step"))
            values = metrics.answer(asked.get("query", ""), begin, end, step or 1)
            result = [{"metric": {}, "values": values}]
            body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
            self._send(503 if metrics.away else 200, json.dumps(body).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
            """Say nothing."""

    return Handler
