"""The reserve: room kept in Redis, given back when it is full, so that running rollbacks and their queue can end."""

from __future__ import annotations

from typing import Final

from bot.store import keys
from bot.store.errors import StoreFull
from bot.store.lua import Part, readable

RESERVE_BYTES: Final = 16 * 1024 * 1024
"""How much is kept. New rollbacks are refused while it is given back."""

MARGIN_BYTES: Final = 4 * 1024 * 1024
"""So close to maxmemory it is given back."""

LEAST_BYTES: Final = 2 * RESERVE_BYTES + MARGIN_BYTES
"""So much has to be free before the reserve is made: with a maxmemory below this no rollback is ever taken."""

_MIB: Final = 1024 * 1024


class Reserves(Part):
    """Keeping the reserve. Every method raises StoreUnreadable when Redis does not answer.

    The scripts that carry a rollback on write to a full store as well (allow-oom); RQ's commands do not, and find the
    room that is given back here.
    """

    def tend_reserve(self) -> bool:
        """Give the reserve back when Redis is nearly full, make it again when there is room twice over.

        Returns whether it stands, which is whether new rollbacks are taken. The watch process asks every few seconds.
        """
        with readable(), self._redis.pipeline(transaction=False) as pipeline:
            pipeline.info("memory")
            pipeline.exists(keys.RESERVE)
            memory, stands = pipeline.execute()
        used, most = int(memory["used_memory"]), int(memory["maxmemory"])
        if stands:
            if most and used > most - MARGIN_BYTES:
                self.give_reserve_back()
                return False
            return True
        return (not most or used + LEAST_BYTES <= most) and self.make_reserve()

    def too_small(self) -> str:
        """Why no rollback will ever be taken here, and the mend; "" where Redis has room for the reserve."""
        with readable():
            most = int(self._redis.info("memory")["maxmemory"])
        if not most or most >= LEAST_BYTES:
            return ""
        return (
            f"Redis may use {most // _MIB} MiB (maxmemory) and needs more than {LEAST_BYTES // _MIB}: no rollback is "
            "taken. Nothing was changed; give the Redis of REDIS_URL more, best 256 MiB."
        )

    def make_reserve(self) -> bool:
        """Take the room, where there is any. Returns whether it stands."""
        try:
            with readable():
                self._redis.setrange(keys.RESERVE, RESERVE_BYTES - 1, "\0")
        except StoreFull:
            return False
        return True

    def give_reserve_back(self) -> bool:
        """Make room in a full store; works there too. Returns whether there was any to give."""
        with readable():
            return bool(self._redis.delete(keys.RESERVE))
