"""Storing a request: one round trip, an id of its own, and a person's lock."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from bot.domain.audit import verify
from bot.domain.events import Kind
from bot.store import Conflict, Locked, Store, connect
from sandbox.redis import Redis as Server
from tests.integration.store.builders import REQUEST, command, event, move
from tests.integration.store.counting import trips


def test_a_request_is_stored_in_one_round_trip(store: Store, redis: Redis) -> None:
    """Its number is given and its record written by the same script: an ack waits for that alone."""
    first = store.create(REQUEST, command_id=command())[0]
    before = trips(redis)
    second = store.create(REQUEST, command_id=command())[0]

    assert trips(redis) - before == 1
    assert (first.id, second.id) == ("rb-1001", "rb-1002")
    assert store.load(second.id).rollback == second
    assert verify(store.chain(second.id).lines) is None


def test_many_at_once_get_a_number_each(store: Store, server: Server) -> None:
    """Eight web threads of several processes: no number twice, none left out."""
    together = threading.Barrier(8)

    def ask() -> list[str]:
        mine = Store(connect(server.url))
        together.wait()
        return [mine.create(REQUEST, command_id=command())[0].id for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        ids = [one for got in [pool.submit(ask) for _ in range(8)] for one in got.result()]
    assert sorted(ids) == [f"rb-{number}" for number in range(1001, 1081)]
    assert {rollback.id for rollback in store.open_rollbacks()} == set(ids)


def test_an_id_named_before_is_used_and_taken_once(store: Store) -> None:
    """A successor is named in its predecessor's last event, before it is stored."""
    named = store.new_id()
    rollback = store.create(REQUEST, command_id=command(), rollback_id=named)[0]

    assert (rollback.id, store.load(named).rollback) == (named, rollback)
    with pytest.raises(Conflict):
        store.create(REQUEST, command_id=command(), rollback_id=named)
    assert store.create(REQUEST, command_id=command())[0].id != named


def test_a_clock_that_jumped_is_heard_anew(store: Store) -> None:
    """What was remembered of Redis' clock is off by ten minutes: the event still carries Redis' own time."""
    store.create(REQUEST, command_id=command())
    store._heard(store.now() + 600_000)  # noqa: SLF001 - a machine that slept; no verb makes a clock jump
    rollback = store.create(REQUEST, command_id=command())[0]

    assert abs(rollback.requested_at - store.now()) < 2_000


@pytest.mark.parametrize(("until", "stands"), [("0", True), ("+60000", True), ("-1", False), ("", False)])
def test_a_lock_refuses_unless_the_glass_is_broken(store: Store, redis: Redis, until: str, stands: bool) -> None:  # noqa: FBT001 - a table of cases
    """Checked by the script that stores the request, by Redis' clock: without end, not yet over, over, lifted."""
    moment = str(store.now() + int(until)) if until[:1] in ("+", "-") else until
    redis.hset("rollback:standing:game-server", "locked_until", moment)
    wanted = REQUEST.model_copy(update={"break_glass": True})
    if stands:
        with pytest.raises(Locked):
            store.create(REQUEST, command_id="asked")
        assert store.answered("asked") is None
        assert store.open_rollbacks() == []
    else:
        assert store.create(REQUEST, command_id="asked")[1] is True

    assert store.create(wanted, command_id=command())[0].request.break_glass is True
    assert store.create(REQUEST.model_copy(update={"service": "another"}), command_id=command())[1] is True


def test_a_lock_set_meanwhile_does_not_change_what_was_answered(store: Store, redis: Redis) -> None:
    """The same command again is the same rollback, locked or not."""
    rollback = store.create(REQUEST, command_id="asked")[0]
    redis.hset("rollback:standing:game-server", "locked_until", "0")

    assert store.create(REQUEST, command_id="asked") == (rollback, False)
    assert move(store, rollback.id, event(Kind.ABORTED)).id == rollback.id
