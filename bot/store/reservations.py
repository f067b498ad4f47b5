"""Reservations: which rollback has which target, from approval to its terminal state. Transitions write them."""

from __future__ import annotations

from bot.store import keys
from bot.store.lua import Part, readable


class Reservations(Part):
    """Who holds a target."""

    def holder(self, target: str) -> str | None:
        """The id of the rollback that reserved this target ("kind/namespace/name"); None when it is free.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            found = self._redis.hget(keys.RESERVED, target)
        return None if found is None else str(found)

    def held(self) -> frozenset[str]:
        """The ids of the rollbacks that hold a target now: those that change production, and nobody else.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            return frozenset(str(holder) for holder in self._redis.hvals(keys.RESERVED))
