"""A step that ends every worker that touches it: after a while a person is called instead of the next worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from bot.domain.rollback import State
from bot.store import Store, keys
from jobs import runner
from sandbox.redis import Redis as Server
from tests.integration.engine import office, small
from tests.integration.engine.small import Crash, World
from tests.integration.store.builders import due_members


def test_a_step_that_ends_every_worker_is_halted(server: Server, redis: Redis, store: Store, tmp_path: Path) -> None:
    """Eight workers go away without a word; the ninth halts, nothing was repeated, and Retry is a person's choice."""
    world = World()
    house = small.house(store, world, office.catalog("bench"), url=server.url, folder=tmp_path)
    office.introduce(store, office.ASKER, office.FIRST, office.SECOND)
    rollback_id = small.approved(house, "bench", number=0)
    for _ in range(runner.MOST_DEATHS):
        world.crash_at = "claim"
        with pytest.raises(Crash):
            runner.advance(house, rollback_id)
        redis.hset(keys.lease(rollback_id), "until", "1")  # Eight seconds pass.
    runner.advance(house, rollback_id)
    rollback = store.load(rollback_id).rollback
    assert rollback.state is State.HALTED
    assert rollback.last["code"] == "workers-died"
    assert world.effects == []
    assert store.holder(small.SHARED) == rollback_id
    assert keys.advance(rollback_id) not in due_members(store)
