"""What the runner does about doubt, by the class of a step's effect; on real Redis, with production in a folder."""

from __future__ import annotations

import threading

import pytest

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.rollback import Mark, State
from bot.service import abort, retry
from tests.integration.engine.office import ASKER, FIRST
from tests.integration.engine.workbench import UNREPEATABLE, Bench, until

REPEATABLE: tuple[JsonObject, ...] = ({"effect": "cas"}, {"effect": "server-locked"}, {"effect": "convergent"})


def left(work: Bench, step: JsonObject, place: str) -> str:
    """A rollback of this step whose worker was gone when it came to `place`."""
    rollback = work.approved(step)
    work.folder.prepare(place, "gone")
    work.die(rollback)
    return rollback


def test_an_unrepeatable_step_is_done_once_and_its_intent_is_written_before(work: Bench) -> None:
    """The journal says that it is about to be done before it is done."""
    rollback = left(work, UNREPEATABLE, "before")
    assert work.load(rollback).record.figures["applying"] is True
    assert work.folder.effects() == []


def test_an_unrepeatable_step_runs_to_its_end_where_nothing_is_in_doubt(work: Bench) -> None:
    """One effect, and nobody is called."""
    rollback = work.approved(UNREPEATABLE, {})
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0", f"{rollback}/1"]


@pytest.mark.parametrize("place", ["look", "claim"])
def test_a_worker_that_dies_before_the_intent_leaves_no_doubt(work: Bench, place: str) -> None:
    """The next worker does the step."""
    rollback = left(work, UNREPEATABLE, place)
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0"]


def test_an_unrepeatable_step_in_doubt_halts_and_is_not_repeated(work: Bench) -> None:
    """A worker died between the intent and the effect: a person looks."""
    rollback = left(work, UNREPEATABLE, "before")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"]) == (State.HALTED, "ambiguous-once")
    assert work.folder.effects() == []


def test_a_person_who_looked_may_have_it_done(work: Bench) -> None:
    """Retry is a new attempt, and applies."""
    rollback = left(work, UNREPEATABLE, "before")
    work.advance(rollback)
    retry(work.house.desk, rollback, seq=work.load(rollback).seq, person=FIRST, command_id="retry-1")
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0"]


def test_an_effect_whose_record_was_lost_is_found_by_looking(work: Bench) -> None:
    """A worker died between the effect and its record: it is done, by this rollback, and said so."""
    rollback = left(work, UNREPEATABLE, "after")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.touched, found.steps[0].already) == (State.SUCCEEDED, True, False)
    assert work.folder.effects() == [f"{rollback}/0"]


def test_an_answer_that_is_not_known_halts_an_unrepeatable_step(work: Bench) -> None:
    """Sent, no answer, and nothing to be seen of it: it is not sent again."""
    rollback = work.approved(UNREPEATABLE)
    work.folder.prepare("before", "ambiguous")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"]) == (State.HALTED, "ambiguous-once")


def test_a_sure_no_takes_the_intent_back(work: Bench) -> None:
    """Where the system says that nothing was changed there is no doubt, and the step is tried again."""
    rollback = work.approved(UNREPEATABLE)
    work.folder.prepare("before", "away")
    work.advance(rollback)
    assert work.load(rollback).record.figures["applying"] is False
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0"]


def test_an_abort_says_that_something_may_have_been_done(work: Bench) -> None:
    """With an intent and no record "nothing was changed" is not known, and not said."""
    rollback = left(work, UNREPEATABLE, "before")
    work.advance(rollback)
    abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["touched"]) == (State.ABORTED, True)


@pytest.mark.parametrize("step", REPEATABLE, ids=lambda step: str(step["effect"]))
@pytest.mark.parametrize("place", ["claim", "before", "after", "settle"])
def test_a_repeatable_step_survives_the_death_of_its_worker(work: Bench, step: JsonObject, place: str) -> None:
    """Wherever it died, the next worker claims, looks, and does what is left: one effect."""
    rollback = left(work, step, place)
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0"]
    assert Kind.TAKEN_OVER in work.kinds(rollback)


@pytest.mark.parametrize("step", REPEATABLE, ids=lambda step: str(step["effect"]))
def test_a_write_whose_answer_was_lost_is_read_and_not_repeated(work: Bench, step: JsonObject) -> None:
    """It is recorded as this rollback's own effect."""
    rollback = work.approved(step)
    work.folder.prepare("after", "ambiguous")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.touched, found.steps[0].already) == (State.SUCCEEDED, True, False)
    assert work.folder.effects() == [f"{rollback}/0"]


def test_a_step_that_only_reads_claims_nothing(work: Bench) -> None:
    """Whoever looks needs no fence."""
    rollback = work.approved({"effect": "read"})
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert not (work.folder.path / "claims").exists()


def test_a_button_pressed_during_a_write_does_not_hide_the_effect(work: Bench) -> None:
    """Abort is pressed between the effect and its record: the effect is recorded as ours before the abort is heeded."""
    rollback = work.approved({}, {})
    work.folder.prepare("after", "wait")
    job = threading.Thread(target=work.advance, args=(rollback,))
    job.start()
    until(lambda: work.folder.waiting("after"), what="the write")
    abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.folder.release("after")
    job.join(timeout=20)
    found = work.load(rollback)
    assert (found.state, found.touched, found.steps[0].mark) == (State.ABORTED, True, Mark.DONE)


@pytest.mark.parametrize("effect", ["cas", "unrepeatable"])
def test_what_an_attempt_before_a_retry_did_is_no_no_op(work: Bench, effect: str) -> None:
    """The answer was lost and nobody could look: after Retry the effect is found, and it is this rollback's own."""
    rollback = work.approved({"effect": effect}, {"params": {"otherwise": True}})
    work.folder.prepare("after", "ambiguous")
    work.folder.prepare("claim", "pass", *["forbidden"] * (2 if effect == "unrepeatable" else 1))
    work.advance(rollback)
    halted = work.load(rollback)
    assert (halted.state, halted.touched, work.folder.effects()) == (State.HALTED, False, [f"{rollback}/0"])
    retry(work.house.desk, rollback, seq=halted.seq, person=FIRST, command_id="retry-1")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.touched, found.steps[0].already) == (True, False)
    assert (found.state, found.last["code"]) == (State.HALTED, "moved")


def test_an_abort_without_the_right_to_claim_still_looks(work: Bench) -> None:
    """The answer was lost, then the right was taken away: what was done is seen, and not called nothing."""
    rollback = work.approved({})
    work.folder.prepare("after", "ambiguous")
    work.folder.prepare("claim", "pass", "always forbidden")
    work.advance(rollback)
    assert work.load(rollback).touched is False
    abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.touched) == (State.ABORTED, True)
