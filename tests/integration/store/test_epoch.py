"""The epoch: a store that is not the one it was refuses, says why, and gives what was open an end once accepted."""

from __future__ import annotations

import pytest
from redis import Redis

from bot import service
from bot.domain.audit import verify
from bot.domain.events import Kind
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Rollback, State
from bot.store import Busy, Conflict, NoSuchRollback, Store, StoreUnaccepted
from tests.integration.service.builders import FIRST, office
from tests.integration.store.builders import (
    JOON,
    MINA,
    REQUEST,
    TARGETS,
    approved,
    command,
    due_members,
    event,
    move,
    planned,
    requested,
    running,
)


def accepted_anew(store: Store, why: str = "restored from a backup") -> None:
    """The store is distrusted, and an operator accepts it."""
    store.distrust(why)
    store.accept()


def halted(store: Store) -> Rollback:
    """A rollback that waits for a person."""
    stop = event(Kind.HALTED, step=0, code="check-failed", checks=[{"code": "p95"}])
    return move(store, running(store).id, stop)


def test_a_distrusted_store_refuses_and_says_why(store: Store) -> None:
    """Everything refuses from the same moment, with what was seen, until an operator accepts."""
    rollback = requested(store)
    assert store.distrust("production carries fence 99, this store never gave more than 7") is True
    for ask in (
        store.epoch,
        lambda: store.load(rollback.id),
        lambda: store.create(REQUEST, command_id=command()),
        lambda: store.lease(rollback.id, owner="a"),
        store.strays,
    ):
        with pytest.raises(StoreUnaccepted, match="production carries fence 99"):
            ask()
    epoch = store.accept()
    assert store.epoch() == epoch
    assert store.create(REQUEST, command_id=command())[1] is True


def test_a_new_store_says_that_it_carries_no_epoch(redis: Redis) -> None:
    """Nobody wrote down why: it is new, or was emptied."""
    with pytest.raises(StoreUnaccepted, match="new, was emptied or was failed over"):
        Store(redis).epoch()


def test_distrust_for_a_fence_that_this_store_gave_is_no_distrust(store: Store) -> None:
    """An operator accepted it after the object was read: the reader's late word changes nothing."""
    lease = store.lease(requested(store).id, owner="a")
    assert lease is not None
    assert store.fence() == lease.fence
    assert store.distrust("late", fence=lease.fence) is False
    assert store.epoch()
    assert store.distrust("ahead", fence=lease.fence + 1) is True


def test_fences_are_above_the_one_that_was_seen(store: Store) -> None:
    """The lost store's clock was ahead: production's fence is higher than this store's own time."""
    seen = store.now() + 10**9
    store.distrust("production is ahead", fence=seen)
    store.accept()
    lease = store.lease(requested(store).id, owner="a")

    assert lease is not None
    assert lease.fence > seen
    assert store.distrust("again", fence=seen) is False


@pytest.mark.parametrize("make", [requested, planned, approved])
def test_what_had_not_started_expires_when_adopted(store: Store, make: object) -> None:
    """Nothing was changed; its reservation is given back, and whoever wants it asks again."""
    assert callable(make)
    rollback: Rollback = make(store)
    accepted_anew(store)
    assert [stray.id for stray in store.strays()] == [rollback.id]
    adopted = store.adopt(rollback.id, by=MINA)

    assert (adopted.state, adopted.last["code"]) == (State.EXPIRED, "store-accepted")
    assert (store.strays(), store.open_rollbacks()) == ([], [])
    assert store.held() == frozenset()
    assert verify(store.chain(rollback.id).lines) is None


