"""Keeping a lease alive while a job runs, and knowing when it is lost."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from bot.store import Lease, LeaseLost, NoSuchRollback, Store
from bot.store.leases import LEASE_S
from jobs.held import Held


class Kept:
    """A lease that is renewed until the job leaves the `with` block.

    Whoever is about to write asks for `lease`: it raises LeaseLost once a renewal was refused, or came too late.
    """

    def __init__(self, store: Store, lease: Lease, *, asked: float) -> None:
        self._store = store
        self._lease = lease
        self._held = Held(self._renew, name=f"lease-{lease.rollback_id}", seconds=LEASE_S, asked=asked)
        self.head = ""
        """The journal's head that the last decision rested on; the release compares it."""

    @classmethod
    def take(cls, store: Store, rollback_id: str, *, owner: str) -> Kept | None:
        """Take the lease; None when somebody else holds it. Raises as `Store.lease` does."""
        asked = time.monotonic()
        lease = store.lease(rollback_id, owner=owner)
        return None if lease is None else cls(store, lease, asked=asked)

    @property
    def lease(self) -> Lease:
        """The lease as last renewed.

        Raises:
            LeaseLost: somebody else may be carrying on; nothing more may be written under this one.
        """
        if not self._held.sure():
            raise LeaseLost(self._lease.rollback_id)
        return self._lease

    def require(self) -> None:
        """Be sure, right before a write to production, that the lease was not lost.

        Raises:
            LeaseLost: it was.
        """
        _ = self.lease

    def __enter__(self) -> Self:
        self._held.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._held.__exit__(kind, error, tb)

    def _renew(self) -> bool:
        try:
            self._lease = self._store.renew(self._lease)
        except (LeaseLost, NoSuchRollback):
            return False
        return True
