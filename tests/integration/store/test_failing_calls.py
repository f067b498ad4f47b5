"""Every redis.call of every script fails in turn: until the first write nothing is done, and no write has a reason to.

A write could fail because its key holds another kind, because the user may not, or because there is no room. The first
two are asked before the first write (test_all_or_nothing.py); room is judged by Redis once, at the door of the script.
A disk that fails, a failover or a kill in the middle is none: Redis judges the first two at the door as well, and logs
and replicates a script's writes as one transaction.
"""

from __future__ import annotations

import re

import pytest
from redis import Redis
from redis.exceptions import RedisError

from bot.store import Scripts, Store, StoreFull, StoreUnreadable
from bot.store.lua import source
from tests.integration.store.builders import REQUEST
from tests.integration.store.cases import CASES, image, prepared

MOST_CALLS = 100
COUNTING = """
local made = 0
local function counted(...)
  made = made + 1
  if made == %d then error({ err = 'CALL fails: ' .. (...) }) end
  return redis.call(...)
end
"""


def failing(script: str, *, at: int) -> Scripts:
    """The product's scripts, of which one fails at its call of that number."""

    def text(name: str) -> str:
        if name != script:
            return source(name)
        flags, rest = source(name).split("\n", 1)
        return f"{flags}\n{COUNTING % at}\n{rest.replace('redis.call(', 'counted(')}"

    return text


def failed_command(store: Store, case: str, redis: Redis) -> tuple[str, bool] | None:
    """The command that failed and whether the database is as it was; None when no call was left to fail."""
    call, before = prepared(redis, case)
    try:
        call(store)
    except StoreUnreadable as error:
        command = re.findall(r"CALL fails: (\w+)", str(error))
        return (*command, str(error))[0], image(redis) == before
    return None


@pytest.mark.parametrize("case", CASES)
def test_a_call_that_fails_before_the_commit_is_done_leaves_nothing_half_done(redis: Redis, case: str) -> None:
    """Whichever call fails, reading or the first to write, the database is what it was."""
    writes = set(re.findall(r"([A-Z]+) = '\w+'", source("load")))
    assert {"XADD", "HSET"} <= writes
    seen: list[str] = []
    for at in range(1, MOST_CALLS):
        outcome = failed_command(Store(redis, scripts=failing(case.partition(",")[0], at=at)), case, redis)
        assert outcome is not None, f"no write was reached after {seen}"
        command, unchanged = outcome
        seen.append(command)
        assert unchanged, seen
        if command in writes:
            return
    raise AssertionError(f"no end after {seen}")


@pytest.mark.parametrize("case", ["create", "transition, quorum", "transition, end", "release"])
def test_a_write_that_failed_in_the_middle_would_be_seen(redis: Redis, case: str) -> None:
    """The comparison above can fail: break the second write, and the database differs."""
    script = case.partition(",")[0]
    outcomes = [
        failed_command(Store(redis, scripts=failing(script, at=at)), case, redis) for at in range(1, MOST_CALLS)
    ]
    assert any(not outcome[1] for outcome in outcomes if outcome)
    assert outcomes[-1] is None


def test_room_that_runs_out_while_a_script_writes_is_no_half_way(redis: Redis, store: Store) -> None:
    """A request that takes Redis over its limit is stored whole or refused whole, wherever the limit lies."""
    big = REQUEST.model_copy(update={"options": {"note": "x" * 400_000}})
    outcomes = set()
    try:
        for step in range(40):
            used = int(redis.info("memory")["used_memory"])
            redis.config_set("maxmemory", str(used + step * 100_000))
            try:
                rollback = store.create(big, command_id=f"big-{step}")[0]
                outcomes.add("stored")
                redis.config_set("maxmemory", "0")
                assert len(store.journal(rollback.id)) == 1
                assert store.load(rollback.id).rollback == rollback
            except StoreFull:
                outcomes.add("refused")
                redis.config_set("maxmemory", "0")
                assert store.answered(f"big-{step}") is None
            store.make_reserve()
    finally:
        redis.config_set("maxmemory", "0")
    assert outcomes == {"stored", "refused"}
    assert len(store.open_rollbacks()) == len(redis.keys("rollback:journal:*"))


def test_scripts_handed_in_are_the_ones_that_run(redis: Redis, store: Store) -> None:
    """A composition root of tests can put another script in the place of one; the others stay the product's."""
    fenced = Store(redis, scripts=failing("create", at=1))
    with pytest.raises(StoreUnreadable) as told:
        fenced.create(REQUEST, command_id="a")
    assert isinstance(told.value.__cause__, RedisError)
    assert fenced.epoch() == store.epoch()
