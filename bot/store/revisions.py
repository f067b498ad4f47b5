"""What each service's workload has run: one history a service, written over the version that was read."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from bot.domain.sightings import History
from bot.store import keys
from bot.store.errors import Conflict, StoreUnreadable
from bot.store.lua import Part, readable


class NoHistory(StoreUnreadable):
    """What Redis holds under a service's key is no history of revisions."""


@dataclass(frozen=True)
class Kept:
    """A service's history as it was at `now` (Redis ms). `version` 0: none was ever kept."""

    history: History
    version: int
    now: int


class Revisions(Part):
    """Reading and writing histories. Every method raises StoreUnreadable, and but for one StoreUnaccepted."""

    def revisions(self, service: str) -> Kept:
        """What was kept of a service; an empty history where nothing was.

        Raises:
            NoHistory: what Redis holds there is none.
        """
        _, now, version, *value = self._run("revisions", [keys.EPOCH, keys.revisions(service)])
        try:
            history = History.model_validate_json(value[0]) if value else History()
        except ValidationError as error:
            raise NoHistory(
                f"{keys.revisions(service)} in Redis holds no history of revisions ({error.error_count()} faults): "
                "nothing is written over it. Remove the key, and it begins anew from what the cluster has."
            ) from error
        return Kept(history=history, version=int(version), now=int(now))

    def revisions_version(self, service: str) -> int:
        """The version of what is kept now, without reading it; 0 where nothing is, whatever the epoch."""
        with readable():
            return int(self._redis.hget(keys.revisions(service), "version") or 0)

    def put_revisions(self, service: str, history: History, *, version: int) -> bool:
        """Write the history over the one of `version` (0: over none). False: somebody else wrote first.

        Raises:
            StoreFull: Redis has no room for it; what was kept stands.
        """
        names = [keys.EPOCH, keys.RESERVE, keys.revisions(service)]
        try:
            self._run("put_revisions", names, [history.model_dump_json(exclude_defaults=True), version])
        except Conflict:
            return False
        return True
