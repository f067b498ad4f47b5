"""Every write of every script is refused in turn, and nothing is half done.

Redis does not undo a script that fails half way, so each script is run against a store in which one key holds the wrong
kind of data, and by a Redis user to whom one command is forbidden. Before and after, the whole database is compared.
"""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from redis import Redis

from bot.store import Conflict, Store, StoreUnreadable, connect
from bot.store.lua import source
from sandbox.redis import Redis as Server
from tests.integration.store.cases import CASES, image, prepared

SCRIPTS = sorted(path.name.removesuffix(".lua") for path in (files("bot.store") / "scripts").iterdir())
FORBIDDABLE = ("xadd", "hset", "hdel", "zadd", "zrem", "sadd", "srem", "set", "del", "lrem", "xtrim")


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
    """A script added later is read-only by its flags, or has a case; the prelude alone reads the clock, Redis' own."""
    cases = {name.partition(",")[0] for name in CASES}
    reads = {"get", "hget", "hmget", "hgetall", "xrange", "xrevrange", "zrange", "zrevrange", "zscore", "zcount"}
    reads |= {"smembers", "exists", "type", "time", "lpos"}
    for script in set(SCRIPTS) - {"prelude"}:
        called = {name.lower() for name in re.findall(r"redis\.call\('([A-Z]+)'", source(script))}
        read_only = "no-writes" in source(script).split("\n")[0]
        assert called <= reads, script
        assert not re.search(r"\bos\.|'TIME'", (files("bot.store") / "scripts" / f"{script}.lua").read_text()), script
        assert written_names(script) <= set(FORBIDDABLE), script
        assert read_only is not (script in cases), script
        assert not (read_only and written_names(script)), script


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
            assert image(redis).get(key) in (before[key], None), key
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
