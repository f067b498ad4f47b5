"""Leases: one holder, rising fences, and a due time that finds a dead holder's rollback."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from bot.domain.events import Kind
from bot.store import Lease, LeaseLost, Store
from tests.integration.store.builders import command, due_members, event, move, requested, running


def granted(store: Store, rollback_id: str, *, owner: str, seconds: float = 8) -> Lease:
    """The lease, which must be free."""
    lease = store.lease(rollback_id, owner=owner, seconds=seconds)
    assert lease is not None
    return lease


def run_out(store: Store, lease: Lease) -> None:
    """Wait until the lease has run out by Redis' clock."""
    deadline = time.monotonic() + 5
    while store.now() <= lease.until:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def due_of(redis: Redis, member: str) -> int | None:
    """When a member is due."""
    score = redis.zscore("rollback:due", member)
    return None if score is None else int(float(score))


def test_one_owner_holds_a_lease_and_the_rollback_is_due_at_its_end(store: Store, redis: Redis) -> None:
    """A second owner gets nothing; whoever asks, somebody looks when the lease ends."""
    rollback = running(store)
    lease = granted(store, rollback.id, owner="job-1")

    assert store.lease(rollback.id, owner="job-2") is None
    assert due_of(redis, f"advance:{rollback.id}") == lease.until
    assert 7_000 < lease.until - store.now() <= 8_000


def test_the_same_owner_is_told_its_lease_again(store: Store) -> None:
    """A call whose answer was lost is repeated with the same fence."""
    rollback = running(store)

    assert granted(store, rollback.id, owner="job-1").fence == granted(store, rollback.id, owner="job-1").fence


def test_a_lease_that_ran_out_goes_to_the_next_with_a_higher_fence(store: Store) -> None:
    """The old holder's write and renewal are refused from then on, and even before somebody else takes over."""
    rollback = running(store)
    old = granted(store, rollback.id, owner="job-1", seconds=0.03)
    start = event(Kind.STEP_STARTED, step=0, attempt=1, fence=old.fence)
    run_out(store, old)
    with pytest.raises(LeaseLost):
        store.renew(old)
    with pytest.raises(LeaseLost):
        store.transition(store.load(rollback.id), [start], command_id=command(), lease=old)
    new = granted(store, rollback.id, owner="job-2")

    assert (new.taken_over, old.taken_over) == (True, False)
    assert new.fence > old.fence
    with pytest.raises(LeaseLost):
        store.transition(store.load(rollback.id), [start], command_id=command(), lease=old)
    store.release(old, head=rollback.head, due=None)
    assert store.renew(new).fence == new.fence


def test_fences_rise_over_all_rollbacks(store: Store) -> None:
    """One counter for the whole store, so that two rollbacks never write the same fence."""
    first, second = running(store), requested(store)
    one = granted(store, first.id, owner="a")
    two = granted(store, second.id, owner="b")
    store.release(one, head=first.head, due=None)

    three = granted(store, first.id, owner="c")
    assert one.fence < two.fence < three.fence
    assert three.taken_over is False


def test_renewing_moves_the_due_time_along_and_leaves_a_hold_alone(store: Store, redis: Redis) -> None:
    """The due time follows the lease only where the lease had put it."""
    rollback = running(store)
    member = f"advance:{rollback.id}"
    lease = store.renew(granted(store, rollback.id, owner="job-1", seconds=1))
    assert due_of(redis, member) == lease.until

    store.set_due(member, lease.until + 30_000)
    store.renew(lease)
    assert due_of(redis, member) == lease.until + 30_000


def test_release_sets_the_due_time_as_asked(store: Store, redis: Redis) -> None:
    """Nothing happened meanwhile: the holder knows best, and may say never."""
    rollback = running(store)
    member = f"advance:{rollback.id}"
    later = store.now() + 30_000
    store.release(granted(store, rollback.id, owner="a"), head=rollback.head, due=later)
    assert due_of(redis, member) == later

    store.release(granted(store, rollback.id, owner="b"), head=rollback.head, due=None)
    assert due_of(redis, member) is None


def test_release_after_the_head_moved_is_due_at_once_and_wakes(store: Store, redis: Redis) -> None:
    """A click that came during the run is looked at as soon as the run ends."""
    woken: list[str] = []
    waking = Store(redis, wake=woken.extend)
    rollback = running(store)
    lease = granted(store, rollback.id, owner="a")
    move(store, rollback.id, event(Kind.ABORT_ASKED))
    waking.release(lease, head=rollback.head, due=lease.until + 30_000)

    assert woken == [f"advance:{rollback.id}"]
    assert due_members(store, members=woken) == woken


def test_somebody_turned_away_is_looked_at_after_release(store: Store) -> None:
    """A job that found the lease taken, or a look asked for meanwhile, is not lost with the holder's own due time."""
    rollback = running(store)
    member = f"advance:{rollback.id}"
    for ask in (
        lambda: store.lease(rollback.id, owner="turned-away"),
        lambda: store.set_due(member, 0),
    ):
        lease = granted(store, rollback.id, owner=command())
        ask()
        store.release(lease, head=rollback.head, due=None)
        assert due_members(store, members=[member]) == [member]
