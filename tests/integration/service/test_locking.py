"""Locks, deploy holds and bad versions, on the real store."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from redis import Redis

from bot.directory import Directory
from bot.domain.audit import verify
from bot.domain.events import Kind, NewEvent
from bot.domain.people import Person
from bot.domain.plan import Shown
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request, Rollback, State
from bot.domain.standing import Deed
from bot.service import after_rollback, lock, mark_good, request, standing, status, unlock
from bot.service.gates import require_good
from bot.store import Locked, Store, keys
from tests.integration.service.builders import (
    ASKER,
    FIRST,
    GUEST,
    PLAN,
    SECOND,
    SERVICE,
    STRANGER,
    Office,
    command,
)


def wanted(**changes: object) -> Request:
    """A request for a canary rollback."""
    asked = Request(service=SERVICE, strategy="canary", by=ASKER, channel="C1", reason="errors everywhere")
    return asked.model_copy(update=changes)


def refused(code: Code, refusal: pytest.ExceptionInfo[Refused]) -> dict[str, object]:
    """The figures of a refusal that has this code."""
    assert refusal.value.refusal.code is code
    return dict(refusal.value.refusal.figures)


def locked(work: Office, *, by: Person = FIRST, seconds: int | None = 7_200) -> None:
    """Lock the service."""
    lock(work.desk, SERVICE, person=by, reason="database move", seconds=seconds, command_id=command())


def ended(
    work: Office, kind: Kind = Kind.SUCCEEDED, *, error_share: float | None = 0.084, reason: str = ""
) -> Rollback:
    """A rollback that ended in this way, planned with this error share and asked for with this reason."""
    asked = work.store.create(wanted(reason=reason), command_id=command())[0]
    plan = PLAN.model_copy(update={"shown": {"error_share": Shown(value=error_share)}})
    policy = work.desk.service(SERVICE).policy().model_dump(mode="json")
    data = {"plan": plan.model_dump(mode="json"), "policy": policy, "expires_at": work.store.now() + 900_000}
    planned = work.move(asked, NewEvent(kind=Kind.PLANNED, data=data))
    return work.move(work.running(planned), NewEvent(kind=kind, data={"figures": {}, "production": {}}))


def test_a_lock_refuses_new_rollbacks_with_whose_why_and_until_when(work: Office) -> None:
    """The refusal names what a person needs to go on."""
    locked(work)

    with pytest.raises(Refused) as refusal:
        request(work.desk, wanted(), command_id=command())

    figures = refused(Code.LOCKED, refusal)
    assert (figures["by"], figures["reason"]) == ("@first", "database move")
    assert isinstance(figures["until"], int)
    assert 7_100_000 < figures["until"] - work.store.now() <= 7_200_000
    assert work.store.open_rollbacks() == []


def test_the_store_itself_refuses_what_was_locked_a_moment_ago(work: Office) -> None:
    """The check is part of the script that creates: no request slips through between looking and writing."""
    locked(work, seconds=None)

    with pytest.raises(Locked):
        work.store.create(wanted(), command_id=command())
    assert work.store.create(wanted(break_glass=True), command_id=command())[1]


def test_a_lock_leaves_running_rollbacks_and_successors_alone(work: Office) -> None:
    """It refuses new ones: a superseded rollback's successor was asked for before it."""
    rollback = work.running()
    locked(work)

    moved = work.move(rollback, NewEvent(kind=Kind.STEP_STARTED, data={"step": 0, "attempt": 1, "fence": 1}))
    successor = work.store.create(wanted(replaces=rollback.id), command_id=command(), rollback_id="rb-2000")[0]

    assert moved.state is State.RUNNING
    assert successor.id == "rb-2000"


def test_a_lock_runs_out_by_redis_clock(work: Office, redis: Redis) -> None:
    """Nobody has to lift what has an end."""
    locked(work, seconds=3_600)
    redis.hset(keys.standing(SERVICE), "locked_until", str(work.store.now() - 1))

    assert request(work.desk, wanted(), command_id=command()).state is State.REQUESTED


@pytest.mark.parametrize("broken", ["soon", "nan", "-"])
def test_a_lock_that_cannot_be_read_blocks(work: Office, redis: Redis, broken: str) -> None:
    """Not knowing is a no."""
    redis.hset(keys.standing(SERVICE), mapping={"locked_until": broken, "body": "{", "head": "x", "seq": "0"})

    with pytest.raises(Refused) as refusal:
        request(work.desk, wanted(), command_id=command())

    assert refused(Code.LOCKED, refusal)["why"] == "unreadable"
    assert work.store.open_rollbacks() == []


