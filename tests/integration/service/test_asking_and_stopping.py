"""Asking, withdrawing, aborting, retrying, skipping and annotating: who may, when, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from bot import service
from bot.domain.events import Kind
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request, Rollback, State
from bot.store import connect
from sandbox.redis import Redis as Server
from tests.integration.service.builders import (
    ASKER,
    ELSEWHERE,
    FIRST,
    GUEST,
    SECOND,
    SERVICE,
    STRANGER,
    Office,
    command,
)
from tests.integration.store.builders import due_members


def wanted(by: Person = ASKER, **changes: str) -> Request:
    """A request of the shipped service's canary."""
    return Request.model_validate({"service": SERVICE, "strategy": "canary", "by": by, "channel": "C1", **changes})


def code_of(act: Callable[[], object]) -> Code:
    """The code with which something is refused."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal.code


def test_a_request_is_stored_and_due(work: Office) -> None:
    """After the answer the rollback exists, is due for planning and for narrating."""
    rollback = service.request(work.desk, wanted(), command_id=command())
    assert work.store.load(rollback.id).rollback.state is State.REQUESTED
    assert set(due_members(work.store)) >= {f"advance:{rollback.id}", f"narrate:{rollback.id}"}


def test_the_same_command_is_one_request(work: Office) -> None:
    """A repeated delivery of one command gives the same rollback."""
    once = command()
    first = service.request(work.desk, wanted(), command_id=once)
    assert service.request(work.desk, wanted(), command_id=once).id == first.id
    assert len(work.store.open_rollbacks()) == 1


def test_a_second_plan_may_wait_beside_the_first(work: Office) -> None:
    """Planning is free: only a rollback that changes something refuses another."""
    work.planned()
    assert service.request(work.desk, wanted(), command_id=command()).state is State.REQUESTED


@pytest.mark.parametrize("state", ["running", "halted"])
def test_a_rollback_under_way_refuses_another(work: Office, state: str) -> None:
    """The refusal names the rollback that is changing the service, and how far it is."""
    under_way: Rollback = getattr(work, state)()
    with pytest.raises(Refused) as caught:
        service.request(work.desk, wanted(), command_id=command())
    figures = caught.value.refusal.figures
    assert (figures["id"], figures["state"], figures["steps"]) == (under_way.id, under_way.state, 2)


def test_people_who_are_no_full_members_cannot_ask(work: Office) -> None:
    """A known guest and somebody of another workspace are refused; nothing is stored."""
    work.known(GUEST, full=False)
    assert code_of(lambda: service.request(work.desk, wanted(GUEST), command_id=command())) is Code.NOT_A_MEMBER
    assert code_of(lambda: service.request(work.desk, wanted(ELSEWHERE), command_id=command())) is Code.NOT_A_MEMBER
    assert work.store.open_rollbacks() == []


def test_old_knowledge_of_a_person_does_not_decide(work: Office) -> None:
    """A guest of an hour ago may be a member now: planning looks them up."""
    work.known(GUEST, full=False, age_ms=3_600_000)
    assert service.request(work.desk, wanted(GUEST), command_id=command()).state is State.REQUESTED


def test_an_unknown_service_is_refused(work: Office) -> None:
    """A name the catalog does not have."""
    act = lambda: service.request(work.desk, wanted(service="shop"), command_id=command())  # noqa: E731 - one call to refuse
    assert code_of(act) is Code.UNKNOWN_SERVICE


def test_the_requester_withdraws(work: Office) -> None:
    """Cancel while planning, withdraw while waiting; somebody else may do neither."""
    for rollback in (work.requested(), work.planned()):
        act = lambda id_=rollback.id: service.withdraw(work.desk, id_, person=FIRST, why="", command_id=command())  # noqa: E731 - as above
        assert code_of(act) is Code.NOT_REQUESTER
        assert (
            service.withdraw(work.desk, rollback.id, person=ASKER, why="", command_id=command()).state is State.ABORTED
        )


@pytest.mark.parametrize("person", [ASKER, FIRST], ids=["requester", "approver"])
def test_abort_asks_the_runner(work: Office, person: Person) -> None:
    """What runs is asked to stop: the state stays, the runner is due, and a second asking is told so."""
    rollback = work.running()
    after = service.abort(work.desk, rollback.id, person=person, command_id=command())
    assert (after.state, after.abort_by) == (State.RUNNING, person)
    assert f"advance:{rollback.id}" in due_members(work.store)
    act = lambda: service.abort(work.desk, rollback.id, person=person, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.STALE_BUTTON


def test_an_outsider_cannot_abort(work: Office) -> None:
    """Stopping half way is a decision too."""
    rollback = work.running()
    act = lambda: service.abort(work.desk, rollback.id, person=STRANGER, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.NOT_APPROVER


def test_a_halted_rollback_is_asked_to_abort(work: Office) -> None:
    """The runner claims before it ends a halted rollback, so the verb only asks."""
    rollback = work.halted()
    assert service.abort(work.desk, rollback.id, person=SECOND, command_id=command()).abort_by == SECOND


def test_an_approvers_abort_of_a_plan_is_a_no(work: Office) -> None:
    """`/rollback abort` by an approver before the start ends it as a rejection; after the end it is too late."""
    rollback = work.planned()
    assert service.abort(work.desk, rollback.id, person=FIRST, command_id=command()).state is State.REJECTED
    act = lambda: service.abort(work.desk, rollback.id, person=FIRST, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.TOO_LATE


def test_retry_goes_on_once(work: Office) -> None:
    """A double click on Retry retries once; a click from before the present halt decides nothing."""
    rollback = work.halted()
    again = service.retry(work.desk, rollback.id, seq=rollback.seq, person=ASKER, command_id=command())
    assert again.state is State.RUNNING
    act = lambda: service.retry(work.desk, rollback.id, seq=rollback.seq, person=ASKER, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.STALE_BUTTON
    work.halt(again)
    assert code_of(act) is Code.STALE_BUTTON


def test_skip_is_an_approvers_choice(work: Office) -> None:
    """The requester alone may not waive a check; an approver may."""
    rollback = work.halted()
    work.members(FIRST, SECOND)
    act = lambda: service.skip(work.desk, rollback.id, seq=rollback.seq, person=ASKER, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.NOT_APPROVER
    skipped = service.skip(work.desk, rollback.id, seq=rollback.seq, person=FIRST, command_id=command())
    assert (skipped.state, skipped.record.waived) == (State.RUNNING, True)


def test_only_a_failed_check_can_be_skipped(work: Office) -> None:
    """An effect that was refused is no check: there is nothing to waive."""
    rollback = work.halted(code="missing-right")
    act = lambda: service.skip(work.desk, rollback.id, seq=rollback.seq, person=FIRST, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.STALE_BUTTON


def test_after_a_quarter_of_an_hour_one_person_no_longer_carries_it_on(work: Office) -> None:
    """The approvals lapse: neither Retry nor Skip goes on, and aborting stays possible."""
    halted = work.halted(work.plan(work.requested(), expires_s=0))
    for verb in (service.retry, service.skip):
        with pytest.raises(Refused) as caught:
            verb(work.desk, halted.id, seq=halted.seq, person=FIRST, command_id=command())
        refusal = caught.value.refusal
        assert (refusal.code, refusal.figures["why"]) == (Code.STALE_BUTTON, "approvals-lapsed")
    assert work.store.load(halted.id).rollback.state is State.HALTED
    assert service.abort(work.desk, halted.id, person=FIRST, command_id=command()).abort_by == FIRST


def test_plan_again_asks_for_the_same_in_the_clickers_name(work: Office) -> None:
    """The new request carries what was wanted, who wants it now, and what it replaces."""
    old = service.withdraw(work.desk, work.planned().id, person=ASKER, why="", command_id=command())
    new = service.again(work.desk, old.id, person=FIRST, command_id=command())
    assert (new.request.by, new.request.replaces, new.request.reason) == (FIRST, old.id, "errors")
    act = lambda: service.again(work.desk, new.id, person=FIRST, command_id=command())  # noqa: E731 - as above
    assert code_of(act) is Code.STALE_BUTTON


def note(work: Office, rollback: Rollback, *, person: Person, text: str, seen: int | None = None) -> Rollback:
    """Write a cause."""
    return service.annotate(
        work.desk, rollback.id, what="cause", text=text, person=person, seen=seen, command_id=command()
    )


def test_a_cause_is_kept_with_its_writer(work: Office) -> None:
    """What people add is an event with their name; before the end there is nothing to add to."""
    rollback = work.ended()
    note(work, rollback, person=FIRST, text="nil guild")
    written = work.store.journal(rollback.id)[-1]
    assert (written.kind, written.by, written.data) == (Kind.ANNOTATED, FIRST, {"what": "cause", "text": "nil guild"})
    assert code_of(lambda: note(work, work.running(), person=FIRST, text="too soon")) is Code.STALE_BUTTON


def ticked(work: Office, rollback: Rollback, *, person: Person) -> Rollback:
    """Tick one box."""
    boxes = frozenset({"a1"})
    return service.tick(work.desk, rollback.id, seen=frozenset(), ticked=boxes, person=person, command_id=command())


def test_only_known_full_members_write_into_a_report(work: Office) -> None:
    """Nobody looks at an addition again, so a guest never gets in by being unknown; who is unknown is looked up."""
    rollback = work.ended()
    work.known(GUEST, full=False)
    for person, code in ((GUEST, Code.NOT_A_MEMBER), (ELSEWHERE, Code.NOT_A_MEMBER), (STRANGER, Code.UNREACHABLE)):
        assert code_of(partial(note, work, rollback, person=person, text="x")) is code
        assert code_of(partial(ticked, work, rollback, person=person)) is code
    assert work.kinds(rollback)[-1] is Kind.SUCCEEDED
    assert work.store.note("directory:wanted")[0] == {"ids": [STRANGER.id]}
    assert "directory:all" in due_members(work.store)
    work.known(STRANGER, full=True)
    assert note(work, rollback, person=STRANGER, text="nil guild").seq == rollback.seq + 1


@pytest.mark.parametrize("text", ["", "  ", "x" * 2_001])
def test_a_text_has_to_fit(work: Office, text: str) -> None:
    """Nothing and too much are refused."""
    rollback = work.ended()
    assert code_of(lambda: note(work, rollback, person=FIRST, text=text)) is Code.BAD_VALUE


def test_somebody_elses_newer_cause_is_not_written_over(work: Office) -> None:
    """The form was opened before somebody else saved: their text is shown, and nothing is lost."""
    rollback = work.ended()
    note(work, rollback, person=FIRST, text="theirs")
    with pytest.raises(service.NewerText) as caught:
        note(work, rollback, person=SECOND, text="mine", seen=rollback.seq)
    assert (caught.value.text, caught.value.by) == ("theirs", "first")


def test_a_tick_applies_what_changed_on_that_screen(work: Office) -> None:
    """Only the difference between what was seen and what is ticked is written."""
    rollback = work.ended()
    tick = {"rollback_id": rollback.id, "person": FIRST, "command_id": command()}
    service.tick(work.desk, **tick, seen=frozenset({"a1"}), ticked=frozenset({"a2"}))  # type: ignore[arg-type]  # one mapping of mixed values
    done = [(event.data["what"], event.data["id"]) for event in work.store.journal(rollback.id)[-2:]]
    assert done == [("done", "a2"), ("open", "a1")]


def test_two_open_rollbacks_are_both_named(work: Office) -> None:
    """`abort game-server` with two open ones aborts none and names both."""
    ids = {work.planned().id, work.planned().id}
    with pytest.raises(Refused) as caught:
        service.one_open(work.desk, SERVICE, command="abort")
    assert caught.value.refusal.code is Code.AMBIGUOUS
    assert {str(way).split()[-1] for way in caught.value.refusal.figures["candidates"] or ()} == ids  # type: ignore[union-attr]  # a list of texts


def test_a_store_nobody_accepted_is_refused(work: Office, server: Server) -> None:
    """An emptied store answers every verb with no, until an operator accepts it."""
    rollback = work.planned()
    with connect(server.url) as redis:
        assert redis.delete("rollback:epoch")
    assert code_of(lambda: service.request(work.desk, wanted(), command_id=command())) is Code.STORE_UNACCEPTED
    assert code_of(lambda: service.one(work.desk, rollback.id)) is Code.STORE_UNACCEPTED
