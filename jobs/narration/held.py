"""The narrator's mutex: held while one narrates, by a thread that renews it, as the runner's lease is."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

import structlog

from bot.store import Store, StoreUnreadable

HOLD_S: Final = 8.0
"""How long a narrator that died keeps the next one waiting."""
RENEWALS: Final = 4
"""So often is the mutex renewed in the time that it lasts."""

log = structlog.get_logger()


class Displaced(Exception):  # noqa: N818 - no error: somebody else is at the desk
    """Another narrator works on this rollback, or may: this one stopped too long. It writes nothing more."""


class Held:
    """The mutex `name` for `owner`, renewed until the end of the `with` block. `seconds`: how long it lasts.

    It keeps two narrators from working at once, as a rule. That nothing stands twice rests on the cursor's version,
    and on the sweep.
    """

    def __init__(self, store: Store, name: str, *, owner: str, seconds: float) -> None:
        self._store = store
        self._name = name
        self.owner = owner
        self._seconds = seconds
        self._lost = False
        self._good_until = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"held-{name}", daemon=True)

    def taken(self) -> bool:
        """Whether the mutex could be taken.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        asked = time.monotonic()
        taken = self._store.mutex(self._name, owner=self.owner, seconds=self._seconds)
        if taken:
            self._good_until = asked + self._seconds
        return taken

    def sure(self) -> bool:
        """Whether it was not lost; False when it may have been."""
        return not self._lost and time.monotonic() < self._good_until

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        try:
            self._store.unmutex(self._name, owner=self.owner)
        except StoreUnreadable:
            log.info("the mutex was not given back; it runs out", name=self._name)

    def _renew(self) -> None:
        while not self._stop.wait(self._seconds / RENEWALS):
            try:
                # A late renewal does not count: somebody may have come and gone meanwhile.
                if time.monotonic() >= self._good_until or not self.taken():
                    self._lost = True
                    return
            except StoreUnreadable as error:
                log.warning("the mutex was not renewed", name=self._name, error=str(error))
