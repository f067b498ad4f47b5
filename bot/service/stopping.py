"""Taking a request back, and stopping a rollback that runs."""

from __future__ import annotations

from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import TERMINAL, Rollback, State
from bot.service.desk import Change, Desk, answered, change, event, is_requester, now_advance, require_stopper
from bot.service.lateness import stale, too_late
from bot.store import Snapshot

WAITING = frozenset({State.REQUESTED, State.PLANNED, State.APPROVED})
UNDER_WAY = frozenset({State.RUNNING, State.HALTED})


@answered
def withdraw(desk: Desk, rollback_id: str, *, person: Person, why: str, command_id: str) -> Rollback:
    """The requester takes back what has not started: Cancel while planning, Withdraw afterwards.

    Raises:
        Refused: too-late, not-requester.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback = snapshot.rollback
        if rollback.state not in WAITING:
            raise too_late(rollback)
        if not is_requester(rollback, person):
            raise _not_requester(rollback)
        return Change([event(Kind.ABORTED, by=person, why=why)])

    return change(desk, rollback_id, decide, verb="withdraw", command_id=command_id)


@answered
def abort(desk: Desk, rollback_id: str, *, person: Person, command_id: str) -> Rollback:
    """Stop a rollback, by its requester or an approver.

    What has not started ends here; an approver's abort of a plan is a no to it. What runs or is halted is asked to
    stop: the runner finishes the step under way, claims what it wrote, and ends it.

    Raises:
        Refused: too-late, stale-button (already asked), not-requester, not-approver, directory-unreadable.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback = snapshot.rollback
        if rollback.state in TERMINAL:
            raise too_late(rollback)
        if not is_requester(rollback, person):
            if rollback.state is State.REQUESTED:
                raise _not_requester(rollback)
            require_stopper(desk, rollback, person, now=snapshot.clock())
        if rollback.state in UNDER_WAY:
            if rollback.abort_by is not None:
                raise stale(rollback, what="abort", why="already-asked")
            return Change([event(Kind.ABORT_ASKED, by=person)], due=now_advance(rollback.id))
        ends_as_no = rollback.state is State.PLANNED and not is_requester(rollback, person)
        return Change([event(Kind.REJECTED if ends_as_no else Kind.ABORTED, by=person, why="")])

    return change(desk, rollback_id, decide, verb="abort", command_id=command_id)


def _not_requester(rollback: Rollback) -> Refused:
    by = rollback.request.by
    return Refused(Code.NOT_REQUESTER, id=rollback.id, state=rollback.state, requester=by.name or by.id)
