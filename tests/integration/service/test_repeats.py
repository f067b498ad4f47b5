"""The same command twice, across processes and restarts; and what happens beside a rollback that holds the targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import service
from bot.domain.events import Kind, NewEvent
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request, Rollback, State
from bot.store import Conflict
from tests.integration.service.builders import ASKER, FIRST, SECOND, SERVICE, THIRD, Office, command

WANTED = Request(service=SERVICE, strategy="canary", by=ASKER, channel="C1")


def yes(work: Office, rollback: Rollback, person: Person, *, once: str = "") -> Rollback:
    """One click on Approve."""
    return service.approve(
        work.desk,
        rollback.id,
        digest=rollback.digest,
        seq=rollback.seq,
        person=person,
        command_id=once or command(),
    )


def refused(act: Callable[[], object]) -> Refused:
    """The no that something is answered with."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


def test_an_approval_repeated_is_answered_and_not_refused(work: Office) -> None:
    """The same click again gives where the rollback stands, before and after the quorum; it counts once."""
    rollback, once = work.planned(), command()
    yes(work, rollback, FIRST, once=once)
    assert yes(work, rollback, FIRST, once=once).state is State.PLANNED
    yes(work, rollback, SECOND)
    assert yes(work, rollback, FIRST, once=once).state is State.APPROVED
    assert work.kinds(rollback).count(Kind.APPROVED) == 2


def test_another_click_of_the_same_person_is_still_refused(work: Office) -> None:
    """Only the very same command is answered: a second press is a second press."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    assert refused(lambda: yes(work, rollback, FIRST)).refusal.code is Code.ALREADY_COUNTED


def test_a_refused_click_repeated_is_refused_again(work: Office) -> None:
    """A command that changed nothing is remembered by nobody: it is judged anew each time."""
    rollback, once = work.planned(), command()
    for _ in range(2):
        assert refused(lambda: yes(work, rollback, ASKER, once=once)).refusal.code is Code.REQUESTER_EXCLUDED


def test_one_command_id_answers_for_its_own_rollback_only(work: Office) -> None:
    """The command of one rollback says nothing about another."""
    ahead, behind, once = work.planned(), work.planned(), command()
    yes(work, ahead, FIRST, once=once)
    act = lambda: yes(work, behind, ASKER, once=once)  # noqa: E731 - one call to refuse
    assert refused(act).refusal.code is Code.REQUESTER_EXCLUDED


def test_retry_and_abort_repeated_are_answered(work: Office) -> None:
    """The second delivery of Retry or Abort finds its work done, and says so by the state."""
    rollback, retry, abort = work.halted(), command(), command()
    for _ in range(2):
        after = service.retry(work.desk, rollback.id, seq=rollback.seq, person=ASKER, command_id=retry)
        assert after.state is State.RUNNING
    for _ in range(2):
        assert service.abort(work.desk, rollback.id, person=ASKER, command_id=abort).abort_by == ASKER
    kinds = work.kinds(rollback)
    assert (kinds.count(Kind.RETRIED), kinds.count(Kind.ABORT_ASKED)) == (1, 1)


def test_a_request_repeated_while_its_own_rollback_runs_is_answered(work: Office) -> None:
    """Not "busy" with itself: the same command is the same rollback, however far it is by now."""
    once = command()
    asked = service.request(work.desk, WANTED, command_id=once)
    planned = work.plan(asked)
    yes(work, planned, FIRST)
    yes(work, planned, SECOND)
    assert refused(lambda: service.request(work.desk, WANTED, command_id=command())).refusal.code is Code.TARGET_BUSY
    again = service.request(work.desk, WANTED, command_id=once)
    assert (again.id, again.state) == (asked.id, State.APPROVED)


def test_only_those_that_hold_a_target_are_held(work: Office) -> None:
    """What is planned holds nothing; what is approved, running or halted does; what has ended gives it back."""
    assert work.store.held() == frozenset()
    waiting = work.planned()
    assert work.store.held() == frozenset()
    yes(work, waiting, FIRST)
    yes(work, waiting, SECOND)
    assert work.store.held() == {waiting.id}
    service.withdraw(work.desk, waiting.id, person=ASKER, why="", command_id=command())
    assert work.store.held() == frozenset()


def test_a_plan_waits_while_another_holds_its_targets(work: Office) -> None:
    """The first yes counts; the last is refused with who is ahead, and counts once that one has ended."""
    behind, ahead = work.planned(), work.planned()
    yes(work, ahead, FIRST)
    yes(work, ahead, SECOND)
    assert len(yes(work, behind, FIRST).approvals) == 1
    refusal = refused(lambda: yes(work, behind, SECOND)).refusal
    assert (refusal.code, refusal.figures["id"], refusal.figures["state"]) == (Code.TARGET_BUSY, ahead.id, "approved")
    assert len(work.store.load(behind.id).rollback.approvals) == 1
    service.reject(work.desk, ahead.id, digest=ahead.digest, person=THIRD, why="", command_id=command())
    assert yes(work, behind, SECOND).state is State.APPROVED
    assert work.store.held() == {behind.id}


def test_a_cancellation_stands_whatever_planning_was_about_to_say(work: Office) -> None:
    """Cancel while planning: the plan that a worker was about to write is refused by the store."""
    asked = work.requested()
    snapshot = work.store.load(asked.id)
    cancelled = service.withdraw(work.desk, asked.id, person=ASKER, why="typo", command_id=command())
    assert (cancelled.state, cancelled.last["why"]) == (State.ABORTED, "typo")
    refusing = NewEvent(kind=Kind.REFUSED, data={"code": "no-canary", "figures": {}})
    with pytest.raises(Conflict):
        work.store.transition(snapshot, [refusing], command_id=command())
    assert work.kinds(asked) == [Kind.REQUESTED, Kind.ABORTED]


def test_a_halted_rollback_is_aborted_once_and_retry_does_not_undo_it(work: Office) -> None:
    """Abort on halted asks the runner; Retry pressed meanwhile still leaves the wish to stop standing."""
    halted = work.halted()
    service.abort(work.desk, halted.id, person=FIRST, command_id=command())
    again = service.retry(work.desk, halted.id, seq=halted.seq, person=ASKER, command_id=command())
    assert (again.state, again.abort_by) == (State.RUNNING, FIRST)
