"""Archiving: every event outside Redis before something is destroyed, and what has ended out of Redis after a month."""

from __future__ import annotations

from typing import Final

import structlog

from bot.domain.audit import Broken, compare, earliest, verify
from bot.domain.events import Event
from bot.domain.rollback import ENDED_AFTER_WORK, TERMINAL, Rollback
from bot.store import NoSuchRollback, Snapshot, Store, StoreUnaccepted, keys
from bot.store.evidence import Chain
from jobs import archived
from jobs.clients.archive import Place
from jobs.clients.errors import ClientError, Rejected
from jobs.parking import Parking

KEEP_MS: Final = 30 * 24 * 3600 * 1000
"""A journal stays whole in Redis for thirty days after its rollback has ended: so long people still add to reports."""
MOST: Final = 200
"""So many chains one sweep writes or trims; the rest comes due again at once."""
SWEEP_MS: Final = 3_600_000
"""Between two sweeps. What must be outside Redis earlier is kept by the runner itself."""
AGAIN_MS: Final = 60_000
SOON_MS: Final = 5_000

log = structlog.get_logger()


class Misfit(Rejected):
    """The events of one chain are not those that were written or archived. Nothing was changed."""


class Archive:
    """The archive of one store. It raises the clients' errors (Temporary, Forbidden, Rejected) and StoreUnreadable."""

    def __init__(self, store: Store, place: Place, *, keep_ms: int = KEEP_MS) -> None:
        self._store = store
        self._place = place
        self._keep_ms = keep_ms

    @property
    def place(self) -> Place:
        """Where it is."""
        return self._place

    def keep(self, name: str) -> int:
        """Write what the archive has not yet of a rollback's journal (or a "ledger-SERVICE"); the last event's number.

        It asks the place for one list and one object when nothing is new. Twice, or by two at once, changes nothing.

        Raises:
            Misfit: the events in Redis are not those that were archived, or not those that were written.
            Temporary, Forbidden: the place does not take them now, or not at all.
        """
        chain = self._store.chain(name)
        if not chain.lines:
            raise Misfit(f"Redis holds no event of {name}, so none was archived. Look with `rollbackctl audit verify`.")
        folder = archived.folder_of(chain)
        parts = archived.segments(self._place.names(folder)).get(name, [])
        upto = max((part.last for part in parts), default=0)
        self._require_same(chain, parts, upto)
        if upto < chain.last:
            # The anchor first: an event that is archived has been vouched for.
            archived.anchor(self._place, chain)
            archived.write(self._place, chain, after=upto)
        return chain.last

    def whole(self, rollback_id: str) -> list[Event]:
        """A rollback's journal from its first event, also where its beginning was trimmed from Redis.

        Raises:
            Misfit: the archive lacks what was trimmed. NoSuchRollback: there is none of this id.
        """
        chain = self._store.chain(rollback_id)
        if not chain.lines:
            raise NoSuchRollback(f"There is no rollback {rollback_id}.")
        before = self._before(chain) if chain.first > 1 else ()
        return [Event.model_validate_json(line) for line in (*before, *chain.lines)]

    def trim(self, rollback_id: str) -> bool:
        """Take the events of a rollback that is long over out of Redis, the last one aside; whether that was done.

        Only after all of them were read back from the archive and found to be those that were written.
        """
        snapshot = self._store.load(rollback_id)
        chain = self._store.chain(rollback_id)
        if chain.trimmed or not self._old(snapshot):
            return False
        last = self.keep(rollback_id)
        copy = self._copy(chain)
        broken = earliest(copy.broken, verify(copy.lines), compare(copy.lines, chain.lines, others_first=chain.first))
        if broken is not None:
            raise Misfit(_rewritten(rollback_id, broken))
        self._store.trim(rollback_id, upto=last - 1)
        log.info("trimmed", rollback=rollback_id, events=last - 1, archive=self._place.address)
        return True

    def sweep(self, parking: Parking | None = None) -> bool:
        """Keep what ended and is not kept yet, and every ledger; trim what is old. Whether something is left to do.

        A chain that does not fit is said in the log and left as it is; the others go on. Asked to stop, it finishes the
        chain under way and leaves the rest.

        Raises:
            Temporary, Forbidden, Rejected: the place takes nothing now.
            StoreUnaccepted: the store has no epoch.
        """
        self._store.epoch()
        kept = {
            name: max(part.last for part in parts)
            for name, parts in archived.segments(
                [*self._place.names(archived.JOURNALS), *self._place.names(archived.LEDGERS)]
            ).items()
        }
        done = 0
        for name in self._store.chain_names():
            if done >= MOST or (parking is not None and parking.asked):
                return True
            try:
                done += self._tend(name, kept=kept.get(name, 0))
            except (Misfit, NoSuchRollback, StoreUnaccepted, ValueError) as error:
                # Not whole, without a record, of an earlier epoch, or not to be read: it holds up no other.
                log.error("not archived", chain=name, error=str(error))  # noqa: TRY400 - the text says it all
        return False

    def tend(self, parking: Parking) -> None:
        """One round of the archive's own work: sweep, and come due again, soon while the place cannot be reached.

        In a process that was asked to stop it ends after the chain under way, and comes due at once for the next.
        """
        self._store.set_due(keys.SWEEP, self._store.now() + AGAIN_MS)
        try:
            left = self.sweep(parking)
        except ClientError as error:
            log.warning("the archive was not tended; it comes due again", error=str(error))
            return
        self._store.set_due(keys.SWEEP, 0 if left else self._store.now() + SWEEP_MS)

    def keep_ended(self, rollback_id: str) -> None:
        """Keep the journal of a rollback that has ended; while the place is away it comes due again, ever later.

        Each wait is as long as it was tried so far, from 5 s to an hour. What does not fit is left to the sweep, which
        goes on saying so.
        """
        member = keys.keep(rollback_id)
        try:
            snapshot = self._store.load(rollback_id)
            self.keep(rollback_id)
        except (Misfit, NoSuchRollback, ValueError) as error:
            log.error("not archived", chain=rollback_id, error=str(error))  # noqa: TRY400 - the text says it all
            self._store.clear_due(member)
        except ClientError as error:
            tried_ms = snapshot.clock() - (snapshot.rollback.ended_at or snapshot.clock())
            wait_ms = min(SWEEP_MS, max(SOON_MS, tried_ms))
            log.warning("not archived yet; it comes due again", chain=rollback_id, error=str(error), again_ms=wait_ms)
            self._store.set_due(member, snapshot.clock() + wait_ms)
        else:
            self._store.clear_due(member, head=snapshot.rollback.head)

    def _tend(self, name: str, *, kept: int) -> int:
        """Keep or trim one chain where that is due; 1 when something was done."""
        chain = self._store.chain(name)
        if chain.service:
            return 1 if chain.last > kept and self.keep(name) else 0
        if not chain.lines or (chain.trimmed and chain.last <= kept):
            return 0
        snapshot = self._store.load(name)
        if snapshot.rollback.state not in TERMINAL:
            return 0
        if chain.last > kept:
            self.keep(name)
            return 1
        return int(self._old(snapshot) and self.trim(name))

    def _old(self, snapshot: Snapshot) -> bool:
        return over_since(snapshot.rollback, snapshot.clock() - self._keep_ms)

    def _require_same(self, chain: Chain, parts: list[archived.Segment], upto: int) -> None:
        """The events in Redis are a chain, and go on from what the archive has."""
        broken = verify(chain.lines, first=chain.first)
        if broken is None and upto + 1 < chain.first:
            gap = f"{upto + 1} to {chain.first - 1}"
            raise Misfit(f"The events {gap} of {chain.name} are neither in Redis nor in {self._place.address}.")
        if broken is None and upto:
            broken = self._differing(chain, parts, upto)
        if broken is not None:
            raise Misfit(_rewritten(chain.name, broken))

    def _differing(self, chain: Chain, parts: list[archived.Segment], upto: int) -> Broken | None:
        """Where Redis and the archive part. One equal line proves all before it: each carries the hash of its last."""
        newest = max(parts, key=lambda part: part.last)
        last = archived.lines_of(self._place.get(newest.name))[-1:]
        if chain.last >= upto and last == [chain.lines[upto - chain.first]]:
            return None
        copy = archived.read(self._place, parts)
        return earliest(copy.broken, compare(chain.lines, copy.lines, first=chain.first)) or Broken.model_validate(
            {"seq": upto, "why": "missing"}
        )

    def _before(self, chain: Chain) -> tuple[str, ...]:
        copy = self._copy(chain)
        lines = copy.lines[: chain.first - 1]
        if copy.broken is not None or len(lines) < chain.first - 1:
            raise Misfit(
                f"The events 1 to {chain.first - 1} of {chain.name} were trimmed from Redis and are not whole in "
                f"{self._place.address}. Look with `rollbackctl audit verify`."
            )
        return lines

    def _copy(self, chain: Chain) -> archived.Copy:
        folder = archived.folder_of(chain)
        return archived.read(self._place, archived.segments(self._place.names(folder)).get(chain.name, []))


def over_since(rollback: Rollback, at: int) -> bool:
    """Whether a rollback was over by then (Redis ms): ended, and by now watched to the end and reported."""
    if rollback.state not in TERMINAL or rollback.ended_at is None:
        return False
    watched = rollback.watched or rollback.watch_until is None
    reported = rollback.reported or rollback.state not in ENDED_AFTER_WORK
    return watched and reported and rollback.ended_at <= at


def _rewritten(name: str, broken: Broken) -> str:
    return (
        f"The events of {name} are not those that were written, from event {broken.seq} on ({broken.why}). Nothing was "
        "archived over them, and nothing is destroyed on them. Look with `rollbackctl audit verify`."
    )
