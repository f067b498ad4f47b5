"""Keeping a lease alive while a job runs, and knowing when it is lost."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import structlog

from bot.store import Lease, LeaseLost, NoSuchRollback, Store, StoreUnreadable
from bot.store.leases import LEASE_S

RENEW_S = 2.0
"""DESIGN.md, principle 6: a lease of 8 s, renewed every 2 s."""

log = structlog.get_logger()


class Kept:
    """A lease that a thread renews every 2 s until the job leaves the `with` block.

    Whoever is about to write asks for `lease`: it raises LeaseLost once a renewal was refused.
    """

    def __init__(self, store: Store, lease: Lease) -> None:
        self._store = store
        self._lease = lease
        self._lost = False
        self._good_until = time.monotonic() + LEASE_S
        self.head = ""
        """The journal's head that the last decision rested on; the release compares it."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{lease.rollback_id}", daemon=True)

    @property
    def lease(self) -> Lease:
        """The lease as last renewed.

        Raises:
            LeaseLost: somebody else may be carrying on; nothing more may be written under this one.
        """
        if self._lost or time.monotonic() >= self._good_until:
            raise LeaseLost(self._lease.rollback_id)
        return self._lease

    def require(self) -> None:
        """Be sure, right before a write to production, that the lease was not lost.

        Raises:
            LeaseLost: it was.
        """
        _ = self.lease

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_S):
            asked = time.monotonic()
            try:
                self._lease = self._store.renew(self._lease)
                self._good_until = asked + LEASE_S
            except (LeaseLost, NoSuchRollback):
                self._lost = True
                return
            except StoreUnreadable as error:
                # The lease may still stand; the next write's own check of it in the store decides.
                log.warning("lease not renewed", rollback=self._lease.rollback_id, error=str(error))
