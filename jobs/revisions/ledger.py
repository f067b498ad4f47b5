"""Writing one look at a workload into the service's history, whoever else writes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.revisions import Revision
from bot.domain.sightings import History, Sighting, absent, good_in_ms, noted, tells_more
from bot.store import Store

_TRIES: Final = 5


@dataclass(frozen=True)
class Look:
    """What one look saw: the workload and what the cluster has of its revisions; None when there is no such one."""

    sighting: Sighting | None
    owned: Sequence[Revision] = ()


def note(store: Store, service: str, look: Look, *, good_after_s: float) -> float | None:
    """Write a look down, if it says anything new; the seconds until the present revision is proven, None for never.

    Raises:
        NoHistory: what stands there is none. StoreUnreadable, StoreFull, StoreUnaccepted.
    """
    good_after_ms = round(good_after_s * 1000)
    for _ in range(_TRIES):
        kept = store.revisions(service)
        after = _after(kept.history, look, now=kept.now, good_after_ms=good_after_ms)
        if not tells_more(after, kept.history) or store.put_revisions(service, after, version=kept.version):
            left = good_in_ms(after, now=kept.now, good_after_ms=good_after_ms)
            return None if left is None else left / 1000
    # Others write faster than we do: they look at the same workload, and the next look finds what is missing.
    return None


def _after(history: History, look: Look, *, now: int, good_after_ms: int) -> History:
    if look.sighting is None:
        return absent(history, now=now)
    return noted(history, look.sighting, look.owned, now=now, good_after_ms=good_after_ms)
