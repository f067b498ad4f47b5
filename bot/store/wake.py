"""The fast path: jobs by name for whatever is due. Nothing is lost here, because due times bring it all again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from bot.store.connection import connect
from bot.store.due import queue_of
from bot.store.errors import StoreUnreadable
from bot.store.lua import Wake
from bot.store.store import Store

_FUNCTIONS: Final = {
    "advance": "jobs.tasks.advance",
    "narrate": "jobs.tasks.narrate",
    "directory": "jobs.tasks.refresh_directory",
}

log = structlog.get_logger(__name__)


class Hands(Protocol):
    """Who knows what is due, and remembers what was handed out."""

    def due_members(self, *, limit: int = 100, members: Sequence[str] | None = None) -> list[str]:
        """Hand out what is due."""

    def handed(self, member: str, job_id: str) -> None:
        """Remember the job."""


class Waker:
    """Enqueues one RQ job for each member that is due. `redis`: a client with bytes replies, as RQ needs it.

    Jobs get fresh ids, no time limit, no retry, and leave nothing behind: a lost or doubled one changes nothing.
    """

    def __init__(self, redis: Redis, store: Hands) -> None:
        self._store = store
        self._queues = {
            name: Queue(name, connection=redis, serializer=JSONSerializer) for name in ("rollbacks", "slack")
        }

    def __call__(self, members: Sequence[str] | None = None) -> list[str]:
        """Enqueue those of `members` that are due, or all that is due; returns what was enqueued.

        Raises nothing when Redis fails on the way: what was not enqueued comes due again 5 s later.
        """
        enqueued: list[str] = []
        try:
            for member in self._store.due_members(members=members):
                self._enqueue(member)
                enqueued.append(member)
        except (RedisError, StoreUnreadable) as error:
            log.warning("waking failed; due times bring it again", members=members, error=str(error))
        return enqueued

    def _enqueue(self, member: str) -> None:
        kind, _, name = member.partition(":")
        job_id = str(uuid.uuid4())
        self._store.handed(member, job_id)
        self._queues[queue_of(member)].enqueue_call(
            _FUNCTIONS[kind],
            args=() if kind == "directory" else (name,),
            timeout=-1,
            result_ttl=0,
            failure_ttl=0,
            job_id=job_id,
        )


def waking_store(
    url: str, *, timeout_s: float = 1.0, retries: int = 2, through: Callable[[Wake], Wake] = lambda wake: wake
) -> Store:
    """A store on the Redis of `url` that wakes the workers by itself. `timeout_s`, `retries`: as for `connect`.

    `through` wraps the waking, for a process that may not wait until somebody was woken.
    """
    redis = connect(url, timeout_s=timeout_s, retries=retries)
    waker = Waker(connect(url, timeout_s=timeout_s, retries=retries, text=False), Store(redis))
    return Store(redis, wake=through(waker))
