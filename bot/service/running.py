"""What people decide about a halted rollback: the step once more, or on without its check."""

from __future__ import annotations

from bot.domain.approval import require_approver
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.rollback import TERMINAL, Rollback, State
from bot.service.desk import Change, Desk, answered, change, event, is_requester, now_advance
from bot.service.lateness import stale, too_late
from bot.store import Snapshot


@answered
def retry(desk: Desk, rollback_id: str, *, seq: int, person: Person, command_id: str) -> Rollback:
    """Have the halted step looked at and tried again, by the requester or an approver.

    `seq` is the event number of the card that was clicked: a click made before the present halt decides nothing.

    Raises:
        Refused: too-late, stale-button (also: halted for so long that the approvals lapsed), not-approver,
            directory-unreadable.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback = snapshot.rollback
        _halted(desk, snapshot, seq=seq, what="retry")
        if not is_requester(rollback, person):
            _approver(desk, snapshot, person)
        return Change([event(Kind.RETRIED, by=person, step=rollback.step)], due=now_advance(rollback.id))

    return change(desk, rollback_id, decide, verb="retry", command_id=command_id)


@answered
def skip(desk: Desk, rollback_id: str, *, seq: int, person: Person, command_id: str) -> Rollback:
    """Go on although the halted step's check says no: an approver's choice, where the plan allows it.

    Raises:
        Refused: too-late, stale-button (also: not skippable, no check of it has spoken, or the approvals lapsed),
            not-approver, directory-unreadable.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback = snapshot.rollback
        _halted(desk, snapshot, seq=seq, what="skip")
        _approver(desk, snapshot, person)
        if not skippable(rollback):
            raise stale(rollback, what="skip", why="not-skippable")
        return Change([event(Kind.SKIPPED, by=person, step=rollback.step)], due=now_advance(rollback.id))

    return change(desk, rollback_id, decide, verb="skip", command_id=command_id)


def _approver(desk: Desk, snapshot: Snapshot, person: Person) -> None:
    group, terminal = desk.approvers(snapshot.rollback), desk.terminal(snapshot.rollback)
    require_approver(person, group=group, now=snapshot.clock(), terminal=terminal)


def skippable(rollback: Rollback) -> bool:
    """Whether a person may waive what halted this: a check that failed, of a step whose plan allows it."""
    if rollback.plan is None or rollback.step >= len(rollback.plan.steps):
        return False
    return rollback.plan.steps[rollback.step].skippable and rollback.last.get("code") == "check-failed"


def lapsed(snapshot: Snapshot) -> bool:
    """Whether what was approved no longer carries it on, because it is halted for so long or its store was lost.

    One person must not alone: it is aborted, and the rest is planned anew and approved by two people (DESIGN.md,
    states of a rollback).
    """
    lapses_at = snapshot.rollback.lapses_at
    return lapses_at is not None and snapshot.clock() >= lapses_at


def _halted(desk: Desk, snapshot: Snapshot, *, seq: int, what: str) -> None:
    rollback = snapshot.rollback
    if rollback.state in TERMINAL:
        raise too_late(rollback)
    newer_halt = any(event.kind is Kind.HALTED for event in desk.store.journal(rollback.id, after=seq))
    if rollback.state is not State.HALTED or seq > rollback.seq or newer_halt:
        raise stale(rollback, what=what, why="moved-on")
    if lapsed(snapshot):
        raise stale(rollback, what=what, why="approvals-lapsed")
