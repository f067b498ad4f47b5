"""The HTTP server around the parts."""

import logging
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.slack.config import SlackConfig
from sandbox.slack.outside import outside
from sandbox.slack.parts import Parts
from sandbox.slack.web import web_api


class _QuietHandler(WSGIRequestHandler):
    """HTTP/1.1 with keep-alive, without a line for every request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: dict[str, object] | None = None) -> None:
        """Say nothing: pages leave, and some faults close connections on purpose."""


class SlackServer:
    """A running or not yet running sandbox Slack; as a context manager it serves in a thread of its own."""

    def __init__(self, parts: Parts, server: BaseWSGIServer, listener: socket.socket) -> None:
        self.parts = parts
        self.url = parts.base_url
        self._server = server
        self._listener = listener
        self._thread: threading.Thread | None = None

    def serve_forever(self) -> None:
        """Serve in this thread until `close` is called from another or the process is interrupted."""
        self._server.serve_forever(poll_interval=0.05)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve_forever, daemon=True, name="sandbox-slack")
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port; everything that waits inside ends."""
        self.parts.stop()
        if self._thread:
            self._server.shutdown()
            self._thread.join(timeout=5)
        self._server.server_close()
        self._listener.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def create_server(
    config: SlackConfig, *, host: str = "127.0.0.1", port: int = 0, record_path: Path | None = None
) -> SlackServer:
    """Make a server that listens already (port 0: any free one) and does not yet answer.

    Raises ValueError for a host that is not loopback, OSError when the port is taken.
    """
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError(f"The sandbox has no authentication and listens on loopback only, not on {host}.")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    listener = socket.create_server((host, port), backlog=128)
    bound = listener.getsockname()[1]
    parts = Parts.build(config, base_url=f"http://{host}:{bound}", record_path=record_path)
    parts.links.listen(host)
    app = Flask("sandbox.slack", static_folder=None)
    app.register_blueprint(web_api(parts))
    app.register_blueprint(outside(parts))
    server = make_server(host, bound, app, threaded=True, request_handler=_QuietHandler, fd=listener.fileno())
    return SlackServer(parts, server, listener)
