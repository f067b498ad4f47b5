"""Socket Mode: one web socket to Slack a process, opened again whenever it is gone, and closed once all is answered.

slack_sdk's client does the talking. What it leaves open is closed here: a first connection that fails, a hang-up that
only a ping would find, a socket that never answered its first ping, a rate limit waited out inside a lock, frames that
are no envelopes (read in its version 3.47).
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

PING_S = 1.5
"""Between pings. The client gives a socket up after four without an answer, looks once a ping, and waits up to 3 s for
its reader: within 12 s in all."""
OPEN_TIMEOUT_S = 3
"""For apps.connections.open, the one call made here."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 8.0
"""Between attempts, doubling; Slack being back is noticed within the longest and one ping."""
SETTLED_S = 2.0
"""A socket that lived this long, or brought an envelope, was a good one: the next attempt follows at once."""
LOOK_S = 0.2
"""Between looks at whether the other side hung up, which the client's reader takes for a frame of no bytes."""
QUIET_S, DRAIN_LOOK_S = 0.2, 0.02
"""Nothing is under way and nothing waits to be read for as long before a socket is closed: what lies there unread came
in, too. Looked at this often."""
DRAIN_S = 3.0
"""Slack waits as long for an acknowledgement; longer helps nobody."""
UNREADY = (
    "Slack: no web socket is open ({why}). Commands and clicks do not arrive; the connection is tried again by itself."
    " Look at SLACK_APP_TOKEN, at the app's Socket Mode switch, and at the way out to Slack."
)
LISTENERS = 8
RECEIVE_BYTES = 65_536

CODE = re.compile(r"[a-z_]{1,64}")
"""What Slack's own error codes look like."""

Answering: TypeAlias = Callable[[BaseSocketModeClient, SocketModeRequest], None]
"""Works on one envelope and acknowledges it."""

log = structlog.get_logger()


class TooSoonError(SlackClientError):
    """The pause after a failed or short-lived connection is not over yet."""


