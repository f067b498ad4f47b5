"""Every check of the create and transition scripts, and what they write."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from redis import Redis

from bot.domain.audit import verify
from bot.domain.events import Kind
from bot.domain.rollback import IllegalMove, State
from bot.store import (
    Busy,
    Conflict,
    LeaseLost,
    NoSuchRollback,
    QuorumMissing,
    Store,
    StoreUnaccepted,
    StoreUnreadable,
    TooLate,
)
from bot.store.records import Snapshot
from tests.integration.store.builders import (
    JOON,
    MINA,
    REQUEST,
    SORA,
    TARGETS,
    approved,
    command,
    due_members,
    event,
    move,
    planned,
    planned_event,
    requested,
    running,
)


def test_the_first_rollback_is_rb_1001(store: Store) -> None:
    """Ids count from 1001, whoever asks for them."""
    assert [requested(store).id, store.new_id(), requested(store).id] == ["rb-1001", "rb-1002", "rb-1003"]


def test_a_created_rollback_reads_back_equal(store: Store) -> None:
    """What was stored is what was asked, down to the last character."""
    rollback = requested(store)

    assert store.load(rollback.id).rollback == rollback
    assert rollback.request == REQUEST


def test_the_same_command_creates_one_rollback(store: Store) -> None:
    """Slack's own retry of a command finds the rollback it made, as it stands by now."""
    first, fresh = store.create(REQUEST, command_id="trigger-1")
    move(store, first.id, planned_event())
    again, fresh_again = store.create(REQUEST, command_id="trigger-1")

    assert (fresh, fresh_again) == (True, False)
    assert (again.id, again.state) == (first.id, State.PLANNED)
    assert [rollback.id for rollback in store.recent(None, 10)] == [first.id]
    assert store.new_id() == "rb-1002"


def test_an_id_that_is_taken_is_a_conflict(store: Store) -> None:
    """A second rollback under the same id does not replace the first."""
    store.create(REQUEST, command_id="a", rollback_id="rb-7")

    with pytest.raises(Conflict):
        store.create(REQUEST, command_id="b", rollback_id="rb-7")
    assert len(store.journal("rb-7")) == 1


def test_a_transition_writes_record_journal_and_due_together(store: Store) -> None:
    """One move is a new state, a new event and a new due time."""
    before = requested(store)
    later = store.now() + 60_000
    after = store.transition(
        store.load(before.id), [planned_event()], command_id=command(), due={f"advance:{before.id}": later}
    )

    assert after.state is State.PLANNED
    assert store.load(before.id).rollback == after
    assert [e.kind for e in store.journal(before.id)] == [Kind.REQUESTED, Kind.PLANNED]
    assert [e.seq for e in store.journal(before.id, after=1)] == [2]
    assert due_members(store) == [f"narrate:{before.id}"]
    assert store.next_due() is not None


def test_the_chain_of_hashes_holds_from_the_first_event(store: Store) -> None:
    """A journal read back verifies, and times never go back."""
    rollback = running(store)
    journal = store.journal(rollback.id)

    assert verify(store.chain(rollback.id).lines) is None
    assert [e.at for e in journal] == sorted(e.at for e in journal)


def test_a_head_that_moved_is_a_conflict(store: Store) -> None:
    """Two deciders from one snapshot: the second has to look again."""
    snapshot = store.load(requested(store).id)
    store.transition(snapshot, [planned_event()], command_id=command())

    with pytest.raises(Conflict):
        store.transition(snapshot, [event(Kind.ABORTED)], command_id=command())
    assert store.load(snapshot.rollback.id).rollback.state is State.PLANNED


def test_the_same_command_has_one_effect_even_when_the_head_has_moved(store: Store) -> None:
    """A repeated command is answered with the rollback as it stands and changes nothing."""
    snapshot = store.load(requested(store).id)
    store.transition(snapshot, [planned_event()], command_id="plan-1")
    rejected = move(store, snapshot.rollback.id, event(Kind.REJECTED, JOON))
    again = store.transition(snapshot, [planned_event()], command_id="plan-1")

    assert again == rejected
    assert len(store.journal(again.id)) == 3


def test_a_command_whose_answer_was_lost_is_answered_from_a_fresh_snapshot(store: Store) -> None:
    """Loading again makes the event illegal, but the command was done: that is its answer."""
    rollback = requested(store)
    store.transition(store.load(rollback.id), [planned_event()], command_id="plan-1")
    again = store.transition(store.load(rollback.id), [planned_event()], command_id="plan-1")

    assert again.state is State.PLANNED
    assert again.seq == 2


def test_a_command_id_of_another_rollback_is_refused(store: Store) -> None:
    """A command id is used once; the same one for another rollback does nothing."""
    first, second = requested(store), requested(store)
    store.transition(store.load(first.id), [planned_event()], command_id="plan-1")

    with pytest.raises(Conflict):
        store.transition(store.load(second.id), [planned_event()], command_id="plan-1")
    with pytest.raises(ValueError, match="needs an id"):
        store.transition(store.load(second.id), [planned_event()], command_id="")
    assert store.load(second.id).rollback == second