def test_somebody_elses_lock_stands_and_is_named(work: Office) -> None:
    """A second lock replaces nothing; whoever set the first may change it."""
    locked(work)

    with pytest.raises(Refused) as refusal:
        locked(work, by=SECOND)
    assert refused(Code.LOCKED, refusal)["why"] == "stands"

    again = lock(work.desk, SERVICE, person=FIRST, reason="longer", seconds=None, command_id=command())
    assert again.lock is not None
    assert (again.lock.reason, again.lock.until) == ("longer", None)


def test_two_locks_in_the_same_moment_leave_one(work: Office) -> None:
    """Whoever writes second is told whose stands."""
    for _ in range(20):
        start = Barrier(2)
        told: list[str] = []

        def press(person: Person, start: Barrier = start, told: list[str] = told) -> None:
            start.wait(timeout=5)
            try:
                locked(work, by=person)
            except Refused as said:
                told.append(said.refusal.code)
            else:
                told.append("done")

        threads = [Thread(target=press, args=(person,)) for person in (FIRST, SECOND)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
        assert sorted(told) == ["done", Code.LOCKED]
        unlock(work.desk, SERVICE, person=SECOND, command_id=command())
    assert verify(work.store.chain(f"ledger-{SERVICE}").lines) is None


def test_a_lock_that_is_to_last_too_long_is_refused_in_the_words_it_was_asked(work: Office) -> None:
    """In days, as it was typed, and with the most that is taken; no lock stands then."""
    with pytest.raises(Refused) as refusal:
        lock(work.desk, SERVICE, person=FIRST, reason="move", seconds=200 * 86_400, command_id=command())
    said = refused(Code.BAD_VALUE, refusal)
    assert (said["given"], said["allowed"]) == ("200d", ["30m", "2h", "90d at most"])
    assert standing(work.desk, SERVICE).standing.lock is None


def test_a_person_read_in_another_workspace_is_no_member_of_this_one(work: Office) -> None:
    """The same user id, and what is known of it is known of somebody else: a note's own workspace counts."""
    work.known(FIRST, full=True)
    elsewhere = FIRST.model_copy(update={"team": "T0ELSEWHERE"})
    _, version = work.store.note("directory:workspace")
    assert work.store.put_note("directory:workspace", {}, version=version)
    directory = Directory(work.store)
    assert directory.person(FIRST.team, FIRST.id) is not None
    known = directory.person(elsewhere.team, elsewhere.id)
    assert known is not None
    assert not known.full


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_lock_needs_a_reason(work: Office, reason: str) -> None:
    """Whoever it stops has to know why."""
    with pytest.raises(Refused) as refusal:
        lock(work.desk, SERVICE, person=FIRST, reason=reason, command_id=command())
    assert refused(Code.NO_REASON, refusal)["service"] == SERVICE


def test_only_full_members_lock_and_unlock(work: Office) -> None:
    """A guest is refused; somebody nobody knows is looked up first."""
    locked(work)
    work.known(GUEST, full=False)

    for person, code in ((GUEST, Code.NOT_A_MEMBER), (STRANGER, Code.UNREACHABLE)):
        with pytest.raises(Refused) as refusal:
            locked(work, by=person)
        refused(code, refusal)
        with pytest.raises(Refused) as refusal:
            unlock(work.desk, SERVICE, person=person, command_id=command())
        refused(code, refusal)
    assert standing(work.desk, SERVICE).standing.lock is not None


def test_a_command_repeated_is_answered_as_it_was(work: Office) -> None:
    """Slack sends a command again when its answer was lost: the second one decides nothing."""
    first = lock(work.desk, SERVICE, person=FIRST, reason="move", command_id="c-1")
    assert lock(work.desk, SERVICE, person=FIRST, reason="move", command_id="c-1") == first
    lifted = unlock(work.desk, SERVICE, person=SECOND, command_id="c-2")
    again = unlock(work.desk, SERVICE, person=SECOND, command_id="c-2")

    assert (lifted.lock, lifted.hold) == (again.lock, again.hold) == (True, False)
    assert [entry.kind for entry in work.store.ledger(SERVICE)] == [Deed.LOCKED, Deed.UNLOCKED]


def test_unlock_with_nothing_to_lift_says_so(work: Office) -> None:
    """It claims nothing that it did not do."""
    with pytest.raises(Refused) as refusal:
        unlock(work.desk, SERVICE, person=FIRST, command_id=command())
    refused(Code.NOT_LOCKED, refusal)


def test_a_lock_makes_open_cards_due(work: Office, store: Store) -> None:
    """Approvers see on the card that somebody said no."""
    rollback = work.planned()
    store.clear_due(f"narrate:{rollback.id}")
    locked(work)

    assert f"narrate:{rollback.id}" in [handed.member for handed in store.hand_out()]


def test_a_success_sets_the_hold_and_marks_the_version_it_left(work: Office) -> None:
    """The error share was over the limit, so the version is bad; however often it is said, it is written once."""
    rollback = ended(work)
    for _ in range(3):
        after_rollback(work.desk, rollback)

    now = standing(work.desk, SERVICE).standing
    assert now.hold is not None
    assert (now.hold.rollback_id, now.hold.version) == (rollback.id, "v2.0.5")
    assert now.bad["v2.1.0"].error_share == 0.084
    assert now.seq == 2


@pytest.mark.parametrize(
    ("kind", "error_share", "reason", "held", "bad"),
    [
        (Kind.SUCCEEDED, 0.001, "", True, False),
        (Kind.SUCCEEDED, None, "", True, False),
        (Kind.SUCCEEDED, 0.001, "players see wrong prices", True, True),
        (Kind.UNVERIFIED, 0.084, "errors", True, False),
        (Kind.FAILED, 0.084, "errors", False, False),
    ],
)
def test_what_an_end_says_about_the_versions(
    work: Office, kind: Kind, error_share: float | None, reason: str, *, held: bool, bad: bool
) -> None:
    """Only a success proves that the version which was left was the cause."""
    after_rollback(work.desk, ended(work, kind, error_share=error_share, reason=reason))

    now = standing(work.desk, SERVICE).standing
    assert (now.hold is not None, "v2.1.0" in now.bad) == (held, bad)


def test_a_hold_refuses_no_rollback_and_stays_released(work: Office) -> None:
    """It is advice to pipelines; once released, the rollback's aftermath does not set it again."""
    rollback = ended(work)
    after_rollback(work.desk, rollback)
    assert request(work.desk, wanted(), command_id=command()).state is State.REQUESTED

    lifted = unlock(work.desk, SERVICE, person=SECOND, command_id=command())
    after_rollback(work.desk, rollback)

    assert (lifted.lock, lifted.hold) == (False, True)
    assert standing(work.desk, SERVICE).standing.hold is None


def test_a_bad_version_is_not_gone_back_to_until_somebody_says_it_is_good(work: Office) -> None:
    """The refusal names the rollback that left it, and why."""
    rollback = ended(work)
    after_rollback(work.desk, rollback)

    with pytest.raises(Refused) as refusal:
        require_good(work.desk, SERVICE, "v2.1.0")
    figures = refused(Code.BAD_VERSION, refusal)
    assert (figures["marked_by"], figures["marked_share"]) == (rollback.id, 0.084)

    mark_good(work.desk, SERVICE, version="v2.1.0", person=FIRST, command_id=command())
    require_good(work.desk, SERVICE, "v2.1.0")
    with pytest.raises(Refused) as again:
        mark_good(work.desk, SERVICE, version="v2.1.0", person=FIRST, command_id=command())
    assert refused(Code.NOT_LOCKED, again)["why"] == "not-bad"
    assert status(work.desk, service=SERVICE)


def test_a_store_that_nobody_accepted_refuses_locks_too(work: Office, redis: Redis) -> None:
    """What stands in an emptied store is not known to be all that stood."""
    redis.delete(keys.EPOCH)
    for act in (lambda: locked(work), lambda: standing(work.desk, SERVICE)):
        with pytest.raises(Refused) as refusal:
            act()
        refused(Code.STORE_UNACCEPTED, refusal)


def test_a_ledger_changed_by_hand_takes_no_more_entries(work: Office, redis: Redis) -> None:
    """The head in the standing and the end of the stream must be the same entry."""
    locked(work)
    redis.xadd(keys.ledger(SERVICE), {"e": "{}"}, id="9-0")

    with pytest.raises(Refused) as refusal:
        unlock(work.desk, SERVICE, person=FIRST, command_id=command())
    refused(Code.STORE_UNREADABLE, refusal)