class Client(SocketModeClient):
    """slack_sdk's client with pauses, patience and a memory of what went wrong. Its threads start with it."""

    def __init__(self, *, app_token: str, web_client: WebClient, answer: Answering) -> None:
        self.problem = "no connection yet"
        self._stopping = threading.Event()
        self._counting = threading.Lock()
        self._under_way = 0
        self._owed = False
        self._pause_s = 0.0
        self._not_before = 0.0
        self._told_until = 0.0
        self._since = float("inf")
        super().__init__(
            app_token=app_token,
            logger=logging.getLogger("slack_sdk.socket_mode"),
            web_client=web_client,
            ping_interval=PING_S,
            receive_buffer_size=RECEIVE_BYTES,
            concurrency=LISTENERS,
        )
        self.socket_mode_request_listeners.append(answer)

    def keep_connected(self) -> None:
        """Open the first web socket, and another one as soon as Slack hung up, until the process ends.

        The client's own monitor begins after a first connection, and finds a hang-up by its pings.
        """
        while not self._stopping.wait(LOOK_S):
            session = self.current_session
            sock = session.sock if session is not None else None
            if session is not None and sock is not None and _events(sock) & select.POLLRDHUP:
                with contextlib.suppress(AttributeError):  # the monitor has just closed it
                    session.close()
                self.connect_to_new_endpoint()
            elif self._owed or not self.current_app_monitor_started:
                self.connect_to_new_endpoint(force=self._owed)

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - slack_sdk's own signature
        """Connect anew; never raises. What failed is tried again, also if forced while the old socket stands."""
        try:
            super().connect_to_new_endpoint(force)
            self._owed = False
        except TooSoonError:
            self._owed = self._owed or force
        except (SlackClientError, OSError, ValueError, AttributeError) as error:  # the last as in keep_connected
            self._owed = self._owed or force
            self.problem = _words(error)
            log.warning("Slack's address for Socket Mode could not be had", error=self.problem)

    def issue_new_wss_url(self) -> str:
        """Ask Slack where to connect.

        Raises:
            TooSoonError: it was asked a moment ago, or it told us to wait.
            SlackApiError, OSError: it refused, or could not be reached.
        """
        now = time.monotonic()
        if now - self._since > SETTLED_S:
            self._pause_s = self._not_before = 0.0
        if self._stopping.is_set() or now < max(self._not_before, self._told_until):
            raise TooSoonError
        self._since = float("inf")
        self._pause_s = min(max(self._pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._not_before = now + self._pause_s
        try:
            return str(self.web_client.apps_connections_open(app_token=self.app_token)["url"])
        except SlackApiError as error:
            self._told_until = now + _told_to_wait(error)
            raise

    def connect(self) -> None:
        """Open the web socket; it counts as heard from now on, so that one which never answers a ping is given up."""
        super().connect()
        session = self.current_session
        if session is None or not session.is_active():
            self.problem = "the web socket could not be opened"
        elif self._stopping.is_set():
            self.disconnect()
        else:
            session.last_ping_pong_time = time.time()
            self._since = time.monotonic()

    def enqueue_message(self, message: str) -> None:
        """Take a frame in, unless it is nothing that Slack sends."""
        kind = _kind_of_frame(message)
        if not kind:
            log.warning("a frame that is no envelope was passed over", characters=len(message))
            return
        if kind not in ("hello", "disconnect"):
            self._pause_s = self._not_before = 0.0
        if kind != "disconnect":
            with self._counting:
                self._under_way += 1
        super().enqueue_message(message)

    def run_message_listeners(self, message: dict[str, object], raw_message: str) -> None:
        """Work on one frame; `drain` waits for it."""
        try:
            super().run_message_listeners(message, raw_message)
        finally:
            with self._counting:
                self._under_way -= 1

    def drain(self, *, within_s: float) -> None:
        """Open no new connection, and wait until all that came in is answered, at most `within_s` seconds."""
        self._stopping.set()
        now = busy_at = time.monotonic()
        last = now + within_s
        while now < min(busy_at + QUIET_S, last):
            time.sleep(DRAIN_LOOK_S)
            now = time.monotonic()
            if self._under_way or self._unread():
                busy_at = now

    def _unread(self) -> bool:
        """Whether something lies on the socket that the reader has not taken yet."""
        sock = self.current_session.sock if self.current_session is not None else None
        return sock is not None and _events(sock) == select.POLLIN

    def close(self) -> None:
        """Close the web socket and end the threads."""
        session = self.current_session
        sock = session.sock if session is not None else None
        if sock is not None:
            # The client's closing waits for its reader, which else waits for three seconds of silence.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        super().close()


class Link:
    """The web process's way to Slack. It is made before the process forks, and started after."""

    def __init__(self, *, app_token: str, api_url: str, answer: Answering) -> None:
        self._app_token = app_token
        self._web = WebClient(base_url=api_url, timeout=OPEN_TIMEOUT_S, retry_handlers=[])
        self._answer = answer
        self._client: Client | None = None
        self._keeper: threading.Thread | None = None

    def start(self) -> None:
        """Connect, in threads of their own: threads do not survive a fork."""
        self._client = Client(app_token=self._app_token, web_client=self._web, answer=self._answer)
        self._keeper = threading.Thread(target=self._client.keep_connected, daemon=True, name="socket-mode")
        self._keeper.start()

    def close(self) -> None:
        """Answer what came in, then close; what Slack still sends goes to another process, or comes again."""
        if self._client is None or self._keeper is None:
            return
        self._client.drain(within_s=DRAIN_S)
        self._keeper.join(OPEN_TIMEOUT_S)
        self._client.close()
        self._client = None

    def unready(self) -> list[str]:
        """What is wrong; empty while a web socket is open."""
        client = self._client
        if client is not None and client.is_connected():
            return []
        why = client.problem if client is not None else "not started"
        return [UNREADY.format(why=why)]


def _events(sock: socket.socket) -> int:
    """What poll(2) sees: POLLIN for bytes to read, POLLRDHUP when the other side, or this one, has closed."""
    poller = select.poll()
    try:
        poller.register(sock, select.POLLIN | select.POLLRDHUP)
    except ValueError:
        return select.POLLRDHUP
    return sum(event for _, event in poller.poll(0))


def _kind_of_frame(text: str) -> str:
    """The type of a frame; "" when it is none: no object, no type, or an envelope without id or payload."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return ""
    if "envelope_id" in frame or "payload" in frame:
        name = frame.get("envelope_id")
        if not isinstance(name, str) or not name or not isinstance(frame.get("payload"), dict):
            return ""
    return str(frame["type"])


def _told_to_wait(error: SlackApiError) -> float:
    """Seconds of Retry-After; 0 when Slack did not ask for any."""
    value = str(getattr(error.response, "headers", {}).get("Retry-After", "0"))
    return float(value) if value.isdecimal() else 0.0


def _words(error: Exception) -> str:
    """What went wrong, without the answer's body, which a proxy may have written."""
    if not isinstance(error, SlackApiError):
        return f"{type(error).__name__}: {error}"
    code = str(error.response.get("error", "")) if hasattr(error.response, "get") else ""
    return f"Slack answered {code if CODE.fullmatch(code) else getattr(error.response, 'status_code', 'with an error')}"
