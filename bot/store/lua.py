"""The one door to Redis: Lua scripts by name, their refusals as exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias, cast

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import OutOfMemoryError, RedisError

from bot.store import keys as names
from bot.store.errors import (
    Conflict,
    LeaseLost,
    Locked,
    NoSuchRollback,
    StoreFull,
    StoreUnaccepted,
    StoreUnreadable,
    TooLate,
)

Wake: TypeAlias = Callable[[Sequence[str]], object]
"""Called after a write with the members of `due` that it made due at once."""

Scripts: TypeAlias = Callable[[str], str]
"""The text of a script by its name."""


@cache
def source(name: str) -> str:
    """The text of a script: its first line (flags), the prelude, the rest."""
    folder = files("bot.store") / "scripts"
    flags, rest = (folder / f"{name}.lua").read_text().split("\n", 1)
    return "\n".join([flags, (folder / "prelude.lua").read_text(), rest])


@contextmanager
def readable() -> Iterator[None]:
    """Turn whatever Redis or the way to it says into `StoreUnreadable`."""
    try:
        yield
    except OutOfMemoryError as error:
        raise StoreFull(_FULL) from error
    except RedisError as error:
        raise StoreUnreadable(
            f"I cannot read my own records (Redis): {error}. Nothing new is started until it answers; "
            "look at the Redis of REDIS_URL."
        ) from error


_FULL: Final = (
    "Redis is full (maxmemory): no new rollback is taken, those that run go on in the room kept for them. "
    "Nothing was written; give the Redis of REDIS_URL more memory, or remove what does not belong there."
)


class Part:
    """What each noun of the store is built on: a client whose replies are text, and its scripts.

    `scripts` gives their texts; the product has one source of them.
    """

    def __init__(self, redis: Redis, *, wake: Wake | None = None, scripts: Scripts = source) -> None:
        self._redis = redis
        self._wake = wake
        self._source = scripts
        self._scripts: dict[str, Script] = {}

    def _run(self, name: str, keys: Sequence[str], args: Sequence[str | int] = ()) -> list[str]:
        """Run a script and return what it answers: a tag, then its figures.

        Raises:
            StoreUnreadable, StoreFull, StoreUnaccepted, NoSuchRollback, Conflict, LeaseLost, TooLate, Locked: as the
                tag says.
        """
        if name not in self._scripts:
            self._scripts[name] = self._redis.register_script(self._source(name))
        with readable():
            reply = cast("list[str]", self._scripts[name](keys=keys, args=args))
        if reply == ["unaccepted", "missing"]:
            raise self._unaccepted()
        _refuse(reply)
        return reply

    def _unaccepted(self) -> StoreUnaccepted:
        """What to raise where there is no epoch: with the reason, where somebody wrote one down."""
        with readable():
            why = self._redis.hget(names.DISTRUSTED, "why")
        said = str(why) if why else "it is new, was emptied or was failed over"
        return StoreUnaccepted(
            f"The store carries no epoch: {said}. Nothing is started until an operator accepts it "
            "(`rollbackctl store accept`)."
        )

    def _woken(self, members: Sequence[str]) -> None:
        if self._wake and members:
            self._wake(members)


def _refuse(reply: list[str]) -> None:
    match reply:
        case ["unaccepted", *_]:
            raise StoreUnaccepted(
                "The store was accepted anew after this rollback was written: its record may be older than what was "
                "done. It is not carried on; an operator has to look."
            )
        case ["missing"]:
            raise NoSuchRollback("There is no rollback of this id.")
        case ["conflict"]:
            raise Conflict("It has moved since it was loaded: load again and decide again.")
        case ["lease-lost"]:
            raise LeaseLost("The lease ran out or somebody else has it: stop, whoever has it goes on.")
        case ["locked"]:
            raise Locked("Somebody locked this service: nothing was stored.")
        case ["full"]:
            raise StoreFull(_FULL)
        case ["too-late", now]:
            raise TooLate(f"It is {now} by Redis' clock, later than this was allowed.")
        case ["wrong-kind", key, found, want]:
            raise StoreUnreadable(f"{key} in Redis holds a {found} where a {want} belongs; nothing was written.")
        case ["torn", last, seq]:
            raise StoreUnreadable(
                f"The journal ends at {last}, the record at {seq}-0: one of them was changed by somebody else. "
                "Nothing was written; an operator has to look."
            )
        case ["forbidden", command, key]:
            raise StoreUnreadable(
                f"Redis does not allow {command} on {key}; nothing was written. Widen the user's ACL."
            )
        case _:
            return
