"""Adoption: what was open when the store was lost or restored gets its place in the store that an operator accepted."""

from __future__ import annotations

from typing import Final

from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import OPEN, Rollback, State
from bot.store import keys
from bot.store.errors import Conflict
from bot.store.transition import Move, Transitions

ACCEPTED: Final = "store-accepted"
"""Why an adopted rollback expired or halted."""


class Adoptions(Transitions):
    """Giving open rollbacks of an earlier epoch an end, or to a person."""

    def adopt(self, rollback_id: str, *, by: Person | None) -> Rollback:
        """Move a stray under this epoch, in one script, and return it: nothing of it is carried on by itself.

        What had not started expires. What had started is halted, with its targets reserved (anew, where the lost store
        had forgotten): more may have been done than its record says, so a person looks. `by`: the operator.

        Raises:
            NoSuchRollback: no record of this id is left.
            Conflict: it is no stray (any more).
            Busy: a target of it was reserved by another meanwhile; that one has to end first.
            StoreUnaccepted, StoreUnreadable: as ever.
        """
        before = next((stray for stray in self.strays() if stray.id == rollback_id), None)
        if before is None:
            raise Conflict(f"{self.load(rollback_id).rollback.id} belongs to this store already.")
        due: dict[str, int | None] = {keys.advance(before.id): 0}
        guards: JsonObject = {"adopt": True, "reserve": list(_targets(before))}
        move = Move(before, [_event(before, by)], f"adopt/{before.id}/{before.head}", guards, due)
        return self._moved(move, at=self._clock())


def _event(before: Rollback, by: Person | None) -> NewEvent:
    data: JsonObject = {"code": ACCEPTED}
    if before.state in _STARTED:
        data |= {"step": before.step, "checks": list(before.record.checks)}
        return NewEvent(kind=Kind.HALTED, by=by, data=data)
    data |= {"have": len(before.approvals), "need": before.policy.need if before.policy else 0}
    return NewEvent(kind=Kind.EXPIRED, by=by, data=data)


_STARTED: Final = OPEN - {State.REQUESTED, State.PLANNED, State.APPROVED}


def _targets(before: Rollback) -> tuple[str, ...]:
    plan: Plan | None = before.plan if before.state in _STARTED else None
    return plan.targets if plan else ()
