"""Socket Mode's web sockets: tickets, hello, at most ten at a time, and the ways in which one can die.

Source: Slack's documentation "Using Socket Mode" (hello, disconnect, ten connections, each payload to one of them).
"""

import contextlib
import json
import logging
import secrets
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from sandbox.slack.config import Json
from sandbox.slack.errors import OutsideError
from sandbox.slack.state import Workspace

MOST = 10
TICKET_S = 30.0
CLOSE_S = 0.5
PING_S, PONG_S = 10.0, 20.0
CONNECTION_S = 18_060
"""What hello says about how long a connection lasts; here it lasts until somebody ends it."""


class Link(ServerConnection):
    """One web socket to the app. A frozen one swallows what it would send, pongs and closing frames too."""

    name = ""
    frozen = False
    sent = 0

    def send_data(self) -> None:
        """Write what the protocol wants written, unless frozen; the library's own hook around its socket."""
        if self.frozen:
            self.protocol.data_to_send()
        else:
            super().send_data()

    def cut(self) -> None:
        """Break the connection without a closing frame, as a lost route does."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Links:
    """The open web sockets of the one app; `heard` is called with what comes in over one of them."""

    def __init__(self, workspace: Workspace) -> None:
        self.changed = threading.Condition()
        self.heard: Callable[[Link, str], None] = lambda _link, _text: None
        self._workspace = workspace
        self._open: OrderedDict[str, Link] = OrderedDict()
        self._tickets: dict[str, float] = {}
        self._server: Server | None = None
        self._address = ""

    def listen(self, host: str) -> None:
        """Accept web sockets on a free port, in threads."""
        logger = logging.getLogger("sandbox.slack.links")
        logger.setLevel(logging.CRITICAL)  # lost connections are what it is here for
        self._server = serve(
            self._accept,
            host,
            0,
            process_request=self._admit,
            compression=None,
            create_connection=Link,
            ping_interval=PING_S,
            ping_timeout=PONG_S,
            close_timeout=CLOSE_S,
            logger=logger,
        )
        self._address = f"ws://{host}:{self._server.socket.getsockname()[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True, name="sandbox-links").start()

    def close(self) -> None:
        """Close every web socket and accept no more."""
        if self._server:
            self.drop()
            self._server.shutdown()
            self._server = None

    def ticket(self) -> str:
        """An address that is good for one connection within TICKET_S seconds."""
        name = secrets.token_hex(16)
        with self.changed:
            self._tickets[name] = time.monotonic() + TICKET_S
        return f"{self._address}/link/?ticket={name}&app_id={self._workspace.app.app_id}"

    def next(self) -> Link | None:
        """The open web socket whose turn it is, or None when there is none."""
        with self.changed:
            if not self._open:
                return None
            name, link = next(iter(self._open.items()))
            self._open.move_to_end(name)
            link.sent += 1
            return link

    def is_open(self, link: Link) -> bool:
        """Whether a web socket still stands, as far as Slack knows."""
        with self.changed:
            return link.name in self._open

    def drop(self, name: str = "") -> int:
        """Cut one web socket, or all, without a closing frame; how many."""
        links = self._named(name)
        for link in links:
            link.cut()
        return len(links)

    def freeze(self, name: str = "") -> int:
        """Let one web socket, or all, fall silent while the connection stands; how many."""
        links = self._named(name)
        for link in links:
            link.frozen = True
        return len(links)

    def disconnect(self, reason: str, name: str = "") -> int:
        """Announce the end of one web socket, or of all, as Slack does before it refreshes them; how many."""
        links = self._named(name)
        for link in links:
            self._end(link, reason)
        return len(links)

    def state(self) -> list[Json]:
        """What is open, for players."""
        with self.changed:
            return [{"id": link.name, "sent": link.sent, "frozen": link.frozen} for link in self._open.values()]

    def _named(self, name: str) -> list[Link]:
        with self.changed:
            if name and name not in self._open:
                raise OutsideError(f"No web socket {name!r} is open. Open: {', '.join(self._open) or 'none'}.")
            return [link for key, link in self._open.items() if name in ("", key)]

    def _admit(self, link: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        name = next(iter(parse_qs(parts.query).get("ticket", ())), "")
        with self.changed:
            expires = self._tickets.pop(name, 0.0)
        if parts.path.rstrip("/") != "/link" or time.monotonic() > expires:
            return link.respond(403, "This address was used, has expired, or was never given.\n")
        return None

    def _accept(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Link)  # noqa: S101 - create_connection makes no other
        connection.name = f"ws-{secrets.token_hex(4)}"
        try:
            self._welcome(connection)
            for text in connection:
                self.heard(connection, text if isinstance(text, str) else text.decode("utf-8", "replace"))
        except ConnectionClosed:
            pass
        finally:
            with self.changed:
                self._open.pop(connection.name, None)
                self.changed.notify_all()

    def _welcome(self, link: Link) -> None:
        """Say hello before any envelope goes out, or say why not."""
        with self.changed:
            if not (reason := self._refusal()):
                self._open[link.name] = link
                link.send(json.dumps(self._hello(len(self._open))))
                self.changed.notify_all()
        if reason:
            self._end(link, reason)

    def _refusal(self) -> str:
        if not self._workspace.app.socket_mode:
            return "link_disabled"
        return "too_many_websockets" if len(self._open) >= MOST else ""

    def _hello(self, number: int) -> Json:
        return {
            "type": "hello",
            "num_connections": number,
            "connection_info": {"app_id": self._workspace.app.app_id},
            "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": CONNECTION_S},
        }

    def _end(self, link: Link, reason: str) -> None:
        """`warning` only announces; after every other reason the connection is closed."""
        with contextlib.suppress(ConnectionClosed):
            link.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}))
        if reason != "warning":
            seconds = self._workspace.config.timings.link_close
            timer = threading.Timer(seconds, link.close)
            timer.daemon = True
            timer.start()
