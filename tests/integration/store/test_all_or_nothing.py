"""Every write of every script is refused in turn, and nothing is half done.

Redis does not undo a script that fails half way, so each script is run against a store in which one key holds the wrong
kind of data, and by a Redis user to whom one command is forbidden. Before and after, the whole database is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import TypeAlias

import pytest
from redis import Redis

from bot.domain.events import Kind
from bot.store import Conflict, Store, StoreUnreadable, connect, keys
from bot.store.lua import source
from sandbox.redis import Redis as Server
from tests.integration.store.builders import JOON, REQUEST, SORA, TARGETS, event, move, planned, running

Call: TypeAlias = Callable[[Store], object]
Image: TypeAlias = dict[str, bytes | None]

SCRIPTS = sorted(path.name.removesuffix(".lua") for path in (files("bot.store") / "scripts").iterdir())
READ_ONLY = {"candidates", "journal", "list", "load"}
FORBIDDABLE = ("xadd", "hset", "hdel", "zadd", "zrem", "sadd", "srem", "set", "del")


def _accept(store: Store) -> Call:
    store._redis.delete(keys.EPOCH)  # noqa: SLF001 - no verb takes an acceptance back
    return lambda again: again.accept()


def _quorum(store: Store) -> Call:
    rollback = planned(store)
    yes = event(Kind.APPROVED, JOON, digest=rollback.digest)
    move(store, rollback.id, yes, approve=(JOON.key, rollback.digest))
    snapshot = store.load(rollback.id)
    events = [event(Kind.APPROVED, SORA, digest=rollback.digest), event(Kind.QUORUM, have=2, need=2)]
    lease = store.lease(rollback.id, owner="job-1")
    return lambda again: again.transition(
        snapshot,
        events,
        command_id="quorum-1",
        due={f"advance:{rollback.id}": 0, "directory:all": None},
        lease=lease,
        approve=(SORA.key, rollback.digest),
        quorum=(rollback.digest, 2),
        reserve=TARGETS,
    )


def _end(store: Store) -> Call:
    snapshot = store.load(running(store).id)
    member = f"advance:{snapshot.rollback.id}"
    return lambda again: again.transition(
        snapshot, [event(Kind.SUCCEEDED)], command_id="end-1", due={member: None, "directory:all": 0}
    )


def _release(store: Store) -> Call:
    rollback = running(store)
    lease = store.lease(rollback.id, owner="job-1")
    assert lease is not None
    return lambda again: again.release(lease, head=rollback.head, due=None)


def _renew(store: Store) -> Call:
    lease = store.lease(running(store).id, owner="job-1")
    assert lease is not None
    return lambda again: again.renew(lease)


def _wanted(store: Store) -> Call:
    rollback = running(store)
    store.lease(rollback.id, owner="job-1")
    return lambda again: again.lease(rollback.id, owner="job-2")


def _look_now(store: Store) -> Call:
    rollback = running(store)
    store.lease(rollback.id, owner="job-1")
    return lambda again: again.set_due(f"advance:{rollback.id}", 0)


def _clear_due(store: Store) -> Call:
    member = f"narrate:{planned(store).id}"
    return lambda again: again.clear_due(member)


def _lease(store: Store) -> Call:
    rollback = running(store)
    return lambda again: again.lease(rollback.id, owner="job-1")


def _hand_out(store: Store) -> Call:
    member = f"narrate:{running(store).id}"
    store.handed(member, "job")
    return lambda again: again.due_members(members=[member])


def _put_note(store: Store) -> Call:
    store.put_note("cursor", {"seq": 1}, version=0)
    return lambda again: again.put_note("cursor", {"seq": 2}, version=1)


def _unmutex(store: Store) -> Call:
    store.mutex("narrator", owner="a", seconds=60)
    return lambda again: again.unmutex("narrator", owner="a")


def _create(_: Store) -> Call:
    return lambda again: again.create(REQUEST, command_id="create-1", rollback_id="rb-7")


CASES: dict[str, Callable[[Store], Call]] = {
    "accept": _accept,
    "allot": lambda _: lambda again: again.new_id(),
    "create": _create,
    "transition, quorum": _quorum,
    "transition, end": _end,
    "lease": _lease,
    "lease, held by another": _wanted,
    "renew": _renew,
    "release": _release,
    "set_due": _look_now,
    "set_due, cleared": _clear_due,
    "hand_out": _hand_out,
    "put_note": _put_note,
    "mutex": lambda _: lambda again: again.mutex("narrator", owner="a", seconds=60),
    "mutex, given back": _unmutex,
}


def image(redis: Redis) -> Image:
    """Everything in the database, as Redis itself dumps it (values without expiries)."""
    return {str(key): redis.dump(key) for key in redis.scan_iter()}


def prepared(redis: Redis, case: str) -> tuple[Call, Image]:
    """An accepted store, prepared for the case; the call under test and what the database holds before it."""
    redis.flushall()
    store = Store(redis)
    store.accept()
    call = CASES[case](store)
    redis.script_flush()
    return call, image(redis)


def touched(redis: Redis, case: str) -> set[str]:
    """The keys that the call names to its scripts, as the server's monitor shows them."""
    call, _ = prepared(redis, case)
    store = Store(redis)
    store.ping()
    with redis.monitor() as monitor:  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        call(store)
        redis.echo("that was all")
        found: set[str] = set()
        for _ in range(500):
            line = monitor.next_command()["command"]
            if "that was all" in line:
                return found
            found.update(re.findall(r"rollback:[^ \"]+|rq:queue:\w+", line) if line.startswith("EVALSHA") else [])
    raise AssertionError("the monitor showed no end")


