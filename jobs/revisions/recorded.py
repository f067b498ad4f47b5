"""What the bot remembers of a service, for whoever makes a plan: its ledger, joined with what the cluster has now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.revisions import Revision, judged, merged
from bot.domain.sightings import History, noted
from bot.domain.standing import Standing
from bot.store import Store
from jobs.clients.resources import Kind, Raw
from jobs.revisions.looking import sighting


@dataclass(frozen=True)
class Remembered:
    """A service's ledger of revisions and its standing, as they were at `now` (Redis ms)."""

    history: History
    standing: Standing
    now: int


Past = Callable[[str], Remembered | None]
"""What is remembered of a service; None where nobody remembers anything, and then the cluster alone counts."""


def nothing(_service: str) -> None:
    """Where no ledger is at hand."""


def recorded(store: Store) -> Past:
    """What this store remembers. Reading it raises StoreUnreadable and StoreUnaccepted."""

    def of(service: str) -> Remembered:
        kept = store.revisions(service)
        return Remembered(history=kept.history, standing=store.standing(service).standing, now=kept.now)

    return of


@dataclass(frozen=True)
class Look:
    """What the cluster shows of a workload now: the object, its kind, the container that names its version."""

    kind: Kind
    workload: Raw
    container: str
    good_after_s: float


def revisions(past: Remembered | None, look: Look, owned: Sequence[Revision]) -> tuple[Revision, ...]:
    """All revisions that are known, newest first, each judged by what rollbacks left for cause. Pure.

    This very look counts too: the ledger may lag behind, or know another workload or an object made anew since.
    """
    if past is None:
        return merged((), owned)
    seen = sighting(look.kind, look.workload, look.container)
    good_after_ms = round(look.good_after_s * 1000)
    return judged(noted(past.history, seen, owned, now=past.now, good_after_ms=good_after_ms).revisions, past.standing)
