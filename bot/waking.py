"""When somebody is woken: in the background of an ack, or once at the end of a job. Due times stay either way."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from bot.store.lua import Wake

MOST = 1_000
"""Transitions whose waking may wait. Beyond that the watch process does it, half a second later."""


class Background:
    """Hands members to `wake` from a thread of its own, those that came meanwhile together; due times stay."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self._waiting: queue.Queue[Sequence[str]] = queue.Queue(maxsize=MOST)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __call__(self, members: Sequence[str]) -> None:
        """Have these woken soon. The thread is started by the first call, so that a fork before it does no harm."""
        try:
            self._waiting.put_nowait(members)
        except queue.Full:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waking", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            together = dict.fromkeys(self._waiting.get())
            while not self._waiting.empty():
                together |= dict.fromkeys(self._waiting.get())
            self._wake(list(together))


class Gathered:
    """Gathers members, a thread for itself, and wakes for all at once: five transitions need one narration, not five.

    A job that takes long, or dies, is no loss: the watch process hands out whatever has been due for half a second.
    """

    def __init__(self) -> None:
        self._wake: Wake | None = None
        self._own = threading.local()

    def around(self, wake: Wake) -> Wake:
        """Take the place of `wake` until `flush`."""
        self._wake = wake
        return self._gather

    def flush(self) -> None:
        """Wake for what was gathered, if anything was."""
        members, self._own.members = self._gathered(), {}
        if self._wake is not None and members:
            self._wake(list(members))

    def _gather(self, members: Sequence[str]) -> None:
        self._own.members = self._gathered() | dict.fromkeys(members)

    def _gathered(self) -> dict[str, None]:
        found: dict[str, None] = getattr(self._own, "members", {})
        return found
