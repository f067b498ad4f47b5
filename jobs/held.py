"""Held: something in the store that is ours for some seconds, renewed by a thread for as long as it is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import structlog

from bot.store import StoreUnreadable

RENEWALS: Final = 4
"""So often is it renewed in the time that it lasts (DESIGN.md, principle 6: a lease of 8 s, every 2 s)."""

log = structlog.get_logger()


class Held:
    """Renewed until the `with` block ends. `seconds`: how long it lasts without a renewal.

    `renew` says whether it is still ours, and may raise StoreUnreadable: then the time that is left decides. `asked`:
    the monotonic clock right before it was asked for, so that it is never believed to last longer than it does.
    """

    def __init__(self, renew: Callable[[], bool], *, name: str, seconds: float, asked: float) -> None:
        self._again = renew
        self._name = name
        self._seconds = seconds
        self._good_until = asked + seconds
        self._lost = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"held-{name}", daemon=True)

    def sure(self) -> bool:
        """Whether it was not lost; False when it may have been."""
        return not self._lost and time.monotonic() < self._good_until

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._stop.wait(self._seconds / RENEWALS):
            asked = time.monotonic()
            try:
                # A renewal that is answered late does not count: somebody may have come and gone meanwhile.
                if not (self.sure() and self._again() and self.sure()):
                    self._lost = True
                    return
                self._good_until = asked + self._seconds
            except StoreUnreadable as error:
                log.warning("not renewed; it may still stand", held=self._name, error=str(error))
