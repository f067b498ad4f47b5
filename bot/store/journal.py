"""The journal: one append-only stream a rollback, each event carrying the hash of the one before."""

from __future__ import annotations

from bot.domain.events import Event
from bot.store import keys
from bot.store.errors import Conflict
from bot.store.lua import Part


class Journals(Part):
    """Reading and trimming journals. Only a transition writes them."""

    def journal(self, rollback_id: str, *, after: int = 0) -> list[Event]:
        """The events whose number is above `after`, in order, unverified (bot.domain.audit judges a chain).

        Of a trimmed journal (`Snapshot.trimmed`) only what the store still has: the beginning is in the archive.

        Raises:
            NoSuchRollback: there is none of this id.
            StoreUnreadable: Redis does not answer; StoreUnaccepted for another epoch's open rollback.
        """
        names = [keys.EPOCH, keys.record(rollback_id), keys.journal(rollback_id)]
        _, *texts = self._run("journal", names, [after])
        return [Event.model_validate_json(text) for text in texts]

    def trim(self, rollback_id: str, *, upto: int) -> int:
        """Forget an ended rollback's events up to number `upto`, which the archive has; the last one always stays.

        Returns the number up to which it is trimmed now, which may be less than asked, or more.

        Raises:
            Conflict: it has not ended.
            NoSuchRollback: there is none of this id.
            StoreUnreadable: Redis does not answer.
        """
        names = [keys.EPOCH, keys.record(rollback_id), keys.journal(rollback_id)]
        reply = self._run("trim", names, [upto])
        if reply[0] == "open":
            raise Conflict(f"{rollback_id} has not ended: its journal stays whole until it has.")
        return int(reply[1])
