"""A way to a server on which one answer is lost: the first to a request that holds certain bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from sandbox.ports import LOOPBACK

_CHUNK = 65_536


class Forgetful:
    """A TCP proxy on the loopback. Once armed it lets one request through, loses its answer and closes."""

    def __init__(self, upstream: str) -> None:
        host, _, port = upstream.rpartition(":")
        self._upstream = (host, int(port))
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        self._needle = b""
        self._lock = threading.Lock()
        self.lost = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="forgetful", daemon=True)

    @property
    def listen(self) -> str:
        """Where clients go, "host:port"."""
        return f"{LOOPBACK}:{self._listener.getsockname()[1]}"

    def arm(self, needle: bytes) -> None:
        """Lose the answer to the next request that holds this."""
        with self._lock:
            self._needle = needle

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        # A thread that waits in accept() is woken by a shutdown, not by a close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._upstream)
            forget = threading.Event()
            for source, target, asks in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(source, target, forget, asks), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, forget: threading.Event, asks: bool) -> None:  # noqa: FBT001 - which way it goes
        with contextlib.suppress(OSError):
            while content := source.recv(_CHUNK):
                if asks and self._is_the_one(content):
                    forget.set()
                if not asks and forget.is_set():
                    self.lost.set()
                    break
                target.sendall(content)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _is_the_one(self, content: bytes) -> bool:
        with self._lock:
            found = bool(self._needle) and self._needle in content
            self._needle = b"" if found else self._needle
        return found
