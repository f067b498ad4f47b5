"""Who counts, and when it is enough."""

from __future__ import annotations

import pytest

from bot.domain.approval import Approval, Policy, enough, judge, still_counting
from bot.domain.people import Group, Member, Person
from bot.domain.refusal import Code, Refused
from tests.unit.domain.examples import ALICE, BOB, CAROL, POLICY

NOW = 1_000_000
DIGEST = "d" * 64


def _group(*people: Person, read_at: int | None = NOW, full: bool = True) -> Group:
    return Group(name="approvers", members=tuple(Member(person=p, full=full) for p in people), read_at=read_at)


def _judge(person: Person, group: Group, *, counted: tuple[Approval, ...] = (), policy: Policy = POLICY) -> Code | None:
    try:
        judge(person, requester=ALICE, policy=policy, group=group, now=NOW, counted=counted, digest=DIGEST)
    except Refused as refused:
        return refused.refusal.code
    return None


@pytest.mark.parametrize(
    ("person", "group", "expected"),
    [
        (BOB, _group(ALICE, BOB), None),
        (ALICE, _group(ALICE, BOB), Code.REQUESTER_EXCLUDED),
        (CAROL, _group(ALICE, BOB), Code.NOT_APPROVER),
        (BOB, _group(BOB, full=False), Code.NOT_APPROVER),
        (BOB, _group(), Code.DIRECTORY_UNREADABLE),
        (BOB, _group(ALICE, BOB, read_at=None), Code.DIRECTORY_UNREADABLE),
        (BOB, _group(ALICE, BOB, read_at=NOW - 60_001), Code.DIRECTORY_UNREADABLE),
        (BOB, _group(ALICE, BOB, read_at=NOW - 60_000), None),
        (Person(team="T2", id="U2", name="bob"), _group(ALICE, BOB), Code.NOT_APPROVER),
    ],
    ids=[
        "a member counts",
        "the requester does not",
        "an outsider does not",
        "a guest in the group does not",
        "an empty group counts nobody",
        "an unread group counts nobody",
        "a stale group counts nobody",
        "a group read a minute ago still counts",
        "the same user id of another workspace is somebody else",
    ],
)
def test_who_counts(person: Person, group: Group, expected: Code | None) -> None:
    """Each rule of who may approve, one by one."""
    assert _judge(person, group) is expected


def test_the_requester_counts_only_where_the_policy_says_so() -> None:
    """By policy the requester may be one of the two."""
    policy = Policy(need=2, group="approvers", requester_counts=True)
    assert _judge(ALICE, _group(ALICE, BOB), policy=policy) is None


def test_nobody_counts_twice_for_one_digest() -> None:
    """A second click changes nothing; an approval of another digest is no approval of this one."""
    mine = Approval(person=BOB, digest=DIGEST, at=NOW)
    assert _judge(BOB, _group(ALICE, BOB), counted=(mine,)) is Code.ALREADY_COUNTED
    other = mine.model_copy(update={"digest": "e" * 64})
    assert _judge(BOB, _group(ALICE, BOB), counted=(other,)) is None


def test_an_approver_removed_before_dispatch_no_longer_counts() -> None:
    """Membership is judged again at dispatch, and doubled records count once."""
    approvals = tuple(Approval(person=p, digest=DIGEST, at=NOW) for p in (BOB, BOB, CAROL))
    standing = still_counting(
        approvals, requester=ALICE, policy=POLICY, group=_group(ALICE, BOB), now=NOW, digest=DIGEST
    )
    assert [approval.person for approval in standing] == [BOB]
    assert not enough(standing, policy=POLICY)


@pytest.mark.parametrize("need", [0, -1])
def test_zero_approvals_are_never_enough(need: int) -> None:
    """A need that was misread as zero fails closed."""
    assert not enough((), policy=Policy(need=need, group="approvers"))
