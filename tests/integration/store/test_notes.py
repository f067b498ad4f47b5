"""Notes and mutexes."""

from __future__ import annotations

import time

from bot.store import Store


def test_a_note_is_written_over_the_version_that_was_read(store: Store) -> None:
    """The second of two writers from the same version is told so; a repeated write is not."""
    assert store.note("cursor") == (None, 0)
    assert store.put_note("cursor", {"seq": 1, "text": "漢"}, version=0) is True
    assert store.put_note("cursor", {"seq": 1, "text": "漢"}, version=0) is True
    assert store.put_note("cursor", {"seq": 2}, version=0) is False
    assert store.note("cursor") == ({"seq": 1, "text": "漢"}, 1)
    assert store.put_note("cursor", {"seq": 2}, version=1) is True
    assert store.note("cursor") == ({"seq": 2}, 2)


def test_a_mutex_has_one_owner_who_may_keep_it_and_give_it_back(store: Store) -> None:
    """Renewing is taking it again; somebody else's give-back does nothing."""
    assert store.mutex("narrator", owner="a", seconds=30) is True
    assert store.mutex("narrator", owner="a", seconds=30) is True
    store.unmutex("narrator", owner="b")
    assert store.mutex("narrator", owner="b", seconds=30) is False
    store.unmutex("narrator", owner="a")
    assert store.mutex("narrator", owner="b", seconds=30) is True


def test_a_mutex_runs_out(store: Store) -> None:
    """A dead owner's mutex is free after its time."""
    store.mutex("narrator", owner="a", seconds=0.03)
    deadline = time.monotonic() + 5
    while not store.mutex("narrator", owner="b", seconds=30):
        assert time.monotonic() < deadline
        time.sleep(0.005)
