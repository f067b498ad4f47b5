"""Notes: small JSON values with a version (cursors, the directory's copies), and mutexes that run out."""

from __future__ import annotations

import json

from bot.domain.model import JsonObject, canonical
from bot.store import keys
from bot.store.errors import Conflict
from bot.store.lua import Part, readable


class Notes(Part):
    """Compare-and-set by version. Every method raises StoreUnreadable when Redis does not answer."""

    def note(self, name: str) -> tuple[JsonObject | None, int]:
        """The value and its version; (None, 0) when there is none."""
        with readable():
            value, version = self._redis.hmget(keys.note(name), ["value", "version"])
        return (None, 0) if value is None else (json.loads(value), int(version or 0))

    def put_note(self, name: str, value: JsonObject, *, version: int) -> bool:
        """Write the value over the one of `version` (0: over none). False: somebody else wrote first."""
        try:
            self._run("put_note", [keys.note(name)], [canonical(value), version])
        except Conflict:
            return False
        return True

    def mutex(self, name: str, *, owner: str, seconds: float) -> bool:
        """Take the mutex, or keep it, for so many seconds from now. False: somebody else has it."""
        return self._run("mutex", [keys.mutex(name)], [owner, max(1, int(seconds * 1000))])[0] == "ok"

    def unmutex(self, name: str, *, owner: str) -> None:
        """Give the mutex back; somebody else's is left alone."""
        self._run("mutex", [keys.mutex(name)], [owner, 0])
