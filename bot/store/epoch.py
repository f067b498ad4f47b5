"""The store's epoch: which store this is, and that an operator accepted it."""

from __future__ import annotations

import secrets

from bot.store import keys
from bot.store.errors import StoreUnaccepted
from bot.store.lua import Part, readable


class Epochs(Part):
    """DESIGN.md, principle 10: a store whose epoch is missing (emptied, restored, failed over) refuses."""

    def accept(self) -> str:
        """Accept this store: give it an epoch where it has none, and fences above all that were given before.

        Returns the epoch.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        _, epoch = self._run("accept", [keys.EPOCH, keys.FENCE], [secrets.token_hex(8)])
        return epoch

    def epoch(self) -> str:
        """The epoch of this store.

        Raises:
            StoreUnaccepted: there is none.
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            epoch = self._redis.get(keys.EPOCH)
        if not epoch:
            raise StoreUnaccepted("The store carries no epoch: nothing is started until an operator accepts it.")
        return str(epoch)

    def now(self) -> int:
        """Redis' time in ms.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            seconds, micros = self._redis.time()
        return seconds * 1000 + micros // 1000

    def ping(self) -> None:
        """Say nothing when Redis answers.

        Raises:
            StoreUnreadable: it does not.
        """
        with readable():
            self._redis.ping()
