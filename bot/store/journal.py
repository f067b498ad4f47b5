"""The journal: one append-only stream a rollback, each event carrying the hash of the one before."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.events import GENESIS, Event, fits
from bot.store import keys
from bot.store.lua import Part


class Journals(Part):
    """Reading journals. Only a transition writes them."""

    def journal(self, rollback_id: str, *, after: int = 0) -> list[Event]:
        """The events whose number is above `after`, in order, unverified (see `broken_at`).

        Raises:
            NoSuchRollback: there is none of this id.
            StoreUnreadable: Redis does not answer; StoreUnaccepted for another epoch's open rollback.
        """
        names = [keys.EPOCH, keys.record(rollback_id), keys.journal(rollback_id)]
        _, *texts = self._run("journal", names, [after])
        return [Event.model_validate_json(text) for text in texts]


def broken_at(events: Sequence[Event]) -> int | None:
    """The number at which a whole journal stops being the one that was written; None when it holds.

    An event is broken when its number does not follow, or its hash or the hash it carries is not what it should be.
    """
    prev = GENESIS
    for place, event in enumerate(events, start=1):
        if event.seq != place or event.prev != prev or not fits(event, prev=prev):
            return place
        prev = event.hash
    return None
