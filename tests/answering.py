"""HTTP servers of the tests' own on loopback, each for as long as a block takes."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Handler(BaseHTTPRequestHandler):
    """Answers as its subclass says, and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Echo(Handler):
    """A pod's own listener, reached as an HTTP proxy: it answers with the address it was asked for."""

    def do_GET(self) -> None:
        """Answer with JSON."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"asked": self.path}).encode())


@contextmanager
def answering(handler: type[Handler], *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server, without a slash at its end; with `tls` it speaks HTTPS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        worker = Thread(target=server.serve_forever)
        worker.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            worker.join()
