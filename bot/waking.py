"""Waking in the background: an ack does not wait until somebody was woken."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

MOST = 1_000
"""Transitions whose waking may wait. Beyond that the watch process does it, half a second later."""


class Background:
    """Hands members to `wake` from a thread of its own, those that came meanwhile together; due times stay."""

    def __init__(self, wake: Callable[[Sequence[str]], object]) -> None:
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
