"""The table of moves: every pair of state and event, and what the fold makes of them."""

from __future__ import annotations

import itertools

import pytest

from bot.domain.audit import verify
from bot.domain.events import GENESIS, Event, Kind, NewEvent, chained
from bot.domain.people import Person
from bot.domain.rollback import (
    MOVES,
    OPEN,
    STAYS,
    TERMINAL,
    IllegalMove,
    Mark,
    Rollback,
    State,
    after,
    begin,
    next_state,
)
from bot.store.fold import text_of
from tests.unit.domain.examples import ALICE, PLAN, POLICY, REQUEST

# DESIGN.md, "States of a rollback", written out once more by hand: (state, kind) → state.
EXPECTED = {
    ("requested", "planned"): "planned",
    ("requested", "refused"): "refused",
    ("requested", "expired"): "expired",
    ("requested", "aborted"): "aborted",
    ("planned", "quorum"): "approved",
    ("planned", "rejected"): "rejected",
    ("planned", "expired"): "expired",
    ("planned", "superseded"): "superseded",
    ("planned", "aborted"): "aborted",
    ("approved", "started"): "running",
    ("approved", "rejected"): "rejected",
    ("approved", "expired"): "expired",
    ("approved", "superseded"): "superseded",
    ("approved", "aborted"): "aborted",
    ("running", "succeeded"): "succeeded",
    ("running", "unverified"): "unverified",
    ("running", "failed"): "failed",
    ("running", "halted"): "halted",
    ("running", "aborted"): "aborted",
    ("running", "superseded"): "superseded",
    ("halted", "halted"): "halted",
    ("halted", "retried"): "running",
    ("halted", "skipped"): "running",
    ("halted", "aborted"): "aborted",
    ("halted", "failed"): "failed",
}


@pytest.mark.parametrize(("state", "kind"), list(itertools.product(State, MOVES)))
def test_every_pair_of_state_and_moving_event_does_what_the_design_says(state: State, kind: Kind) -> None:
    """A pair that the design does not name is refused."""
    expected = EXPECTED.get((state.value, kind.value))
    if expected is None:
        with pytest.raises(IllegalMove):
            next_state(state, kind)
    else:
        assert next_state(state, kind) is State(expected)


def test_every_kind_of_event_is_placed() -> None:
    """Each kind moves, stays, or begins a journal; none is forgotten."""
    assert set(Kind) == set(MOVES) | set(STAYS) | {Kind.REQUESTED}


@pytest.mark.parametrize("state", State)
def test_only_planning_is_said_to_wait_for_an_answer(state: State) -> None:
    """It is told of a rollback that was asked for and has no plan yet, and moves nothing."""
    if state is State.REQUESTED:
        assert next_state(state, Kind.WAITING) is state
    else:
        with pytest.raises(IllegalMove):
            next_state(state, Kind.WAITING)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_terminal_means_terminal(state: State) -> None:
    """Nothing that moves leads out of a terminal state."""
    assert not any(state in moves for moves in MOVES.values())


def test_open_and_terminal_are_all_states() -> None:
    """Every state is one or the other."""
    assert set(State) == OPEN | TERMINAL
    assert not OPEN & TERMINAL


def _fold(*events: NewEvent) -> Rollback:
    rollback: Rollback | None = None
    prev = GENESIS
    for seq, new in enumerate(events, start=1):
        event = chained(new, seq=seq, at=1_000 * seq, prev=prev)
        rollback = begin(event, "rb-1001") if rollback is None else after(rollback, event)
        prev = event.hash
    assert rollback is not None
    return rollback


def _event(kind: Kind, by: Person | None = None, **data: object) -> NewEvent:
    return NewEvent.model_validate({"kind": kind, "by": by, "data": data})


RUNNING = (
    _event(Kind.REQUESTED, ALICE, request=REQUEST.model_dump(mode="json")),
    _event(Kind.PLANNED, plan=PLAN.model_dump(mode="json"), policy=POLICY.model_dump(mode="json"), expires_at=900_000),
    _event(Kind.APPROVED, ALICE, digest=PLAN.digest),
    _event(Kind.QUORUM, have=2, need=2),
    _event(Kind.STARTED, have=2),
    _event(Kind.STEP_STARTED, step=0, attempt=1, fence=4),
)


def test_what_planning_waits_for_is_the_last_system_that_did_not_answer() -> None:
    """With the moment since when; the plan comes all the same."""
    asked, plan = RUNNING[:2]
    first = _event(Kind.WAITING, system="Kubernetes", since=900)
    waits = _fold(asked, first, _event(Kind.WAITING, system="Slack", since=2_500))
    assert (waits.state, waits.waiting_for, waits.waiting_since) == (State.REQUESTED, "Slack", 2_500)
    assert _fold(asked, first, plan).state is State.PLANNED
    with pytest.raises(IllegalMove):
        _fold(asked, plan, first)


def test_a_step_goes_from_running_to_holding_to_done() -> None:
    """The marks follow the events, and the next step becomes the current one."""
    assert _fold(*RUNNING).record.mark is Mark.RUNNING
    applied = _event(Kind.STEP_APPLIED, step=0, figures={"applied": True}, already=False, hold_until=9_000)
    assert _fold(*RUNNING, applied).record.mark is Mark.HOLDING
    done = _fold(*RUNNING, applied, _event(Kind.STEP_DONE, step=0, checks=[], figures={}, unverified=False))
    assert (done.step, done.steps[0].mark, done.touched) == (1, Mark.DONE, True)


def test_an_event_of_another_step_is_refused() -> None:
    """A late worker cannot finish a step that is not the current one."""
    with pytest.raises(IllegalMove):
        _fold(*RUNNING, _event(Kind.STEP_DONE, step=1, checks=[], figures={}, unverified=False))


def test_a_retry_begins_the_step_anew_and_a_skip_waives_its_check() -> None:
    """Both leave the step to do; only a skip marks the check as waived."""
    stop = _event(Kind.HALTED, step=0, code="check-failed", figures={}, checks=[], before=False, production={})
    halted = (*RUNNING, stop)
    assert _fold(*halted).record.mark is Mark.FAILED
    assert not _fold(*halted, _event(Kind.RETRIED, ALICE, step=0)).record.waived
    skipped = _fold(*halted, _event(Kind.SKIPPED, ALICE, step=0))
    assert (skipped.record.mark, skipped.record.waived) == (Mark.TO_DO, True)


def test_an_event_that_was_altered_no_longer_fits_its_chain() -> None:
    """The hash covers data, time, number and the hash before."""
    event = chained(RUNNING[0], seq=1, at=1_000, prev=GENESIS)
    later: Event = event.model_copy(update={"at": 1_001})
    forged: Event = event.model_copy(update={"data": {"request": {}}})
    assert verify([text_of(event)]) is None
    assert verify([text_of(event)], prev="1" * 64) is not None
    assert verify([text_of(later)]) is not None
    assert verify([text_of(forged)]) is not None
