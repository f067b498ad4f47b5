"""Histories in Redis: written over what was read, by the store's rules."""

from __future__ import annotations

import pytest
from redis import Redis

from bot.domain.sightings import History
from bot.store import Store, StoreFull, StoreUnaccepted, keys
from bot.store.revisions import NoHistory
from tests.unit.revisions.builders import GOOD_MS, looked, rolling, sighting

SERVICE = "game-server"
FIRST = looked((0, sighting("v1", 1, number=1)), (GOOD_MS, sighting("v1", 1, number=1)))
SECOND = looked((GOOD_MS + 1, rolling("v2", 2)), history=FIRST)


def test_a_history_is_written_over_the_version_that_was_read(store: Store) -> None:
    """The second of two writers from the same version is told so; a repeated write is not."""
    assert (store.revisions(SERVICE).history, store.revisions(SERVICE).version) == (History(), 0)
    assert store.put_revisions(SERVICE, FIRST, version=0) is True
    assert store.put_revisions(SERVICE, FIRST, version=0) is True
    assert store.put_revisions(SERVICE, SECOND, version=0) is False
    assert store.put_revisions(SERVICE, SECOND, version=1) is True
    kept = store.revisions(SERVICE)
    assert (kept.history, kept.version) == (SECOND, 2)
    assert abs(store.now() - kept.now) < 60_000
    assert store.revisions("another").history == History()


def test_a_store_that_nobody_accepted_keeps_none(redis: Redis) -> None:
    """Neither written nor read: it may be another store than the one that people mean."""
    store = Store(redis)
    with pytest.raises(StoreUnaccepted):
        store.put_revisions(SERVICE, FIRST, version=0)
    with pytest.raises(StoreUnaccepted):
        store.revisions(SERVICE)
    store.accept()
    assert store.put_revisions(SERVICE, FIRST, version=0) is True


def test_the_room_that_is_given_back_is_not_for_the_ledger(store: Store) -> None:
    """While Redis is nearly full nothing is added, and what was kept can be read."""
    store.put_revisions(SERVICE, FIRST, version=0)
    store.give_reserve_back()
    with pytest.raises(StoreFull):
        store.put_revisions(SERVICE, SECOND, version=1)
    assert store.revisions(SERVICE).history == FIRST


@pytest.mark.parametrize("text", ["", "{", '{"revisions": [{"number": "twelve"}]}', '{"of": "a newer version"}'])
def test_what_is_no_history_is_not_written_over(store: Store, redis: Redis, text: str) -> None:
    """Whoever reads it is told which key it is, and that nothing was changed."""
    redis.hset(keys.revisions(SERVICE), mapping={"value": text, "version": "7"})
    with pytest.raises(NoHistory, match="rollback:revisions:game-server"):
        store.revisions(SERVICE)
