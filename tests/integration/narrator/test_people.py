"""The directory's copy is read from Slack, and only full members of this workspace are full."""

from __future__ import annotations

import pytest

from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from jobs.clients.errors import Unreachable
from jobs.people import People
from sandbox.slack.faults import FaultKind
from sandbox.slack.outside_bodies import GroupChange, change_group
from tests.integration.narrator.story import TEAM, Desk, Story

GROUP = "game-server-approvers"
EVERYBODY = ("U0APPROVER1", "U0GUEST", "U0OTHERBOT", "U0GONE", "U0CONNECT")


def test_the_group_is_read_with_who_is_a_full_member(desk: Desk, story: Story) -> None:
    """A guest, a bot, somebody deactivated and somebody of another workspace do not count."""
    change_group(story.workspace.parts, GroupChange(id=GROUP, users=EVERYBODY))
    People(desk.store, desk.slack).refresh(desk.catalog)
    group = desk.directory.group(GROUP)
    assert {member.person.name: member.full for member in group.members} == {
        "approver-1": True,
        "guest": False,
        "other-bot": False,
        "gone": False,
        "connect": False,
    }
    assert not group.stale(desk.store.now())
    assert desk.directory.group_id(GROUP) == "S0APPROVERS"
    assert desk.directory.workspace() == TEAM


def test_it_comes_due_again_before_it_is_stale(desk: Desk) -> None:
    """Every half minute."""
    People(desk.store, desk.slack).refresh(desk.catalog)
    due = desk.store.next_due()
    assert due is not None
    assert 25_000 < due - desk.store.now() <= 30_000


def test_a_group_that_cannot_be_read_keeps_its_old_copy_which_ages(desk: Desk, story: Story) -> None:
    """Nothing is invented; it is tried again in ten seconds."""
    people = People(desk.store, desk.slack)
    people.refresh(desk.catalog)
    before = desk.directory.group(GROUP)
    story.fault("usergroups.users.list", FaultKind.STATUS)
    people.refresh(desk.catalog)
    assert desk.directory.group(GROUP) == before
    due = desk.store.next_due()
    assert due is not None
    assert due - desk.store.now() <= 10_000


@pytest.mark.parametrize("user", ["U0GUEST", "U0OTHERBOT", "U0GONE", "U0CONNECT", "U0NOBODY"])
def test_only_full_members_may_ask(desk: Desk, user: str) -> None:
    """Everybody else is refused by the same code."""
    with pytest.raises(Refused) as refused:
        People(desk.store, desk.slack).require_full_member(Person(team=TEAM, id=user))
    assert refused.value.refusal.code is Code.NOT_A_MEMBER


def test_a_full_member_may_ask(desk: Desk) -> None:
    """Silence is consent."""
    person = Person(team=TEAM, id="U0REQUESTER")
    People(desk.store, desk.slack).require_full_member(person)
    known = desk.directory.person(TEAM, person.id)
    assert known is not None
    assert known.full


def test_the_same_id_in_another_workspace_is_somebody_else(desk: Desk) -> None:
    """Identity is the pair of workspace and user."""
    with pytest.raises(Refused):
        People(desk.store, desk.slack).require_full_member(Person(team="T0OTHER", id="U0REQUESTER"))


def test_nobody_is_refused_because_slack_is_silent(desk: Desk, story: Story) -> None:
    """It is temporary, and said so."""
    story.fault("users.info", FaultKind.STATUS)
    with pytest.raises(Unreachable):
        People(desk.store, desk.slack).require_full_member(Person(team=TEAM, id="U0REQUESTER"))


def test_whoever_is_wanted_is_looked_up_with_the_next_reading(desk: Desk) -> None:
    """A member, a guest and somebody Slack does not know; the list is empty afterwards."""
    for user in ("U0BYSTANDER", "U0GUEST", "U0NOBODY"):
        desk.directory.want(user)
        desk.directory.want(user)
    People(desk.store, desk.slack).refresh(desk.catalog)
    known = [desk.directory.person(TEAM, user) for user in ("U0BYSTANDER", "U0GUEST", "U0NOBODY")]
    assert [member.full for member in known if member] == [True, False, False]
    assert desk.store.note("directory:wanted")[0] == {"ids": []}


def test_whoever_is_wanted_stays_so_while_slack_is_silent(desk: Desk, story: Story) -> None:
    """Nobody is made a stranger because an answer did not come."""
    desk.directory.want("U0BYSTANDER")
    story.fault("users.info", FaultKind.STATUS)
    People(desk.store, desk.slack).refresh(desk.catalog)
    assert desk.directory.person(TEAM, "U0BYSTANDER") is None
    assert desk.store.note("directory:wanted")[0] == {"ids": ["U0BYSTANDER"]}