def test_an_illegal_move_sends_nothing(store: Store) -> None:
    """The pure fold refuses before Redis hears of it."""
    rollback = requested(store)

    with pytest.raises(IllegalMove):
        store.transition(store.load(rollback.id), [event(Kind.STARTED)], command_id="start")
    assert store.load(rollback.id).rollback == rollback


def test_events_that_would_not_read_back_are_refused(store: Store) -> None:
    """A number that is not finite, or a field of the wrong kind, never gets into a record."""
    rollback = running(store)

    with pytest.raises(ValueError, match="Out of range float"):
        move(store, rollback.id, event(Kind.HALTED, figures={"error": float("nan")}))
    with pytest.raises(ValidationError):
        move(store, rollback.id, event(Kind.SUCCEEDED, watch_until="tomorrow"))
    with pytest.raises(ValueError, match="at least one event"):
        move(store, rollback.id)
    assert store.load(rollback.id).rollback == rollback


def test_an_unknown_rollback_is_said_to_be_unknown(store: Store) -> None:
    """Loading, reading and moving what is not there say so."""
    snapshot = store.load(requested(store).id)
    gone = Snapshot(rollback=snapshot.rollback.model_copy(update={"id": "rb-9999"}), now=snapshot.now)

    for ask in (
        lambda: store.load("rb-9999"),
        lambda: store.journal("rb-9999"),
        lambda: store.lease("rb-9999", owner="a"),
        lambda: store.transition(gone, [planned_event()], command_id=command()),
    ):
        with pytest.raises(NoSuchRollback):
            ask()


def test_a_store_without_an_epoch_refuses_everything(store: Store, redis: Redis) -> None:
    """An emptied or failed-over store starts nothing, until an operator accepts it."""
    rollback = requested(store)
    lease = store.lease(rollback.id, owner="a")
    assert lease is not None
    snapshot = store.load(rollback.id)
    redis.delete("rollback:epoch")

    for ask in (
        store.epoch,
        store.new_id,
        store.open_rollbacks,
        lambda: store.recent("game-server", 5),
        lambda: store.create(REQUEST, command_id=command()),
        lambda: store.load(rollback.id),
        lambda: store.journal(rollback.id),
        lambda: store.transition(snapshot, [planned_event()], command_id=command()),
        lambda: store.lease(rollback.id, owner="b"),
        lambda: store.renew(lease),
    ):
        with pytest.raises(StoreUnaccepted):
            ask()


def test_an_open_rollback_of_another_epoch_is_refused_and_an_ended_one_is_history(store: Store, redis: Redis) -> None:
    """After a new acceptance, old work is not carried on, and old reports stay readable."""
    snapshot = store.load(requested(store).id)
    ended = move(store, requested(store).id, event(Kind.ABORTED, MINA))
    redis.delete("rollback:epoch")
    store.accept()

    with pytest.raises(StoreUnaccepted):
        store.load(snapshot.rollback.id)
    with pytest.raises(StoreUnaccepted):
        store.transition(snapshot, [planned_event()], command_id=command())
    with pytest.raises(StoreUnaccepted):
        store.open_rollbacks()
    assert move(store, ended.id, event(Kind.ANNOTATED, MINA, what="cause")).state is State.ABORTED


def test_accepting_twice_keeps_the_epoch(store: Store) -> None:
    """Acceptance is asked for only where the epoch is missing."""
    assert store.accept() == store.accept() == store.epoch()


def test_a_journal_that_ends_elsewhere_than_the_record_is_refused(store: Store, redis: Redis) -> None:
    """Somebody who changed the journal or the record by hand is noticed before anything is written."""
    rollback = requested(store)
    redis.xadd(f"rollback:journal:{rollback.id}", {"e": "{}"}, id="2-0")
    with pytest.raises(StoreUnreadable, match="journal ends at 2-0"):
        move(store, rollback.id, planned_event())
    redis.delete(f"rollback:journal:{rollback.id}")
    with pytest.raises(StoreUnreadable, match="journal ends at nothing"):
        move(store, rollback.id, planned_event())


def test_what_is_too_late_by_redis_clock_is_refused(store: Store) -> None:
    """not_after is judged by Redis' time, at the write."""
    rollback = planned(store)
    snapshot = store.load(rollback.id)

    with pytest.raises(TooLate):
        store.transition(snapshot, [event(Kind.REJECTED)], command_id=command(), not_after=snapshot.now - 1)
    on_time = store.transition(snapshot, [event(Kind.REJECTED)], command_id="b", not_after=snapshot.now + 60_000)
    assert on_time.state is State.REJECTED