@pytest.mark.parametrize("make", [running, halted])
def test_what_had_started_is_halted_for_a_person_when_adopted(store: Store, redis: Redis, make: object) -> None:
    """Its targets are reserved, anew where they were forgotten; the old lease carries nothing on."""
    assert callable(make)
    rollback: Rollback = make(store)
    old = store.lease(rollback.id, owner="before")
    accepted_anew(store)
    redis.delete("rollback:reserved")
    with pytest.raises(StoreUnaccepted):
        store.load(rollback.id)
    adopted = store.adopt(rollback.id, by=MINA)

    assert (adopted.state, adopted.last["code"]) == (State.HALTED, "store-accepted")
    assert adopted.halted_at is not None
    assert [store.holder(target) for target in TARGETS] == [rollback.id] * 2
    assert store.load(rollback.id).rollback == adopted
    assert verify(store.chain(rollback.id).lines) is None
    assert old is not None
    assert f"advance:{rollback.id}" in due_members(store)
    assert move(store, rollback.id, event(Kind.ABORTED, MINA)).state is State.ABORTED
    assert store.held() == frozenset()


def test_one_person_alone_does_not_carry_an_adopted_rollback_on(store: Store) -> None:
    """Neither Retry nor Skip: what was approved rested on records that were lost: it is approved anew."""
    work = office(store)
    rollback = work.halted()
    accepted_anew(store)
    adopted = store.adopt(rollback.id, by=MINA)
    for decide in (service.retry, service.skip):
        with pytest.raises(Refused) as no:
            decide(work.desk, adopted.id, seq=adopted.seq, person=FIRST, command_id=command())
        assert (no.value.refusal.code, no.value.refusal.figures["why"]) == (Code.STALE_BUTTON, "approvals-lapsed")
    assert store.load(adopted.id).rollback == adopted


def test_ids_go_on_after_those_that_are_known_elsewhere(store: Store, redis: Redis) -> None:
    """The archive and Slack know the rollbacks of the lost store by their ids: none is given twice."""
    for known, first in ((2040, "rb-2041"), (3, "rb-1001"), (0, "rb-1001")):
        redis.flushall()
        store.accept(known=known)
        assert requested(store).id == first


def test_a_halt_stays_readable_through_an_adoption(store: Store) -> None:
    """What its checks had seen is kept; why it stands now is that the store was accepted."""
    rollback = halted(store)
    accepted_anew(store)
    adopted = store.adopt(rollback.id, by=None)

    assert adopted.record.checks == rollback.record.checks
    assert store.journal(rollback.id)[-1].by is None


def test_a_stray_whose_target_was_taken_meanwhile_waits_for_that_one(store: Store, redis: Redis) -> None:
    """A rollback approved after the acceptance holds the target: nothing is written until it has ended."""
    stray = running(store)
    accepted_anew(store)
    redis.delete("rollback:reserved")
    newer = approved(store)
    with pytest.raises(Busy) as busy:
        store.adopt(stray.id, by=MINA)
    assert busy.value.holder == newer.id
    assert [one.id for one in store.strays()] == [stray.id]

    move(store, newer.id, event(Kind.REJECTED, JOON))
    assert store.adopt(stray.id, by=MINA).state is State.HALTED


def test_only_strays_are_adopted_and_only_once(store: Store) -> None:
    """What belongs to this store already, has ended, or is unknown, is left alone."""
    ended = move(store, requested(store).id, event(Kind.ABORTED, MINA))
    rollback = running(store)
    accepted_anew(store)
    mine = planned(store)
    store.adopt(rollback.id, by=MINA)
    for other in (rollback, ended, mine):
        with pytest.raises(Conflict):
            store.adopt(other.id, by=MINA)
    with pytest.raises(NoSuchRollback):
        store.adopt("rb-9999", by=MINA)
    assert len(store.journal(rollback.id)) == rollback.seq + 1


def test_a_stray_is_carried_on_by_nobody_before_it_is_adopted(store: Store) -> None:
    """Neither by its worker, nor by a click, nor by a lease that still stands."""
    rollback = running(store)
    snapshot = store.load(rollback.id)
    lease = store.lease(rollback.id, owner="worker")
    assert lease is not None
    accepted_anew(store)
    for ask in (
        lambda: store.renew(lease),
        lambda: store.lease(rollback.id, owner="worker"),
        lambda: store.transition(snapshot, [event(Kind.ABORT_ASKED, MINA)], command_id=command()),
        lambda: store.journal(rollback.id),
        lambda: store.trim(rollback.id, upto=1),
    ):
        with pytest.raises(StoreUnaccepted, match="accepted anew"):
            ask()
