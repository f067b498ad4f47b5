"""Dual control: whose yes counts, for what, until when; and one no is enough."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot import service
from bot.domain.events import Kind, NewEvent
from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal, Refused
from bot.domain.rollback import Rollback, State
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
    TARGETS,
    THIRD,
    Office,
    command,
)
from tests.integration.store.builders import due_members


def yes(work: Office, rollback: Rollback, person: Person, *, digest: str = "", seq: int | None = None) -> Rollback:
    """One click on Approve."""
    return service.approve(
        work.desk,
        rollback.id,
        digest=digest or rollback.digest,
        seq=rollback.seq if seq is None else seq,
        person=person,
        command_id=command(),
    )


def refused(work: Office, rollback: Rollback, person: Person, *, digest: str = "", seq: int | None = None) -> Refusal:
    """One click on Approve that must not count, and must change nothing."""
    before = work.store.load(rollback.id).rollback
    with pytest.raises(Refused) as caught:
        yes(work, rollback, person, digest=digest, seq=seq)
    assert work.store.load(rollback.id).rollback == before
    return caught.value.refusal


def test_two_people_start_it_and_its_targets_are_reserved(work: Office) -> None:
    """The second yes brings the quorum, reserves every target, and the runner is due at once."""
    rollback = work.planned()
    assert yes(work, rollback, FIRST).state is State.PLANNED
    assert yes(work, rollback, SECOND).state is State.APPROVED
    assert work.kinds(rollback)[-3:] == [Kind.APPROVED, Kind.APPROVED, Kind.QUORUM]
    assert {work.store.holder(target) for target in TARGETS} == {rollback.id}
    assert f"advance:{rollback.id}" in due_members(work.store)


def test_the_requester_does_not_count(work: Office) -> None:
    """The requester is an approver, and is still told that somebody else has to."""
    refusal = refused(work, work.planned(), ASKER)
    assert refusal.code is Code.REQUESTER_EXCLUDED
    assert refusal.figures["need"] == 2


def test_a_double_click_counts_once(work: Office) -> None:
    """The second click of one person changes nothing and says since when the first one counts."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    refusal = refused(work, rollback, FIRST)
    assert refusal.code is Code.ALREADY_COUNTED
    assert refusal.figures["missing"] == 1


def test_a_click_after_the_quorum_says_that_it_counts(work: Office) -> None:
    """Whoever pressed Approve twice around the quorum learns that their yes is in."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    yes(work, rollback, SECOND)
    assert refused(work, rollback, SECOND).code is Code.ALREADY_COUNTED
    assert refused(work, rollback, THIRD).code is Code.TOO_LATE


@pytest.mark.parametrize("person", [STRANGER, ELSEWHERE], ids=["outsider", "same id in another workspace"])
def test_somebody_outside_the_group_does_not_count(work: Office, person: Person) -> None:
    """Identity is workspace and user: neither an outsider nor a namesake elsewhere is an approver."""
    assert refused(work, work.planned(), person).code is Code.NOT_APPROVER


def test_a_guest_in_the_group_does_not_count(work: Office) -> None:
    """Being listed is not enough: guests, bots and deactivated people are no full members."""
    work.members(FIRST, GUEST, full=False)
    assert refused(work, work.planned(), GUEST).code is Code.NOT_APPROVER


def test_an_empty_group_counts_nobody(work: Office) -> None:
    """An empty allow-list is not everybody."""
    work.members()
    assert refused(work, work.planned(), FIRST).code is Code.DIRECTORY_UNREADABLE


def test_a_stale_directory_counts_nobody_and_is_read_anew(work: Office) -> None:
    """A membership older than a minute counts nobody, and a refresh is asked for."""
    work.members(FIRST, SECOND, age_ms=61_000)
    assert refused(work, work.planned(), FIRST).code is Code.DIRECTORY_UNREADABLE
    assert "directory:all" in due_members(work.store)


def test_a_directory_never_read_counts_nobody(work: Office, server: Server) -> None:
    """Before the first refresh nobody is an approver."""
    with connect(server.url) as redis:
        assert redis.delete("rollback:note:directory:group:game-server-approvers")
    assert refused(work, work.planned(), FIRST).code is Code.DIRECTORY_UNREADABLE


def test_an_approver_who_left_does_not_help_the_quorum(work: Office) -> None:
    """A yes given by somebody who is no approver any more does not count towards the quorum."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    work.members(SECOND, THIRD)
    assert yes(work, rollback, SECOND).state is State.PLANNED
    assert yes(work, rollback, THIRD).state is State.APPROVED


def test_a_yes_to_another_plan_does_not_count(work: Office) -> None:
    """The digest on the button is not the digest of the plan that stands."""
    assert refused(work, work.planned(), FIRST, digest="0" * 64).code is Code.PLAN_CHANGED


def test_a_button_from_the_future_does_not_count(work: Office) -> None:
    """An event number that the journal has not reached was written by hand."""
    rollback = work.planned()
    assert refused(work, rollback, FIRST, seq=rollback.seq + 1).code is Code.STALE_BUTTON


