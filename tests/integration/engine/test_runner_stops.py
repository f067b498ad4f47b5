"""Where the runner stops, and what it says: refusals, silence, doubt, old stores, restless production."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from bot.catalog import Catalog
from bot.domain.model import JsonObject
from bot.domain.rollback import State
from bot.service import abort, retry
from bot.store import StoreUnaccepted
from bot.views.buttons import Action
from bot.views.card_buttons import offered
from jobs.phases.aftermath import watch_afterwards
from jobs.phases.carrying import carry_out
from jobs.phases.stopping import stumbled, wait_for_a_person
from jobs.phases.superseding import MOST
from tests.integration.engine.office import ASKER, FIRST
from tests.integration.engine.workbench import Bench, Odd, later, until
from tests.integration.store.builders import due_members

SHORT: JsonObject = {"deadline_s": 0}
"""A step whose deadline has passed as soon as it began."""


@pytest.mark.parametrize(
    ("failure", "code", "named"),
    [
        ("forbidden", "missing-right", "patch"),
        ("not-found", "object-gone", "folders production/alpha"),
        ("rejected", "rejected", "read-only"),
    ],
)
@pytest.mark.parametrize("place", ["look", "claim", "before", "settle", "check"])
def test_what_is_refused_for_good_halts_and_is_named(
    work: Bench, place: str, failure: str, code: str, named: str
) -> None:
    """Wherever in a step it is said: the missing verb, or the object, stands in the halt."""
    rollback = work.approved({})
    work.folder.prepare(place, failure)
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"]) == (State.HALTED, code)
    assert named in str(found.last["figures"])


@pytest.mark.parametrize("place", ["look", "claim", "before", "settle", "check"])
def test_silence_is_waited_for(work: Bench, place: str) -> None:
    """No answer now is asked again, and the step goes on."""
    rollback = work.approved({})
    work.folder.prepare(place, "away", "away")
    for _ in range(3):
        work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert work.folder.effects() == [f"{rollback}/0"]


@pytest.mark.parametrize("place", ["look", "claim", "before", "settle"])
@pytest.mark.parametrize("effect", ["cas", "unrepeatable"])
def test_silence_past_the_deadline_halts(work: Bench, place: str, effect: str) -> None:
    """A person is called, and told who does not answer."""
    rollback = work.approved({**SHORT, "effect": effect})
    work.folder.prepare(place, "always away")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"]) == (State.HALTED, "deadline")
    assert "The folder" in str(found.last["figures"])


@pytest.mark.parametrize("place", ["claim", "before"])
def test_a_write_that_is_never_answered_halts_as_ambiguous(work: Bench, place: str) -> None:
    """After five readings nobody knows more."""
    rollback = work.approved({})
    work.folder.prepare(place, "always ambiguous")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"]) == (State.HALTED, "ambiguous")


def test_an_error_nobody_foresaw_is_tried_again_and_assumes_nothing(work: Bench) -> None:
    """The state stands; a minute of it calls a person."""
    rollback = work.approved({})
    work.folder.prepare("look", "odd")
    work.advance(rollback)
    assert work.load(rollback).state is State.RUNNING
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED


def test_an_abort_of_an_object_made_anew_ends(work: Bench) -> None:
    """What is another object now cannot be written late by us: the abort does not wait for it."""
    rollback = work.approved({}, {})
    work.folder.prepare("settle", "rejected")
    work.advance(rollback)
    work.folder.prepare("claim", "moved")
    abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["touched"]) == (State.ABORTED, True)


def test_production_with_a_later_fence_makes_the_store_distrusted(work: Bench) -> None:
    """The store never gave that fence: it is older than production. The rollback halts, and nothing goes on."""
    rollback = work.approved({})
    work.folder.prepare("claim", "fenced")
    work.advance(rollback)
    with pytest.raises(StoreUnaccepted):
        work.load(rollback)
    assert '"kind":"halted"' in work.store.chain(rollback).lines[-1]
    with pytest.raises(StoreUnaccepted):
        work.ask({}, service="beta")
    assert work.folder.effects() == []


def test_a_store_that_cannot_be_read_ends_a_job_in_one_line(work: Bench, redis: Redis) -> None:
    """A key of another kind in the middle of it: no traceback, and nothing moved."""
    rollback = work.approved({})
    redis.delete("rollback:open")
    redis.set("rollback:open", "broken")
    before = work.load(rollback)
    work.advance(rollback)
    assert work.load(rollback).state in {before.state, State.RUNNING}


def test_a_rollback_that_is_not_there_is_not_due_any_more(work: Bench) -> None:
    """A member of `due` without a record is looked at once."""
    work.store.set_due("advance:rb-4711", 0)
    work.advance("rb-4711")
    assert "advance:rb-4711" not in due_members(work.store)


@pytest.mark.parametrize("broken", ["archive-unwritable"])
def test_nothing_is_destroyed_before_the_journal_is_kept(work: Bench, broken: str) -> None:
    """The archive does not take it: the rollback halts before the step, and goes on once it does."""
    archive = Path(work.environment["ROLLBACK_ARCHIVE"])
    rollback = work.approved({}, {**SHORT, "destructive": True})
    archive.write_text("a file where a folder belongs")
    work.advance(rollback)
    found = work.load(rollback)
    assert (found.state, found.last["code"], found.last["before"]) == (State.HALTED, broken, True)
    assert work.folder.effects() == [f"{rollback}/0"]
    archive.unlink()
    retry(work.house.desk, rollback, seq=found.seq, person=FIRST, command_id="retry-1")
    work.advance(rollback)
    assert work.load(rollback).state is State.SUCCEEDED
    assert any(archive.rglob("*.jsonl"))


def test_a_first_step_that_destroys_is_archived_first_too(work: Bench) -> None:
    """The start does not begin it: what comes before it comes first."""
    rollback = work.approved({"destructive": True})
    Path(work.environment["ROLLBACK_ARCHIVE"]).write_text("a file where a folder belongs")
    work.advance(rollback)
    assert work.folder.effects() == []
    assert work.load(rollback).record.attempt == 0


def test_production_that_keeps_moving_is_not_planned_for_ever(work: Bench) -> None:
    """Three new plans in a row, then an end that says what keeps moving."""
    (work.folder.path / "restless").touch()
    rollback = work.approved({})
    chain = [rollback]
    for _ in range(MOST + 3):
        work.advance(chain[-1])
        found = work.load(chain[-1])
        if found.state is State.PLANNED:
            work.approve(found.id)
            work.advance(found.id)
            found = work.load(found.id)
        if found.state is State.SUPERSEDED and found.last["successor"]:
            chain.append(str(found.last["successor"]))
    assert len(chain) == MOST + 1
    last = work.load(chain[-1])
    assert (last.last["successor"], last.last["in_a_row"]) == ("", MOST + 1)
    assert work.store.open_rollbacks() == []


def test_a_card_loses_its_buttons_when_the_approvals_lapse(work: Bench, redis: Redis) -> None:
    """The runner wakes at that moment and has the card made anew: Abort is left, Retry and Skip are gone."""
    rollback = work.approved({})
    work.folder.prepare("look", "rejected")
    work.advance(rollback)
    halted = work.load(rollback)
    assert halted.lapses_at is not None
    assert Action.RETRY in offered(halted, halted.lapses_at - 1)
    assert Action.RETRY not in offered(halted, halted.lapses_at)
    assert Action.ABORT in offered(halted, halted.lapses_at)
    work.advance(rollback)
    assert 0 < float(redis.zscore("rollback:due", f"advance:{rollback}") or 0) <= halted.lapses_at


def test_a_lapse_makes_the_narrator_due(work: Bench, redis: Redis) -> None:
    """Nothing is written at that moment, so the narrator is woken by name."""
    work = replace(work, house=replace(work.house, catalog=hasty(work.house.catalog)))
    rollback = work.approved({})
    work.folder.prepare("look", "rejected")
    work.advance(rollback)
    lapses_at = work.load(rollback).lapses_at
    assert lapses_at is not None
    redis.zrem("rollback:due", f"narrate:{rollback}")
    until(lambda: work.store.now() > lapses_at, what="the lapse")
    work.advance(rollback)
    assert redis.zscore("rollback:due", f"narrate:{rollback}") is not None


def hasty(catalog: Catalog) -> Catalog:
    """The catalog with approvals that lapse after a second."""
    changed = {
        name: service.model_copy(update={"approval": service.approval.model_copy(update={"expires_s": 1})})
        for name, service in catalog.services.items()
    }
    return Catalog(services=changed)


@pytest.mark.parametrize(("seconds", "state"), [(1, State.RUNNING), (61, State.HALTED)])
def test_what_nobody_foresaw_calls_a_person_after_a_minute(work: Bench, seconds: int, state: State) -> None:
    """Not before: most of it passes by itself."""
    rollback = work.approved({})
    work.folder.prepare("look", "odd")
    work.advance(rollback)
    stumbled(later(work, rollback, seconds=seconds), Odd("nobody thought of this"))
    found = work.load(rollback)
    assert found.state is state
    assert seconds == 1 or found.last["code"] == "unforeseen"


@pytest.mark.parametrize(("seconds", "state"), [(1, State.RUNNING), (31, State.HALTED)])
def test_a_check_that_cannot_be_made_calls_a_person_after_half_a_minute(
    work: Bench, seconds: int, state: State
) -> None:
    """A check that is blind for a moment is made again; one that stays blind is no pass."""
    rollback = work.approved({}, {})
    work.folder.prepare("check", "away", "away")
    work.advance(rollback)
    carry_out(later(work, rollback, seconds=seconds))
    found = work.load(rollback)
    assert (found.state, found.step) == (state, 0)
    assert seconds == 1 or "The folder" in str(found.last["figures"])


def forgetful(work: Bench) -> Bench:
    """The same worker, started anew with a catalog from which every service was taken."""
    return replace(work, house=replace(work.house, catalog=Catalog(services={})))


@pytest.mark.parametrize("halted", [False, True])
def test_an_abort_ends_even_what_the_catalog_forgot(work: Bench, halted: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The service was taken out of the catalog in the middle: its requester can still end it, and frees its targets."""
    rollback = work.approved({}, {})
    work.folder.prepare("settle", "rejected" if halted else "away")
    work.advance(rollback)
    assert work.load(rollback).state is (State.HALTED if halted else State.RUNNING)
    after = forgetful(work)
    abort(after.house.desk, rollback, person=ASKER, command_id="abort-1")
    if not halted:
        stumbled(later(after, rollback, seconds=61), Odd("no such service"))
        work.forget_lease(rollback)
    wait_for_a_person(later(after, rollback, seconds=61))
    found = work.load(rollback)
    assert (found.state, found.touched) == (State.ABORTED, True)
    assert work.store.held() == frozenset()


