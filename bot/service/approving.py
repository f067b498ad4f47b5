"""Yes and no to a plan. A yes counts for one digest; one no by any approver ends it."""

from __future__ import annotations

from bot.domain.approval import Approval, Policy, enough, judge, still_counting
from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.people import Group, Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback, State
from bot.service.desk import Change, Desk, answered, change, event, is_requester, now_advance, require_stopper
from bot.service.lateness import plan_changed, stale, too_late
from bot.store import Snapshot


@answered
def approve(desk: Desk, rollback_id: str, *, digest: str, seq: int, person: Person, command_id: str) -> Rollback:
    """Count one person's yes to the plan with this digest; the last reserves the targets.

    `seq` is the event number of the card that was clicked; an older card is normal, a newer one is not.

    Raises:
        Refused: stale-button, plan-changed, too-late, directory-unreadable, not-approver, requester-excluded,
            already-counted, target-busy.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback, now = snapshot.rollback, snapshot.clock()
        policy, expires_at = _open_for(rollback, digest=digest, seq=seq, person=person)
        if now >= expires_at:
            raise too_late(rollback, expired=True)
        group, terminal = desk.approvers(rollback), desk.terminal(rollback)
        _judge(rollback, person, policy=policy, group=group, now=now, terminal=terminal)
        mine = Approval(person=person, digest=digest, at=now)
        return _counted(rollback, mine, policy=policy, group=group, not_after=expires_at, terminal=terminal)

    return change(desk, rollback_id, decide, verb="approve", command_id=command_id)


@answered
def reject(desk: Desk, rollback_id: str, *, digest: str, person: Person, why: str, command_id: str) -> Rollback:
    """End a plan by an approver's no. From the requester it is a withdrawal: the rollback is aborted.

    Raises:
        Refused: plan-changed, too-late, stale-button, directory-unreadable, not-approver.
    """

    def decide(snapshot: Snapshot) -> Change:
        rollback = snapshot.rollback
        if rollback.state not in {State.PLANNED, State.APPROVED}:
            raise _past(rollback, digest=digest, what="reject")
        if digest != rollback.digest:
            raise plan_changed(rollback, digest=digest)
        if is_requester(rollback, person):
            return Change([event(Kind.ABORTED, by=person, why=why)])
        require_stopper(desk, rollback, person, now=snapshot.clock())
        return Change([event(Kind.REJECTED, by=person, why=why)])

    return change(desk, rollback_id, decide, verb="reject", command_id=command_id)


def _judge(
    rollback: Rollback, person: Person, *, policy: Policy, group: Group, now: int, terminal: frozenset[str]
) -> None:
    """Judge a yes; a refusal also says which rollback it was for and how many it has."""
    digest, counted = rollback.digest, rollback.approvals
    try:
        judge(
            person,
            requester=rollback.request.by,
            policy=policy,
            group=group,
            now=now,
            counted=counted,
            digest=digest,
            terminal=terminal,
        )
    except Refused as refused:
        have = sum(1 for approval in counted if approval.digest == digest)
        standing: JsonObject = {"id": rollback.id, "have": have, "need": policy.need}
        if policy.break_glass:
            standing["why"] = "break-glass"
        raise Refused(refused.refusal.code, **{**standing, **refused.refusal.figures}) from None


def _open_for(rollback: Rollback, *, digest: str, seq: int, person: Person) -> tuple[Policy, int]:
    """The policy and the end (ms) of a plan that can be approved now."""
    if rollback.state is State.APPROVED and digest == rollback.digest:
        _already(rollback, person)
    if rollback.state is not State.PLANNED:
        raise _past(rollback, digest=digest, what="approve")
    if digest != rollback.digest:
        raise plan_changed(rollback, digest=digest)
    if seq > rollback.seq or rollback.policy is None or rollback.expires_at is None:
        raise stale(rollback, what="approve", why="moved-on")
    return rollback.policy, rollback.expires_at


def _already(rollback: Rollback, person: Person) -> None:
    """Somebody whose yes was counted presses again after the quorum: they are told that it counts."""
    for approval in rollback.approvals:
        if approval.person.key == person.key and approval.digest == rollback.digest:
            raise Refused(Code.ALREADY_COUNTED, at=approval.at, digest=approval.digest, missing=0)


def _past(rollback: Rollback, *, digest: str, what: str) -> Refused:
    """Why a plan cannot be decided on any more, or not yet."""
    if rollback.state is State.SUPERSEDED:
        return plan_changed(rollback, digest=digest)
    if rollback.state is State.REQUESTED:
        return stale(rollback, what=what, why="moved-on")
    return too_late(rollback)


def _counted(
    rollback: Rollback, mine: Approval, *, policy: Policy, group: Group, not_after: int, terminal: frozenset[str]
) -> Change:
    said = event(Kind.APPROVED, by=mine.person, digest=mine.digest)
    standing = still_counting(
        (*rollback.approvals, mine),
        requester=rollback.request.by,
        policy=policy,
        group=group,
        now=mine.at,
        digest=mine.digest,
        terminal=terminal,
    )
    if not enough(standing, policy=policy):
        return Change([said], not_after=not_after, approve=(mine.person.key, mine.digest))
    met = event(Kind.QUORUM, by=mine.person, have=len(standing), need=policy.need)
    return Change(
        [said, met],
        due=now_advance(rollback.id),
        not_after=not_after,
        approve=(mine.person.key, mine.digest),
        quorum=(mine.digest, policy.need),
        counting=[approval.person.key for approval in standing],
        reserve=rollback.plan.targets if rollback.plan else (),
    )
