"""Who counts, and when it is enough. Pure: people and times come in, a refusal or nothing comes out."""

from __future__ import annotations

from bot.domain.model import Value
from bot.domain.people import Group, Person
from bot.domain.refusal import Code, Refused


class Policy(Value):
    """How many distinct people must approve, and from whom.

    `group` is the approver group's handle, or the name of the service's own list. `expires_s`: seconds a plan waits.
    `break_glass`: one person of a separate role is enough, and what was done is reviewed afterwards.
    """

    need: int
    group: str
    requester_counts: bool = False
    expires_s: int = 900
    break_glass: bool = False


class Approval(Value):
    """One person's yes to one digest, at a Redis time in milliseconds."""

    person: Person
    digest: str
    at: int


def judge(
    person: Person,
    *,
    requester: Person,
    policy: Policy,
    group: Group,
    now: int,
    counted: tuple[Approval, ...],
    digest: str,
    terminal: frozenset[str] = frozenset(),
) -> None:
    """Say whether this person's yes to this digest counts now. `terminal`: as for `require_approver`.

    Raises:
        Refused: directory-unreadable, not-approver, requester-excluded or already-counted.
    """
    require_approver(person, group=group, now=now, terminal=terminal)
    have = sum(1 for approval in counted if approval.digest == digest)
    if person.key == requester.key and not policy.requester_counts:
        raise Refused(Code.REQUESTER_EXCLUDED, group=group.name, have=have, need=policy.need)
    for approval in counted:
        if approval.person.key == person.key and approval.digest == digest:
            raise Refused(Code.ALREADY_COUNTED, at=approval.at, digest=digest, missing=max(0, policy.need - have))


def require_approver(person: Person, *, group: Group, now: int, terminal: frozenset[str] = frozenset()) -> None:
    """Say whether this person may approve or reject at all, by a membership that is fresh.

    `terminal`: user ids whose word at a terminal counts by the catalog alone while Slack does not say who is in the
    group. While it does, and for whoever is not among them, the group decides: who was taken out of it is out.

    Raises:
        Refused: directory-unreadable (stale, unread or empty group) or not-approver.
    """
    if group.unread(now) and at_terminal(person, terminal):
        return
    if group.stale(now):
        raise Refused(Code.DIRECTORY_UNREADABLE, group=group.name)
    member = next((m for m in group.members if m.person.key == person.key), None)
    if member is None or not member.full:
        raise Refused(Code.NOT_APPROVER, group=group.name, members=len(group.members))


def may_approve(person: Person, *, group: Group, now: int) -> bool:
    """Whether `require_approver` lets this person pass by their membership."""
    try:
        require_approver(person, group=group, now=now)
    except Refused:
        return False
    return True


def at_terminal(person: Person, terminal: frozenset[str]) -> bool:
    """Whether this person spoke at a terminal and the catalog lists them for it now; nobody without a workspace."""
    return person.via == "terminal" and bool(person.team) and person.id in terminal


def still_counting(
    approvals: tuple[Approval, ...],
    *,
    requester: Person,
    policy: Policy,
    group: Group,
    now: int,
    digest: str,
    terminal: frozenset[str] = frozenset(),
) -> tuple[Approval, ...]:
    """The approvals that count at dispatch: of this digest, each by somebody who is an approver at this moment."""
    standing: dict[str, Approval] = {}
    for approval in approvals:
        if approval.digest != digest or approval.person.key in standing:
            continue
        try:
            judge(
                approval.person,
                requester=requester,
                policy=policy,
                group=group,
                now=now,
                counted=(),
                digest=digest,
                terminal=terminal,
            )
        except Refused:
            continue
        standing[approval.person.key] = approval
    return tuple(standing.values())


def enough(approvals: tuple[Approval, ...], *, policy: Policy) -> bool:
    """Whether so many people are a quorum. A need below one is never met: zero approvals fail closed."""
    return policy.need >= 1 and len({approval.person.key for approval in approvals}) >= policy.need
