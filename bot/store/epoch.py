"""The store's epoch: which store this is, and that an operator accepted it."""

from __future__ import annotations

import secrets

from bot.store import keys
from bot.store.lua import readable
from bot.store.reserve import Reserves


class Epochs(Reserves):
    """DESIGN.md, principle 10: a store whose epoch is missing (emptied, restored, failed over) refuses."""

    def accept(self, *, known: int = 0) -> str:
        """Accept this store: give it an epoch where it has none, and fences above all that were given before.

        `known`: the highest number of a rollback that the archive has; ids go on after it. Returns the epoch.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        names = [keys.EPOCH, keys.FENCE, keys.DISTRUSTED, keys.IDS]
        _, epoch = self._run("accept", names, [secrets.token_hex(8), known])
        self.tend_reserve()
        return epoch

    def distrust(self, why: str, *, fence: int = 0) -> bool:
        """Take the epoch away, so that everything refuses until an operator accepts; `why` is what they are told.

        `fence`: one that production carries. Then only if this store never gave one as high, and what `accept` gives
        afterwards is above it. Returns whether the store is distrusted now.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        _, done = self._run("distrust", [keys.EPOCH, keys.FENCE, keys.DISTRUSTED], [why, fence])
        return done == "1"

    def fence(self) -> int:
        """The highest fence that this store ever gave; 0 before the first.

        Raises:
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            return int(self._redis.get(keys.FENCE) or 0)

    def epoch(self) -> str:
        """The epoch of this store.

        Raises:
            StoreUnaccepted: there is none.
            StoreUnreadable: Redis does not answer.
        """
        with readable():
            epoch = self._redis.get(keys.EPOCH)
        if not epoch:
            raise self._unaccepted()
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
