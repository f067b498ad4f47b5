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
    """What one look saw: the workload, None for no such one; the cluster's revisions of it, None where not known."""

    sighting: Sighting | None
    owned: Sequence[Revision] | None = None


@dataclass(frozen=True)
class Noted:
    """What is kept after a look: its version, None when others wrote too fast for ours to come to rest.

    `proven_in_s`: seconds until the present revision is proven if nothing breaks; None when nothing is waited for.
    """

    version: int | None
    proven_in_s: float | None = None


def note(store: Store, service: str, look: Look, *, good_after_s: float) -> Noted:
    """Write a look down, if it says anything new.

    Raises:
        NoHistory: what stands there is none. StoreUnreadable, StoreFull, StoreUnaccepted.
    """
    good_after_ms = round(good_after_s * 1000)
    for _ in range(_TRIES):
        kept = store.revisions(service)
        after = _after(kept.history, look, now=kept.now, good_after_ms=good_after_ms)
        left_ms = good_in_ms(after, now=kept.now, good_after_ms=good_after_ms)
        left_s = None if left_ms is None else left_ms / 1000
        if not tells_more(after, kept.history):
            return Noted(kept.version, left_s)
        if store.put_revisions(service, after, version=kept.version):
            return Noted(kept.version + 1, left_s)
    return Noted(None)


def _after(history: History, look: Look, *, now: int, good_after_ms: int) -> History:
    if look.sighting is None:
        return absent(history, now=now)
    return noted(history, look.sighting, look.owned or (), now=now, good_after_ms=good_after_ms)
