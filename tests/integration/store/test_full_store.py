"""A Redis without room (noeviction): no new rollback is taken, and those that run go on to their end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from bot.domain.events import Kind
from bot.domain.rollback import State
from bot.store import Store, StoreFull, connect, keys
from bot.store.reserve import LEAST_BYTES, MARGIN_BYTES
from bot.store.wake import Waker
from sandbox.redis import Redis as Server
from tests.integration.store.builders import REQUEST, command, event, move, running

MOST = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Redis of 64 MB."""
    with Server(tmp_path_factory.mktemp("small")) as server:
        yield server


@pytest.fixture
def redis(small: Server) -> Iterator[Redis]:
    """A client of it, emptied."""
    with connect(small.url, timeout_s=5) as client:
        client.config_set("maxmemory", "0")
        client.flushall()
        client.config_set("maxmemory", str(MOST))
        yield client


@pytest.fixture
def raw(small: Server) -> Iterator[Redis]:
    """A client of it for RQ."""
    with connect(small.url, text=False) as client:
        yield client


def fill(redis: Redis, name: str, *, size: int = 256 * 1024) -> None:
    """Write junk until Redis takes no more of it."""
    for number in range(2 * MOST // size):
        try:
            redis.set(f"{name}:{number}", "x" * size)
        except OutOfMemoryError:
            return
    raise AssertionError("it never filled")


def used(redis: Redis) -> int:
    """Bytes that Redis counts against its limit."""
    return int(redis.info("memory")["used_memory"])


def finish(store: Store, rollback_id: str) -> State:
    """Carry a running rollback to its end as a worker does: lease, steps, notes, due times."""
    lease = store.lease(rollback_id, owner="worker-1")
    assert lease is not None
    for step in range(3):
        started = event(Kind.STEP_STARTED, step=step, attempt=1, fence=lease.fence)
        move(store, rollback_id, started, event(Kind.STEP_DONE, step=step, checks=[], figures={}))
        store.set_due(keys.advance(rollback_id), 0)
        store.hand_out()
        lease = store.renew(lease)
    assert store.mutex("narrate", owner="n", seconds=5)
    assert store.put_note("cursor", {"seq": 1}, version=store.note("cursor")[1])
    ended = move(store, rollback_id, event(Kind.SUCCEEDED))
    store.release(lease, head=ended.head, due=None)
    return ended.state


def test_a_full_store_refuses_new_rollbacks_and_finishes_running_ones(redis: Redis, raw: Redis) -> None:
    """Filled with junk: STORE_FULL with nothing stored; what runs ends, and is enqueued in the room given back."""
    store = Store(redis)
    store.accept()
    rollback = running(store)
    fill(redis, "junk")
    fill(redis, "crumb", size=64)
    names = set(redis.scan_iter("rollback:*"))
    for _ in range(2):  # First without room, then with the room that only those that run may use.
        with pytest.raises(StoreFull):
            store.create(REQUEST, command_id="one-too-many")
        assert set(redis.scan_iter("rollback:*")) <= names
    assert store.answered("one-too-many") is None
    store.set_due(keys.advance(rollback.id), 0)
    waker = Waker(raw, store)
    assert keys.advance(rollback.id) in waker()
    assert redis.llen("rq:queue:rollbacks") == 1
    assert finish(store, rollback.id) is State.SUCCEEDED


def test_a_store_full_to_the_last_byte_still_carries_what_runs(redis: Redis, raw: Redis) -> None:
    """Even the reserve is used up: every script of a running rollback writes, and a wake that fails is not lost."""
    store = Store(redis)
    store.accept()
    rollback = running(store)
    store.give_reserve_back()
    fill(redis, "junk")
    fill(redis, "crumb", size=64)
    store.set_due(keys.advance(rollback.id), 0)
    assert Waker(raw, store)() == []
    assert store.next_due() is not None
    assert finish(store, rollback.id) is State.SUCCEEDED


def test_a_wake_that_finds_no_room_takes_the_reserve(redis: Redis, raw: Redis) -> None:
    """Whoever meets the limit first gives the reserve back and goes on."""
    store = Store(redis)
    store.accept()
    rollback = running(store)
    store.set_due(keys.advance(rollback.id), 0)
    fill(redis, "junk")
    fill(redis, "crumb", size=64)

    assert keys.advance(rollback.id) in Waker(raw, store)()
    assert redis.exists(keys.RESERVE) == 0


def test_the_reserve_is_given_back_before_the_limit_and_made_again_with_room_to_spare(redis: Redis) -> None:
    """Tended by the watch process: near the limit it goes, and it does not come back while it would be near again."""
    store = Store(redis)
    store.accept()
    assert store.tend_reserve() is True
    redis.setrange("junk", MOST - MARGIN_BYTES // 2 - used(redis), "x")
    assert store.tend_reserve() is False
    assert redis.exists(keys.RESERVE) == 0
    assert store.tend_reserve() is False

    redis.delete("junk")
    assert store.tend_reserve() is True
    assert store.create(REQUEST, command_id=command())[1] is True


def test_a_redis_without_a_limit_keeps_the_reserve_as_well(redis: Redis) -> None:
    """A limit may be set while it runs."""
    redis.config_set("maxmemory", "0")
    store = Store(redis)
    store.accept()
    store.give_reserve_back()
    with pytest.raises(StoreFull):
        store.create(REQUEST, command_id=command())
    assert store.tend_reserve() is True


def test_a_store_that_is_full_can_be_accepted(redis: Redis) -> None:
    """An operator gets an epoch without the room for a reserve, so that what is open can be looked after."""
    fill(redis, "junk")
    fill(redis, "crumb", size=64)
    store = Store(redis)
    assert store.accept() == store.epoch()
    with pytest.raises(StoreFull):
        store.create(REQUEST, command_id=command())


def test_a_redis_that_is_too_small_is_named_with_the_mend(redis: Redis) -> None:
    """Below 36 MiB the reserve can never be made: no rollback is taken, and the text says how much is needed."""
    store = Store(redis)
    assert store.too_small() == ""
    redis.config_set("maxmemory", str(LEAST_BYTES - 1))
    store.accept()
    assert store.tend_reserve() is False
    assert "needs more than 36" in store.too_small()
    with pytest.raises(StoreFull):
        store.create(REQUEST, command_id=command())