def test_a_halt_that_the_catalog_forgot_still_ends_after_a_day(work: Bench) -> None:
    """Nobody answers, and the service is in no catalog any more: it has failed all the same."""
    rollback = work.approved({})
    work.folder.prepare("look", "rejected")
    work.advance(rollback)
    wait_for_a_person(later(forgetful(work), rollback, seconds=86_401))
    assert work.load(rollback).state is State.FAILED


@pytest.mark.parametrize("failure", ["odd", "unreadable-fence"])
def test_an_abort_that_stumbles_ends_all_the_same(work: Bench, failure: str) -> None:
    """An error nobody foresaw, or a fence that is no number: after half a minute the abort ends, and claims nothing."""
    rollback = work.approved({})
    work.folder.prepare("look", "rejected")
    work.advance(rollback)
    work.folder.prepare("claim", f"always {failure}")
    abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.advance(rollback)
    assert work.load(rollback).state is State.HALTED
    wait_for_a_person(later(work, rollback, seconds=31))
    found = work.load(rollback)
    assert (found.state, found.touched) == (State.ABORTED, True)


def test_one_stumble_late_in_a_rollback_calls_nobody(work: Bench) -> None:
    """What counts is how long it stumbles, not how long ago the rollback began."""
    rollback = work.approved({"hold_s": 600}, {})
    work.advance(rollback)
    turn = later(work, rollback, seconds=1)
    begun = turn.rollback.model_copy(update={"started_at": turn.now() - 600_000, "step": 1})
    stumbled(replace(turn, snapshot=turn.snapshot.moved(begun)), Odd("nobody thought of this"))
    assert work.load(rollback).state is State.RUNNING


