"""Approvals at a terminal while Slack cannot be asked: counted by the catalog's list, and by nothing else."""

from __future__ import annotations

import pytest

from bot.domain.events import Kind
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import State
from bot.service import abort, lock
from tests.integration.approval.chamber import (
    ASKER,
    FIRST,
    INCIDENT,
    LEADER,
    OUTSIDER,
    SECOND,
    SERVICE,
    THIRD,
    TYPED,
    Chamber,
    at_terminal,
    catalog,
    command,
)


@pytest.fixture
def away(chamber: Chamber) -> Chamber:
    """Slack has been away for an hour; two people of the catalog have a terminal, the asker is one of them."""
    listed = chamber.under(catalog(terminal=(ASKER, FIRST, SECOND)))
    listed.members(ASKER, FIRST, SECOND, THIRD, age_ms=3_600_000)
    return listed


def test_two_people_at_terminals_start_it_while_slack_is_away(away: Chamber) -> None:
    """The group cannot be read, and is not needed; the journal keeps how they spoke."""
    rollback = away.planned()
    away.yes(rollback, at_terminal(FIRST))
    approved = away.yes(away.now(rollback), at_terminal(SECOND))

    assert approved.state is State.APPROVED
    assert {approval.person.via for approval in approved.approvals} == {"terminal"}
    assert Kind.STARTED in away.kinds(away.runs(approved))


def test_the_requester_at_a_terminal_does_not_count(away: Chamber) -> None:
    """Another way of speaking is not another person."""
    away.refuses(Code.REQUESTER_EXCLUDED, away.planned(), at_terminal(ASKER))


def test_one_person_through_slack_and_at_a_terminal_is_one_approval(away: Chamber) -> None:
    """Whoever pressed Approve already is told that it counts."""
    away.members(ASKER, FIRST, SECOND, THIRD)
    rollback = away.planned()
    away.yes(rollback, FIRST)
    away.refuses(Code.ALREADY_COUNTED, rollback, at_terminal(FIRST))

    turned = away.planned()
    away.yes(turned, at_terminal(FIRST))
    away.refuses(Code.ALREADY_COUNTED, turned, FIRST)


def test_somebody_not_listed_is_judged_by_the_group_like_everybody(away: Chamber) -> None:
    """A terminal opens nothing to those whom the catalog does not name."""
    rollback = away.planned()
    away.refuses(Code.DIRECTORY_UNREADABLE, rollback, at_terminal(THIRD))
    away.members(ASKER, FIRST, SECOND, THIRD)
    away.refuses(Code.NOT_APPROVER, rollback, at_terminal(OUTSIDER))
    assert away.yes(rollback, at_terminal(THIRD)).state is State.PLANNED


def test_who_was_taken_out_of_the_group_has_no_terminal_left(away: Chamber) -> None:
    """The list stands in for the group while Slack is away, and no longer: Slack answers, and says who is out."""
    rollback = away.planned()
    away.members(ASKER, SECOND)
    away.refuses(Code.NOT_APPROVER, rollback, at_terminal(FIRST))
    away.members(FIRST, full=False)
    away.refuses(Code.NOT_APPROVER, rollback, at_terminal(FIRST))


def test_a_group_that_slack_says_is_empty_counts_nobody_at_a_terminal_either(away: Chamber) -> None:
    """Somebody emptied it: that is an answer, not an outage."""
    rollback = away.planned()
    away.members()
    away.refuses(Code.DIRECTORY_UNREADABLE, rollback, at_terminal(FIRST))


def test_approvals_of_terminals_are_held_against_the_group_once_slack_is_back(away: Chamber) -> None:
    """Both counted while Slack was away; at the start it says that one of them is no approver any more."""
    rollback = away.planned()
    away.yes(rollback, at_terminal(FIRST))
    approved = away.yes(away.now(rollback), at_terminal(SECOND))
    away.members(ASKER, SECOND, THIRD)

    assert away.runs(approved).state is State.SUPERSEDED
    away.untouched(rollback)


def test_whom_slack_calls_no_member_neither_asks_nor_locks_at_a_terminal(away: Chamber) -> None:
    """A deactivated account with a line left in the catalog."""
    away.known(FIRST, full=False)
    with pytest.raises(Refused, match="not-a-member"):
        away.asked(by=at_terminal(FIRST))
    with pytest.raises(Refused, match="not-a-member"):
        lock(away.house.desk, SERVICE, person=at_terminal(FIRST), reason="mine", command_id=command())


def test_whoever_asked_at_a_terminal_is_looked_at_again_when_it_is_planned(away: Chamber) -> None:
    """Nobody knew them when they asked; by now Slack says that they are no member."""
    rollback = away.asked(by=at_terminal(FIRST))
    away.known(FIRST, full=False)
    assert away.runs(rollback).state is State.REFUSED


def test_a_terminal_approver_is_not_believed_through_slack(away: Chamber) -> None:
    """The list is for terminals: a click in Slack is judged by the group, and that cannot be read."""
    away.refuses(Code.DIRECTORY_UNREADABLE, away.planned(), FIRST)


def test_without_a_workspace_nobody_at_a_terminal_counts(away: Chamber) -> None:
    """Who they are in Slack was never read, so one of them could be the requester."""
    away.refuses(Code.DIRECTORY_UNREADABLE, away.planned(), at_terminal(FIRST).model_copy(update={"team": ""}))


def test_somebody_taken_off_the_list_no_longer_counts_at_the_start(away: Chamber) -> None:
    """The list is judged as it is when it is about to start."""
    rollback = away.planned()
    away.yes(rollback, at_terminal(FIRST))
    approved = away.yes(away.now(rollback), at_terminal(SECOND))
    shorter = away.under(catalog(terminal=(ASKER, FIRST)))
    shorter.members(ASKER, FIRST, THIRD)

    assert shorter.runs(approved).state is State.SUPERSEDED
    shorter.untouched(rollback)


def test_one_at_a_terminal_and_one_through_slack_wait_for_slack(away: Chamber) -> None:
    """The one who clicked counts only while their membership is known: it waits, and starts once it is."""
    away.members(ASKER, FIRST, SECOND, THIRD)
    rollback = away.planned()
    away.yes(rollback, THIRD)
    approved = away.yes(away.now(rollback), at_terminal(FIRST))
    away.members(ASKER, FIRST, SECOND, THIRD, age_ms=61_000)
    assert away.runs(approved).state is State.APPROVED

    away.members(ASKER, FIRST, SECOND, THIRD)
    assert Kind.STARTED in away.kinds(away.runs(approved))


def test_somebody_at_a_terminal_may_say_no(away: Chamber) -> None:
    """Stopping must be possible while Slack is away."""
    rollback = away.planned()
    stopped = abort(away.house.desk, rollback.id, person=at_terminal(FIRST), command_id=command())
    assert stopped.state is State.REJECTED


def test_a_terminal_breaks_no_glass(away: Chamber) -> None:
    """The separate role is a group in Slack: the catalog's terminals are not in it."""
    rollback = away.planned(break_glass=True, reason=TYPED)
    assert rollback.policy is not None
    assert rollback.policy.break_glass
    away.refuses(Code.NOT_APPROVER, rollback, at_terminal(FIRST))
    away.members(LEADER, group=INCIDENT)
    assert away.yes(rollback, LEADER).state is State.APPROVED
