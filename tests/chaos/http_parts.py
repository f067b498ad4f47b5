"""A small HTTP server in a process of its own, and how its tests start and ask it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, Server, responds

_READY_S = 20.0
_ANSWER_S = 15.0


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive, silent, answering JSON."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""

    def body(self) -> bytes:
        """What the request carries."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, content: object, *, status: int = 200) -> None:
        """Send JSON."""
        self.send(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """Send anything."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def vanish(self) -> None:
        """Close the connection without an answer."""
        self.close_connection = True


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that were killed leave broken connections: nothing to say."""


def serve(handler: type[Handler], *, port: int) -> None:
    """Serve on the loopback until the process is ended."""
    _Quiet((LOOPBACK, port), handler).serve_forever()


class Part(Server):
    """One such server as a child process."""

    module: str

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._folder = folder
        self._arguments: Sequence[str] = arguments
        self._session = requests.Session()
        self._session.trust_env = False  # this machine's proxy is for other servers
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        argv = [sys.executable, "-m", self.module, "--port", str(self.port), *self._arguments]
        self._process = Process(argv, log=self._folder / f"{self.module.rpartition('.')[2]}.log", name=self.module)
        self._process.wait_until(lambda: responds(f"{self.url}/own/ready"), within_s=_READY_S)

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON of any shape
        """Ask it something about itself."""
        answer = self._session.request(method, self.url + path, json=body, timeout=_ANSWER_S)
        answer.raise_for_status()
        return answer.json()