@pytest.mark.parametrize("ends", ["aborted", "failed", "succeeded"])
def test_every_end_after_work_has_its_journal_kept(work: Bench, redis: Redis, ends: str) -> None:
    """Soon, by a job of its own, and the runner waits for nobody."""
    rollback = work.approved({})
    work.folder.prepare("look", *([] if ends == "succeeded" else ["rejected"]))
    work.advance(rollback)
    if ends == "failed":
        wait_for_a_person(later(work, rollback, seconds=86_401))
    if ends == "aborted":
        abort(work.house.desk, rollback, person=ASKER, command_id="abort-1")
    work.forget_lease(rollback)
    work.advance(rollback)
    assert work.load(rollback).state == ends
    assert float(redis.zscore("rollback:due", f"keep:{rollback}") or 0) > 0
    work.house.archive.keep_ended(rollback)
    assert work.house.archive.place.names(f"heads/{rollback}/")
    assert redis.zscore("rollback:due", f"keep:{rollback}") is None


def test_a_watch_that_cannot_be_judged_ends_as_unknown(work: Bench) -> None:
    """The service was taken out of the catalog while it was watched: five minutes later the answer is "not known"."""
    rollback = work.approved({})
    work.advance(rollback)
    found = work.load(rollback)
    assert found.watch_until is not None
    turn = later(forgetful(work), rollback, seconds=(found.watch_until - work.store.now()) // 1000 + 301)
    watch_afterwards(turn)
    found = work.load(rollback)
    assert (found.watched, found.normal) == (True, False)
