"""What the store says when Redis is not there, loses everything, or loses an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from bot.domain.audit import verify
from bot.store import Store, StoreUnaccepted, StoreUnreadable, connect
from sandbox.redis import Redis as Server
from tests.integration.store.builders import REQUEST, command, move, planned_event, requested, running

Reach: TypeAlias = Callable[..., Store]


@pytest.fixture
def reach() -> Iterator[Reach]:
    """Stores on a server, with `connect`'s arguments; their connections are closed at the end."""
    with ExitStack() as opened:
        yield lambda server, **how: Store(opened.enter_context(connect(server.url, **how)))


def test_a_redis_that_is_away_or_hangs_is_unreadable_and_back_again(reach: Reach, tmp_path: Path) -> None:
    """Every verb says that it cannot read its own records, and works again without a new connection."""
    with Server(tmp_path) as server:
        patient = reach(server)
        patient.accept()
        rollback = running(patient)
        store = reach(server, timeout_s=0.2, retries=1)
        server.pause()
        with pytest.raises(StoreUnreadable):
            store.load(rollback.id)
        server.resume()
        assert store.load(rollback.id).rollback == rollback
        server.kill()
        verbs: list[Callable[[], object]] = [store.ping, store.now, store.epoch, store.accept, store.next_due]
        verbs += [
            lambda: store.holder("t"),
            lambda: store.note("n"),
            lambda: store.hand_out(members=["narrate:a"]),
            store.new_id,
        ]
        for ask in verbs:
            with pytest.raises(StoreUnreadable):
                ask()
        server.start()
        assert store.load(rollback.id).rollback == rollback


def test_nothing_acknowledged_is_lost_when_redis_dies_in_the_middle(reach: Reach, tmp_path: Path) -> None:
    """SIGKILL while four writers write as fast as they can, three times: whatever was answered is there afterwards."""
    with Server(tmp_path) as server:
        reach(server).accept()
        acknowledged: list[tuple[str, int]] = []
        stop = threading.Event()

        def write() -> None:
            store = reach(server, timeout_s=0.5, retries=1)
            while not stop.is_set():
                try:
                    rollback = store.create(REQUEST, command_id=command())[0]
                    acknowledged.append((rollback.id, 1))
                    acknowledged.append((rollback.id, move(store, rollback.id, planned_event()).seq))
                except StoreUnreadable:
                    continue

        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write) for _ in range(4)]
            for _ in range(3):
                enough = len(acknowledged) + 40
                wait_until(partial(reached, acknowledged, enough))
                server.kill()
                server.start()
            stop.set()
        assert [writer.result() for writer in writers] == [None] * 4
        store = reach(server)
        for rollback_id, seq in acknowledged:
            assert store.load(rollback_id).rollback.seq >= seq
            assert verify(store.chain(rollback_id).lines) is None
        assert len(acknowledged) >= 120


def reached(acknowledged: Sequence[object], enough: int) -> bool:
    """Whether so many were acknowledged."""
    return len(acknowledged) >= enough


def wait_until(so: Callable[[], bool]) -> None:
    """Wait until it is so, at most half a minute."""
    deadline = time.monotonic() + 30
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_redis_that_comes_back_empty_is_refused_until_accepted(reach: Reach, tmp_path: Path) -> None:
    """Nothing is started on a store that forgot everything."""
    with Server(tmp_path) as server:
        store = reach(server)
        store.accept()
        snapshot = store.load(requested(store).id)
        server.restart_empty()
        with pytest.raises(StoreUnaccepted):
            store.create(REQUEST, command_id="a")
        with pytest.raises(StoreUnaccepted):
            store.transition(snapshot, [planned_event()], command_id="b")
        store.accept()
        assert store.create(REQUEST, command_id="a")[1] is True


def test_fences_of_an_accepted_store_are_above_those_of_the_lost_one(reach: Reach, tmp_path: Path) -> None:
    """Production's objects carry the lost store's fences: below them every worker would stop at its first claim."""
    with Server(tmp_path) as server:
        store = reach(server)
        fences: list[int] = []
        for _ in range(2):
            store.accept()
            for number in range(20):
                lease = store.lease(requested(store).id, owner=f"job-{number}")
                assert lease is not None
                fences.append(lease.fence)
            server.restart_empty()
    assert fences == sorted(set(fences))