def test_a_card_that_is_not_redrawn_yet_still_counts(work: Office) -> None:
    """The second approver's card may be older than the first yes: that is normal input."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    assert yes(work, rollback, SECOND, seq=rollback.seq).state is State.APPROVED


def test_an_expired_plan_cannot_be_approved(work: Office) -> None:
    """Expiry is judged at the click, whether or not anybody wrote it down yet."""
    refusal = refused(work, work.planned(expires_in_ms=0), FIRST)
    assert refusal.code is Code.TOO_LATE
    assert refusal.figures["state"] == State.EXPIRED


def test_a_superseded_plan_names_its_successor(work: Office) -> None:
    """A yes to a plan that was superseded is answered with where the new one stands."""
    rollback = work.planned()
    work.move(rollback, NewEvent(kind=Kind.SUPERSEDED, data={"moved": {"weight": [50, 30]}, "successor": "rb-2"}))
    refusal = refused(work, rollback, FIRST)
    assert refusal.code is Code.PLAN_CHANGED
    assert refusal.figures["successor"] == "rb-2"


def test_an_unknown_rollback_is_refused(work: Office) -> None:
    """A value naming a rollback that never was."""
    with pytest.raises(Refused) as caught:
        service.approve(work.desk, "rb-9", digest="0" * 64, seq=1, person=FIRST, command_id=command())
    assert caught.value.refusal.code is Code.UNKNOWN_ROLLBACK


def test_a_reserved_target_stops_the_last_yes(work: Office) -> None:
    """Two plans for the same targets: only one can have them, and the refusal names it."""
    ahead, behind = work.planned(), work.planned()
    yes(work, ahead, FIRST)
    yes(work, ahead, SECOND)
    yes(work, behind, FIRST)
    refusal = refused(work, behind, SECOND)
    assert refusal.code is Code.TARGET_BUSY
    assert refusal.figures["id"] == ahead.id


def test_many_clicks_at_once_bring_one_quorum(work: Office) -> None:
    """Sixty clicks by three people on eight threads: two yeses count, one quorum is written."""
    rollback = work.planned()

    def click(number: int) -> bool:
        try:
            yes(work, rollback, (FIRST, SECOND, THIRD)[number % 3])
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        counted = sum(threads.map(click, range(60)))
    assert counted == 2
    assert work.kinds(rollback).count(Kind.QUORUM) == 1
    assert work.store.load(rollback.id).rollback.state is State.APPROVED


def test_one_no_ends_it(work: Office) -> None:
    """One approver's no outweighs another's yes, and says why."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    after = service.reject(
        work.desk, rollback.id, digest=rollback.digest, person=SECOND, why="2 min away", command_id=command()
    )
    assert after.state is State.REJECTED
    assert after.last["why"] == "2 min away"


def test_a_no_after_the_quorum_still_ends_it(work: Office) -> None:
    """Until the runner starts, a veto stops it and gives the targets back."""
    rollback = work.planned()
    yes(work, rollback, FIRST)
    yes(work, rollback, SECOND)
    after = service.reject(work.desk, rollback.id, digest=rollback.digest, person=THIRD, why="", command_id=command())
    assert after.state is State.REJECTED
    assert work.store.holder(TARGETS[0]) is None


def test_yes_and_no_at_once_leave_one_story(work: Office) -> None:
    """The last yes races a no: whichever is first, the journal is legal and a no that counted has ended it."""
    for _ in range(10):
        rollback = work.planned()
        yes(work, rollback, FIRST)

        def no(rollback: Rollback = rollback) -> State:
            digest = rollback.digest
            return service.reject(
                work.desk, rollback.id, digest=digest, person=THIRD, why="", command_id=command()
            ).state

        def last(rollback: Rollback = rollback) -> State | None:
            try:
                return yes(work, rollback, SECOND).state
            except Refused as refusal:
                assert refusal.refusal.code is Code.TOO_LATE  # noqa: PT017 - either outcome is right, this one must say so
                return None

        with ThreadPoolExecutor(2) as threads:
            vetoed, approved = threads.submit(no), threads.submit(last)
        assert vetoed.result() is State.REJECTED
        assert approved.result() in {State.APPROVED, None}
        assert work.store.load(rollback.id).rollback.state is State.REJECTED


def test_a_no_by_an_outsider_is_refused(work: Office) -> None:
    """Only approvers may say no."""
    rollback = work.planned()
    with pytest.raises(Refused) as caught:
        service.reject(work.desk, rollback.id, digest=rollback.digest, person=STRANGER, why="", command_id=command())
    assert caught.value.refusal.code is Code.NOT_APPROVER
    assert work.store.load(rollback.id).rollback.state is State.PLANNED


def test_the_requesters_no_is_a_withdrawal(work: Office) -> None:
    """Reject pressed by the requester takes the request back: aborted, not rejected."""
    rollback = work.planned()
    after = service.reject(work.desk, rollback.id, digest=rollback.digest, person=ASKER, why="", command_id=command())
    assert after.state is State.ABORTED


def test_the_catalogs_service_is_the_tests_service(work: Office) -> None:
    """The shipped catalog keeps the requester out and asks for two people: what the tests above lean on."""
    policy = work.desk.service(SERVICE).policy()
    assert (policy.need, policy.requester_counts) == (2, False)
