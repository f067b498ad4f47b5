"""What a pod's containers listen on: one loopback port a pod, open as long as a kubelet would keep the pod running.

The port is both the pod's own address and an HTTP proxy: a command that runs for the pod with `http_proxy` set to it
reaches the pod's own server under `http://localhost:8080/...`, unmodified.
"""

import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Event, Lock, Thread

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.game.world import Pod, World

LONGEST_WAIT_S = 1.0
IDLE_POLL_S = 10.0
OK, NOT_FOUND, UNAVAILABLE = 200, 404, 503


class QuietHandler(WSGIRequestHandler):
    """Werkzeug's handler, without a line a request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def answer(pod: Pod | None, path: str, *, region: str) -> Response:
    """What a game server says about itself under a path; 503 for a pod that runs and is not ready."""
    if pod is None:
        return _json({"status": "gone"}, UNAVAILABLE)
    if path == "/health":
        state = ("ok", OK) if pod.ready else ("not ready", UNAVAILABLE)
        return _json({"status": state[0], "pod": pod.name, "version": pod.version}, state[1])
    if path == "/api/v1/version":
        return _json({"version": pod.version, "pod": pod.name}, OK)
    if path == "/api/v1/region":
        return _json({"region": region, "version": pod.version}, OK)
    return _json({"error": f"The game serves nothing under {path}; try /health."}, NOT_FOUND)


@dataclass(slots=True)
class _Listener:
    port: int = 0  # kept while the pod lives, so that a listener that comes up again has its old address
    server: BaseWSGIServer | None = None


@dataclass(slots=True)
class Listeners:
    """Opens and closes the listeners of all pods as they come and go."""

    live: Callable[[], World]
    region: str
    _lock: Lock = field(default_factory=Lock)
    _changed: Condition = field(default_factory=Condition)
    _pods: dict[str, _Listener] = field(default_factory=dict)
    _down: frozenset[str] = frozenset()
    _stale: bool = True

    def addresses(self) -> Mapping[str, str]:
        """The address of each open listener, by pod."""
        with self._lock:
            return {name: f"http://127.0.0.1:{each.port}" for name, each in self._pods.items() if each.server}

    def switch(self, pod: str, *, up: bool) -> None:
        """Take a pod's listener down although the pod runs, or let it follow the pod again. Done on return."""
        self._down = self._down - {pod} if up else self._down | {pod}
        self.reconcile()

    def notice(self) -> None:
        """Say that the world has changed."""
        with self._changed:
            self._stale = True
            self._changed.notify_all()

    def run(self, stop: Event) -> None:
        """Keep the listeners equal to the world until `stop`; then close all."""
        while not stop.is_set():
            with self._changed:
                # A grace period ends without an event: hence the wait's bound.
                self._changed.wait_for(lambda: self._stale or stop.is_set(), LONGEST_WAIT_S)
                self._stale = False
            if not stop.is_set():
                self.reconcile()
        with self._lock:
            for each in self._pods.values():
                _close(each)

    def reconcile(self) -> None:
        """Make the listeners equal to the world once."""
        pods, now = self.live().pods, time.time()
        with self._lock:
            for gone in self._pods.keys() - pods.keys():
                _close(self._pods.pop(gone))
            for pod in pods.values():
                listener = self._pods.setdefault(pod.name, _Listener())
                wanted = pod.serves(now=now) and pod.name not in self._down
                if wanted and listener.server is None:
                    self._open(pod.name, listener)
                elif not wanted:
                    _close(listener)

    def _open(self, pod: str, listener: _Listener) -> None:
        @Request.application
        def application(request: Request) -> Response:
            return answer(self.live().pods.get(pod), request.path, region=self.region)

        listener.server = make_server(
            "127.0.0.1", listener.port, application, threaded=True, request_handler=QuietHandler
        )
        listener.port = listener.server.port
        serve = partial(listener.server.serve_forever, poll_interval=IDLE_POLL_S)
        Thread(target=serve, name=f"listener-{pod}", daemon=True).start()


def close(server: BaseWSGIServer) -> None:
    """Refuse connections from now on, and end the server's thread at once."""
    # Shutting its socket wakes the server from its poll; shutdown() alone would wait for the poll's end.
    server.socket.shutdown(socket.SHUT_RDWR)
    server.shutdown()


def _close(listener: _Listener) -> None:
    if listener.server is not None:
        close(listener.server)
        listener.server = None


def _json(body: Mapping[str, str], status: int) -> Response:
    return Response(json.dumps(body) + "\n", status, content_type="application/json")


# Werkzeug warns on its logger that it is no production server; in a sandbox that is no news.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
