"""Trimming: an ended rollback's journal lives in the archive, and the store keeps the end that the next event needs."""

from __future__ import annotations

import pytest

from bot.domain.events import Kind
from bot.domain.rollback import Rollback, State
from bot.store import Conflict, NoSuchRollback, Store
from tests.integration.store.builders import MINA, event, move, running


def ended(store: Store) -> Rollback:
    """A rollback with a journal of some length."""
    return move(store, running(store).id, event(Kind.SUCCEEDED))


def test_a_trimmed_journal_keeps_its_end_and_says_where_it_begins(store: Store) -> None:
    """The events above the given number stay; whoever loads the rollback is told."""
    rollback = ended(store)
    whole = store.journal(rollback.id)
    assert store.load(rollback.id).trimmed == 0

    assert store.trim(rollback.id, upto=3) == 3
    assert store.journal(rollback.id) == whole[3:]
    assert store.load(rollback.id).trimmed == 3
    assert store.load(rollback.id).rollback == rollback


def test_the_last_event_always_stays_and_the_next_is_chained_to_it(store: Store) -> None:
    """However much is asked for: a cause is written down afterwards."""
    rollback = ended(store)
    assert store.trim(rollback.id, upto=1_000) == rollback.seq - 1
    assert [known.seq for known in store.journal(rollback.id)] == [rollback.seq]

    told = move(store, rollback.id, event(Kind.ANNOTATED, MINA, what="cause", text="a leak"))
    assert told.seq == rollback.seq + 1
    assert [known.prev for known in store.journal(rollback.id)][1] == rollback.head


def test_trimming_again_or_less_changes_nothing(store: Store) -> None:
    """What is gone is gone: the number only rises."""
    rollback = ended(store)
    store.trim(rollback.id, upto=3)
    tail = store.journal(rollback.id)

    assert store.trim(rollback.id, upto=3) == store.trim(rollback.id, upto=0) == 3
    assert store.journal(rollback.id) == tail
    assert store.trim(rollback.id, upto=4) == 4


def test_an_open_rollback_keeps_its_journal(store: Store) -> None:
    """Whatever may still be carried on can be read whole; so can what is not there not be trimmed."""
    rollback = running(store)
    with pytest.raises(Conflict, match="has not ended"):
        store.trim(rollback.id, upto=1)
    with pytest.raises(NoSuchRollback):
        store.trim("rb-9999", upto=1)
    assert len(store.journal(rollback.id)) == rollback.seq
    assert rollback.state is State.RUNNING
