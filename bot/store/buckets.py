"""Buckets: how fast something outside may be asked, counted once for all processes; and whether it answers at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.store import keys
from bot.store.lua import Part, readable

OPENS_AT: Final = 3
"""So many calls in a row without an answer, and everybody waits before the next."""
FIRST_MS: Final = 1_000
LONGEST_MS: Final = 15_000
"""How long everybody waits: the first time, doubling, and at most. Then one call tries for all."""
PROBE_MS: Final = 3_000
"""So long that one call has before somebody else may try."""


@dataclass(frozen=True)
class Bucket:
    """Tokens for one kind of call: at most `burst` at once, refilled by `per_minute`; `floor` of them must stay."""

    name: str
    burst: int
    per_minute: float
    floor: int = 0


@dataclass(frozen=True)
class Taken:
    """`wait_ms`: 0 when one token of each bucket was taken, otherwise when to come again.

    `silent`: calls in a row that had no answer.
    """

    wait_ms: int
    silent: int


class Buckets(Part):
    """Taking turns at `system` ("slack"). Every method raises StoreUnreadable when Redis does not answer."""

    def take(self, system: str, buckets: Sequence[Bucket], *, asker: str, first: bool) -> Taken:
        """Take one token of each bucket, or of none.

        `asker` keeps its place in the queue between two tries. `first`: before all who wait and are not.
        """
        names = [keys.breaker(system), *(keys.bucket(system, bucket.name) for bucket in buckets)]
        args: list[str | int] = [asker, "1" if first else "0", OPENS_AT, PROBE_MS]
        for bucket in buckets:
            args += [bucket.burst, str(bucket.per_minute), bucket.floor]
        _, wait, silent = self._run("take", names, args)
        return Taken(wait_ms=int(wait), silent=int(silent))

    def shut(self, system: str, buckets: Sequence[str], *, seconds: float) -> None:
        """Nobody takes from these buckets for so many seconds: the system said so."""
        names = [keys.bucket(system, name) for name in buckets]
        self._run("close_bucket", names, [max(1, int(seconds * 1000))])

    def silent(self, system: str) -> int:
        """A call had no answer; how many in a row that makes."""
        return int(self._run("break", [keys.breaker(system)], ["1", OPENS_AT, FIRST_MS, LONGEST_MS])[1])

    def spoke(self, system: str) -> None:
        """A call had an answer: whoever waited because there was none may go on."""
        self._run("break", [keys.breaker(system)], ["0", OPENS_AT, FIRST_MS, LONGEST_MS])

    def live(self) -> int:
        """How many rollbacks have not ended."""
        with readable():
            return int(self._redis.scard(keys.OPEN))
