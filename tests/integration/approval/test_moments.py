"""What happens between the click and the start: people leave, look-ups fail, clicks race, time runs out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

from bot.domain.events import Kind
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import State
from bot.service import approve
from tests.integration.approval.chamber import (
    ASKER,
    FIRST,
    SECOND,
    THIRD,
    Chamber,
    catalog,
    command,
)
from tests.integration.store.builders import due_members

ROUNDS = 100


def together(*acts: Callable[[], object]) -> list[object]:
    """Do these in the same moment, each on a thread of its own; what each came to: a refusal's code, or what it gave.

    Anything but a refusal that is raised is among the answers, so that no assertion overlooks it.
    """
    start = Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait(timeout=10)
        try:
            answers[place] = act()
        except Refused as refused:
            answers[place] = refused.refusal.code
        except BaseException as error:  # noqa: BLE001 - handed to the test, which fails on it
            answers[place] = error

    threads = [Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def test_an_approver_who_left_between_click_and_start_does_not_count(chamber: Chamber) -> None:
    """Two said yes, one has left the group since: superseded, and asked anew."""
    rollback = chamber.approved()
    chamber.members(ASKER, FIRST, THIRD)

    ended = chamber.runs(rollback)
    assert ended.state is State.SUPERSEDED
    assert ended.last["moved"] == {"approvers": [2, 1]}
    chamber.untouched(rollback)


def test_an_approver_who_became_a_guest_does_not_count_at_the_start(chamber: Chamber) -> None:
    """Membership and being a full member are both judged anew."""
    rollback = chamber.approved()
    chamber.members(FIRST, SECOND, full=False)

    assert chamber.runs(rollback).state is State.SUPERSEDED
    chamber.untouched(rollback)


def test_a_look_up_that_fails_counts_nobody_and_loses_nothing(chamber: Chamber) -> None:
    """A stale copy starts nothing and ends nothing: once Slack answers again, the same approvals start it."""
    rollback = chamber.planned()
    chamber.members(ASKER, FIRST, SECOND, age_ms=61_000)
    chamber.refuses(Code.DIRECTORY_UNREADABLE, rollback, FIRST)

    chamber.members(ASKER, FIRST, SECOND)
    approved = chamber.yes(chamber.yes(rollback, FIRST), SECOND)
    chamber.members(ASKER, FIRST, SECOND, age_ms=61_000)
    assert chamber.runs(approved).state is State.APPROVED
    chamber.untouched(rollback)
    assert "directory:all" in due_members(chamber.store)

    chamber.members(ASKER, FIRST, SECOND)
    assert Kind.STARTED in chamber.kinds(chamber.runs(approved))


def test_a_group_that_was_never_read_counts_nobody(chamber: Chamber) -> None:
    """A fresh store knows no members: nobody is an approver until Slack was asked."""
    other = chamber.under(catalog(group="never-read"))
    planned = other.planned()
    assert planned.policy is not None
    assert planned.policy.group == "never-read"
    other.refuses(Code.DIRECTORY_UNREADABLE, planned, FIRST)


def test_two_approvers_in_the_same_moment_bring_one_quorum(chamber: Chamber) -> None:
    """Whichever is second brings it; it is written once."""
    for _ in range(ROUNDS // 4):
        rollback = chamber.planned()
        answers = together(partial(chamber.yes, rollback, FIRST), partial(chamber.yes, rollback, SECOND))

        assert {type(answer).__name__ for answer in answers} == {"Rollback"}, answers
        kinds = chamber.kinds(rollback)
        assert (kinds.count(Kind.QUORUM), kinds.count(Kind.APPROVED)) == (1, 2)
        chamber.no(chamber.now(rollback), THIRD)


def test_three_approvers_in_the_same_moment_are_two_approvals_and_one_that_came_late(chamber: Chamber) -> None:
    """Nobody's yes is lost and none counts for a start that was made already."""
    for _ in range(ROUNDS // 10):
        rollback = chamber.planned()
        together(*(partial(chamber.yes, rollback, person) for person in (FIRST, SECOND, THIRD)))

        kinds = chamber.kinds(rollback)
        assert (kinds.count(Kind.QUORUM), kinds.count(Kind.APPROVED)) == (1, 2)
        chamber.no(chamber.now(rollback), THIRD)


def test_a_yes_and_a_no_in_the_same_moment_leave_one_story(chamber: Chamber) -> None:
    """A hundred races: a no that was taken has ended it, whatever the yes came to."""
    ends: set[State] = set()
    for _ in range(ROUNDS):
        rollback = chamber.yes(chamber.planned(), FIRST)
        yes, no = together(partial(chamber.yes, rollback, SECOND), partial(chamber.no, rollback, THIRD))

        ended = chamber.runs(rollback)
        ends.add(ended.state)
        assert not isinstance(no, BaseException), no
        assert not isinstance(yes, BaseException), yes
        assert ended.state is State.REJECTED
        kinds = chamber.kinds(rollback)
        assert kinds.count(Kind.REJECTED) == 1
        assert (Kind.QUORUM in kinds) is not isinstance(yes, Code)
    assert ends == {State.REJECTED}
    assert chamber.world.effects == []


def test_a_start_and_a_no_in_the_same_moment_never_both_happen(chamber: Chamber) -> None:
    """The start script itself looks for the veto: either nothing starts, or the no was too late and says so."""
    for _ in range(ROUNDS // 4):
        rollback = chamber.approved()
        _, no = together(partial(chamber.runs, rollback), partial(chamber.no, rollback, THIRD))

        kinds = chamber.kinds(rollback)
        assert (Kind.STARTED in kinds) is not (Kind.REJECTED in kinds)
        assert (Kind.STARTED in kinds) is (no is Code.TOO_LATE)
        left = chamber.now(rollback)
        for _ in range(20):
            if left.ended_at is not None:
                break
            left = chamber.runs(left)
        assert left.ended_at is not None


def test_a_click_after_expiry_counts_nothing_although_nobody_watched(chamber: Chamber) -> None:
    """With every process that writes expiry down, the click itself judges the time."""
    expired = chamber.expiring(in_ms=0)

    figures = chamber.refuses(Code.TOO_LATE, expired, FIRST)
    assert figures["state"] == State.EXPIRED
    assert chamber.runs(expired).state is State.EXPIRED
    chamber.untouched(expired)


def test_a_quorum_that_expired_before_its_start_starts_nothing(chamber: Chamber) -> None:
    """Approved in time, looked at too late: it has expired."""
    rollback = chamber.expiring(in_ms=1_500)
    approved = chamber.yes(chamber.yes(rollback, FIRST), SECOND)
    assert approved.state is State.APPROVED
    chamber.until(rollback.expires_at or 0)

    assert chamber.runs(approved).state is State.EXPIRED
    chamber.untouched(rollback)


def test_a_click_repeated_by_slack_counts_once(chamber: Chamber) -> None:
    """The same command id in the same moment, as Slack repeats it: one approval."""
    rollback = chamber.planned()
    same = command()

    def press() -> object:
        return approve(
            chamber.house.desk, rollback.id, digest=rollback.digest, seq=rollback.seq, person=FIRST, command_id=same
        )

    together(press, press, press)
    assert chamber.kinds(rollback).count(Kind.APPROVED) == 1
