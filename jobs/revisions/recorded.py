"""What the ledger remembers of a service, for whoever makes a plan."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.revisions import Revision, judged
from bot.store import Store


def recorded(store: Store) -> Callable[[str], tuple[Revision, ...]]:
    """A service's revisions by name, newest first, those that were left for cause marked as bad.

    What it gives raises StoreUnreadable and StoreUnaccepted.
    """

    def of(service: str) -> tuple[Revision, ...]:
        return judged(store.revisions(service).history.revisions, store.standing(service).standing)

    return of
