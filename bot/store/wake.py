"""The fast path: jobs by name for whatever is due. Nothing is lost here, because due times bring it all again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import structlog
from redis import Redis
from redis.exceptions import OutOfMemoryError, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from bot.store.connection import connect
from bot.store.due import Handed
from bot.store.errors import StoreUnreadable
from bot.store.lua import Scripts, Wake, source
from bot.store.store import Store

FUNCTIONS: Final[Mapping[str, str]] = {
    "advance": "jobs.tasks.advance",
    "narrate": "jobs.tasks.narrate",
    "directory": "jobs.tasks.refresh_directory",
    "archive": "jobs.tasks.archive_old",
    "keep": "jobs.tasks.keep_journal",
    "snapshot": "jobs.tasks.snapshot",
}
"""The task of each kind of member."""

_OF_ALL: Final = frozenset({"directory", "archive"})
"""Members that stand for a job without an argument."""

log = structlog.get_logger(__name__)


class Hands(Protocol):
    """Who knows what is due, remembers what was handed out, and keeps room for it."""

    def hand_out(self, *, limit: int = 100, members: Sequence[str] | None = None) -> list[Handed]:
        """Hand out what is due."""

    def give_reserve_back(self) -> bool:
        """Make room in a store that is full."""


class Waker:
    """Enqueues one RQ job for each member that is due. `redis`: a client with bytes replies, as RQ needs it.

    Jobs get fresh ids, no time limit, no retry, and leave nothing behind: a lost or doubled one changes nothing. Two
    round trips, however many members there are.
    """

    def __init__(self, redis: Redis, store: Hands) -> None:
        self._store = store
        self._redis = redis
        self._queues: dict[str, Queue] = {}

    def __call__(self, members: Sequence[str] | None = None) -> list[str]:
        """Enqueue those of `members` that are due, or all that is due; returns what was enqueued.

        Raises nothing when Redis fails on the way: what was not enqueued comes due again 5 s later.
        """
        try:
            handed = self._store.hand_out(members=members)
            if handed:
                self._enqueue(handed)
        except (RedisError, StoreUnreadable) as error:
            log.warning("waking failed; due times bring it again", members=members, error=str(error))
            return []
        return [one.member for one in handed]

    def _enqueue(self, handed: Sequence[Handed]) -> None:
        try:
            self._put(handed)
        except OutOfMemoryError:
            if not self._store.give_reserve_back():
                raise
            self._put(handed)

    def _put(self, handed: Sequence[Handed]) -> None:
        """All in one transaction: none is enqueued where one cannot be."""
        with self._redis.pipeline() as pipeline:
            for one in handed:
                kind, _, name = one.member.partition(":")
                job = Queue.prepare_data(
                    FUNCTIONS[kind],
                    args=() if kind in _OF_ALL else (name,),
                    timeout=-1,
                    result_ttl=0,
                    failure_ttl=0,
                    job_id=one.job_id,
                )
                self._queue(one.queue).enqueue_many([job], pipeline=pipeline)
            pipeline.execute()

    def _queue(self, name: str) -> Queue:
        if name not in self._queues:
            self._queues[name] = Queue(name, connection=self._redis, serializer=JSONSerializer)
        return self._queues[name]


def waking_store(
    url: str,
    *,
    timeout_s: float = 1.0,
    retries: int = 2,
    through: Callable[[Wake], Wake] = lambda wake: wake,
    scripts: Scripts = source,
) -> Store:
    """A store on the Redis of `url` that wakes the workers by itself. `timeout_s`, `retries`: as for `connect`.

    `through` wraps the waking, for a process that may not wait until somebody was woken. `scripts`: as for `Store`.
    """
    redis = connect(url, timeout_s=timeout_s, retries=retries)
    waker = Waker(connect(url, timeout_s=timeout_s, retries=retries, text=False), Store(redis, scripts=scripts))
    return Store(redis, wake=through(waker), scripts=scripts)
