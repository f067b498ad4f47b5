"""Small work that is asked for by name and leaves nothing behind: an answer to one person, a dry run.

Whatever must not be lost goes through the store's due times instead; these two change nothing in production.
"""

from __future__ import annotations

from typing import Final

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from bot.domain.model import JsonObject, sha256
from bot.domain.rollback import Request
from bot.store import keys
from bot.store.due import FIRST
from bot.store.lua import readable

AGAIN_MS: Final = 5_000
"""The same answer to the same person is given once in so long: whoever presses a hundred times keeps nobody waiting."""


class Queues:
    """Enqueues jobs of jobs.tasks by name. `redis`: a client with bytes replies, as RQ needs it."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        # Somebody waits for an answer: it goes before the lines of threads.
        self._rollbacks, self._answers = (
            Queue(name, connection=redis, serializer=JSONSerializer) for name in ("rollbacks", "slack" + FIRST)
        )

    def say(self, *, channel: str, user: str, thread_ts: str, message: JsonObject) -> None:
        """Have one person told something only they see, unless they were told just that a moment ago.

        `message`: {text, blocks}; `thread_ts` "" outside a thread.

        Raises:
            StoreUnreadable: it could not be queued.
        """
        answer: JsonObject = {"channel": channel, "user": user, "thread_ts": thread_ts, "message": message}
        with readable():
            fresh = self._redis.set(keys.answer(sha256(answer)), "1", nx=True, px=AGAIN_MS)
        if fresh:
            self._put(self._answers, "jobs.tasks.say", answer)

    def preview(self, request: Request, *, thread_ts: str) -> None:
        """Have a request planned with nothing stored, and the asker told what would happen.

        Raises:
            StoreUnreadable: it could not be queued.
        """
        self._put(
            self._rollbacks,
            "jobs.tasks.preview",
            {"request": request.model_dump(mode="json"), "thread_ts": thread_ts},
        )

    def _put(self, queue: Queue, function: str, arguments: JsonObject) -> None:
        with readable():
            queue.enqueue_call(function, kwargs=arguments, timeout=-1, result_ttl=0, failure_ttl=0)
