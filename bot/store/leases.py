"""Leases: who carries a rollback on at this moment, and the fence number that goes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.store import keys
from bot.store.lua import Part

LEASE_S = 8.0
"""How long a lease lasts without renewal (DESIGN.md, principle 6)."""


@dataclass(frozen=True)
class Lease:
    """One grant: `fence` rises with each in the whole store, `until` is Redis ms.

    `taken_over`: it replaced one of another owner that had run out and was never given back.
    """

    rollback_id: str
    owner: str
    fence: int
    until: int
    taken_over: bool = False


class Leases(Part):
    """Granting, renewing and giving back. An owner is one run of one job, never used again.

    Every method raises StoreUnreadable when Redis does not answer.
    """

    def lease(self, rollback_id: str, *, owner: str, seconds: float = LEASE_S) -> Lease | None:
        """Take the lease; None when somebody else holds it. Either way the rollback is due at the lease's end.

        Raises:
            NoSuchRollback: there is none of this id; StoreUnaccepted when it is another epoch's.
        """
        names = [keys.EPOCH, keys.record(rollback_id), keys.lease(rollback_id), keys.FENCE, keys.DUE, keys.JOBS]
        match self._run("lease", names, [keys.advance(rollback_id), owner, _ms(seconds)]):
            case ["ok", fence, until, taken_over]:
                return Lease(rollback_id, owner, int(fence), int(until), taken_over=taken_over == "1")
            case _:
                return None

    def renew(self, lease: Lease, *, seconds: float = LEASE_S) -> Lease:
        """The same lease, lasting from now.

        Raises:
            LeaseLost: it ran out, whether or not somebody else has taken it.
        """
        rollback_id = lease.rollback_id
        names = [keys.EPOCH, keys.record(rollback_id), keys.lease(rollback_id), keys.DUE, keys.JOBS]
        args: list[str | int] = [keys.advance(rollback_id), lease.owner, lease.fence, _ms(seconds)]
        _, until = self._run("renew", names, args)
        return replace(lease, until=int(until))

    def release(self, lease: Lease, *, head: str, due: int | None) -> None:
        """Give the lease back and say when to look next: `due` in Redis ms, 0 now, None never.

        `head` is the head of the journal as the holder knows it. If it has moved, or somebody asked for a look
        meanwhile, the rollback is due at once. A lease that somebody else has by now is left alone.
        """
        rollback_id = lease.rollback_id
        member = keys.advance(rollback_id)
        names = [keys.record(rollback_id), keys.lease(rollback_id), keys.DUE, keys.JOBS]
        args: list[str | int] = [member, lease.owner, lease.fence, head, -1 if due is None else due]
        _, due_now = self._run("release", names, args)
        self._woken([member] if due_now == "1" else [])


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