def plant(redis: Redis, key: str) -> None:
    """Put a value of a kind that the key never holds in its place."""
    is_list = redis.type(key) in ("list", "none") and key.startswith("rq:")
    redis.delete(key)
    if is_list:
        redis.set(key, "of the wrong kind")
    else:
        redis.rpush(key, "of the wrong kind")


def written_names(script: str) -> set[str]:
    """The commands by which a script writes, its prelude left out."""
    own = (files("bot.store") / "scripts" / f"{script}.lua").read_text()
    return {name.lower() for name in re.findall(r"write\('([A-Z]+)'", own)}


def test_every_script_has_a_case_and_writes_only_through_the_prelude() -> None:
    """A script added later is either read-only by its flags, or stands in the table above."""
    cases = {name.partition(",")[0] for name in CASES}

    assert cases | READ_ONLY | {"prelude"} == set(SCRIPTS)
    reads = {"get", "hget", "hmget", "hgetall", "xrange", "xrevrange", "zrange", "zrevrange", "zscore", "smembers"}
    reads |= {"exists", "type", "time", "lpos"}
    for script in set(SCRIPTS) - {"prelude"}:
        called = {name.lower() for name in re.findall(r"redis\.call\('([A-Z]+)'", source(script))}
        assert called <= reads, script
        assert written_names(script) <= set(FORBIDDABLE), script
        assert ("no-writes" in source(script).split("\n")[0]) is (script in READ_ONLY), script


@pytest.mark.parametrize("case", CASES)
def test_a_key_of_the_wrong_kind_leaves_nothing_half_done(redis: Redis, case: str) -> None:
    """Each key that the script names holds the wrong kind of data in turn: refused, or done without it, never half."""
    keys = touched(redis, case)
    call, _ = prepared(redis, case)
    assert keys
    refused = 0
    for key in sorted(keys):
        call, _ = prepared(redis, case)
        plant(redis, key)
        before = image(redis)
        try:
            call(Store(redis))
        except (StoreUnreadable, Conflict):
            refused += 1
            assert image(redis) == before, key
        else:
            assert image(redis)[key] == before[key], key
    assert refused


@pytest.mark.parametrize("case", CASES)
def test_a_forbidden_command_leaves_nothing_half_done(redis: Redis, server: Server, case: str) -> None:
    """Each write is forbidden by an ACL in turn: refused before anything was written, or not needed."""
    refused = set()
    for name in FORBIDDABLE:
        call, before = prepared(redis, case)
        redis.acl_setuser(
            "bot",
            enabled=True,
            reset=True,
            passwords="+secret",
            keys=["*"],
            categories=["+@all"],
            commands=[f"-{name}"],
        )
        with connect(server.url.replace("redis://", "redis://bot:secret@")) as narrow:
            try:
                call(Store(narrow))
            except StoreUnreadable:
                refused.add(name)
                assert image(redis) == before, name
    redis.acl_deluser("bot")
    assert refused
    assert refused <= {"hset", "zadd", "zrem", "hdel"} | written_names(case.partition(",")[0])


def test_a_full_redis_refuses_before_anything_is_written(redis: Redis) -> None:
    """Out of memory (noeviction) is refused at the door of the script."""
    for case in CASES:
        call, before = prepared(redis, case)
        redis.config_set("maxmemory", "1")
        try:
            with pytest.raises(StoreUnreadable):
                call(Store(redis))
        finally:
            redis.config_set("maxmemory", "0")
        assert image(redis) == before, case