def test_a_clock_that_is_off_is_read_anew(store: Store) -> None:
    """A snapshot whose clock is ten minutes wrong still writes Redis' own time."""
    snapshot = store.load(requested(store).id)
    wrong = Snapshot(rollback=snapshot.rollback, now=snapshot.now + 600_000)
    after = store.transition(wrong, [planned_event()], command_id=command())

    assert after.planned_at is not None
    assert 0 <= after.planned_at - snapshot.now < 2_000


def test_a_transition_under_a_lease_needs_the_lease(store: Store) -> None:
    """The holder may write; an owner with another fence, or another owner, may not."""
    rollback = running(store)
    lease = store.lease(rollback.id, owner="job-1")
    assert lease is not None
    start = event(Kind.STEP_STARTED, step=0, attempt=1, fence=lease.fence)
    snapshot = store.load(rollback.id)
    for wrong in (
        lease.__class__(rollback.id, "job-2", lease.fence, lease.until),
        lease.__class__(rollback.id, "job-1", lease.fence - 1, lease.until),
    ):
        with pytest.raises(LeaseLost):
            store.transition(snapshot, [start], command_id=command(), lease=wrong)

    assert store.transition(snapshot, [start], command_id=command(), lease=lease).seq == snapshot.rollback.seq + 1


def test_quorum_counts_people_who_said_yes_to_this_digest(store: Store) -> None:
    """One person twice, a yes to another digest and a need below one are no quorum."""
    rollback = planned(store)
    digest = rollback.digest
    snapshot = store.load(rollback.id)
    quorum = event(Kind.QUORUM, have=2, need=2)
    for approve, asked in (
        ((JOON.key, digest), (digest, 2)),
        ((JOON.key, "0" * 64), (digest, 1)),
        ((JOON.key, digest), (digest, 0)),
        ((JOON.key, "0" * 64), ("0" * 64, 1)),
    ):
        with pytest.raises(QuorumMissing):
            store.transition(snapshot, [quorum], command_id=command(), approve=approve, quorum=asked)
    move(store, rollback.id, event(Kind.APPROVED, JOON, digest=digest), approve=(JOON.key, digest))
    with pytest.raises(QuorumMissing) as missing:
        move(store, rollback.id, quorum, approve=(JOON.key, digest), quorum=(digest, 2))

    assert (missing.value.have, missing.value.need) == (1, 2)
    assert move(store, rollback.id, quorum, approve=(SORA.key, digest), quorum=(digest, 2)).state is State.APPROVED


def test_quorum_at_the_start_counts_only_fresh_members(store: Store) -> None:
    """An approver removed from the group no longer counts; an empty list counts nobody; a name twice counts once."""
    rollback = approved(store)
    snapshot, quorum = store.load(rollback.id), (rollback.digest, 2)
    start = [event(Kind.STARTED, have=2)]
    for counting in ([JOON.key], [], [JOON.key, JOON.key], [JOON.key, MINA.key]):
        with pytest.raises(QuorumMissing):
            store.transition(snapshot, start, command_id=command(), quorum=quorum, counting=counting)

    both = [JOON.key, SORA.key]
    assert store.transition(snapshot, start, command_id="go", quorum=quorum, counting=both).state is State.RUNNING


def test_reservations_are_taken_all_or_none(store: Store) -> None:
    """A second rollback that wants one reserved target gets none, and is told who has it."""
    first = approved(store)
    second = planned(store)
    rejected_targets = ("configmap/game-production/game-config", TARGETS[1])
    with pytest.raises(Busy) as busy:
        move(store, second.id, event(Kind.QUORUM), reserve=rejected_targets)

    assert (busy.value.target, busy.value.holder) == (TARGETS[1], first.id)
    assert store.holder(rejected_targets[0]) is None
    assert store.load(second.id).rollback.state is State.PLANNED


def test_a_terminal_state_gives_its_reservations_back_and_only_its_own(store: Store) -> None:
    """The end of a rollback frees its targets and takes it off the open ones."""
    first = approved(store)
    second = planned(store)
    move(store, second.id, event(Kind.QUORUM), reserve=["configmap/game-production/game-config"])
    assert {rollback.id for rollback in store.open_rollbacks()} == {first.id, second.id}
    move(store, first.id, event(Kind.REJECTED, JOON))

    assert [store.holder(target) for target in TARGETS] == [None, None]
    assert store.holder("configmap/game-production/game-config") == second.id
    assert [rollback.id for rollback in store.open_rollbacks("game-server")] == [second.id]
    assert store.open_rollbacks("another") == []
    assert [rollback.id for rollback in store.recent("game-server", 1)] == [second.id]


def test_release_gives_reservations_back_before_the_end(store: Store) -> None:
    """An open rollback may give its targets back, and take them again."""
    rollback = running(store)
    halted = event(Kind.HALTED, step=0)
    store.transition(store.load(rollback.id), [halted], command_id=command(), release=True)
    assert store.holder(TARGETS[0]) is None

    move(store, rollback.id, event(Kind.RETRIED, JOON, step=0), reserve=TARGETS)
    assert store.holder(TARGETS[0]) == rollback.id
