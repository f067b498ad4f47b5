"""A shift: a horse that has carried out its job goes on with what waits in the queues, warm as it is by now.

A fork costs the copying of pages, and a new process a connection to each system and a handshake with the API server:
several times what a step of a rollback costs by itself. Jobs only wake somebody up (DESIGN.md, principle 3), so one
that is lost with its horse comes due again; RQ's bookkeeping, which is there to bring back lost jobs, is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import structlog
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import NoSuchJobError, StopRequested
from rq.job import Job
from rq.utils import as_text

SHIFT_S: Final = 20.0
"""A horse goes home after so long: memory that a job left behind goes with it, and the worker signs in with Redis."""
IDLE_S: Final = 0.5
"""So long a horse waits for another job; also the longest it takes to notice that it is to stop."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Shift:
    """How a horse goes on. `hands`: how many jobs it carries out side by side.

    Most of a step's time is waiting for other systems to answer, so a few hands do a few times as much.
    """

    hands: int = 1
    shift_s: float = SHIFT_S
    idle_s: float = IDLE_S

    def work(self, queues: Sequence[Queue], *, stop: Callable[[], bool]) -> int:
        """Carry out what waits in `queues`, the first one's jobs before the second one's; how many jobs it were.

        Ends after `shift_s` seconds, when nothing came for `idle_s` seconds, when `stop` says so between two jobs, and
        when Redis does not answer.
        """
        ends = time.monotonic() + self.shift_s
        with ThreadPoolExecutor(self.hands, thread_name_prefix="hand") as pool:
            hands = [pool.submit(self._one_after_the_other, queues, stop, ends) for _ in range(self.hands)]
        return sum(hand.result() for hand in hands)

    def _one_after_the_other(self, queues: Sequence[Queue], stop: Callable[[], bool], ends: float) -> int:
        done = 0
        while not stop() and time.monotonic() < ends:
            try:
                job = _next(queues, self.idle_s)
            except StopRequested:
                break
            except RedisError as error:
                log.warning("the shift ends: Redis does not answer", error=str(error))
                break
            if job is None:
                break
            _carry_out(job)
            done += 1
        return done


def _next(queues: Sequence[Queue], idle_s: float) -> Job | None:
    """The next job, taken out of Redis for good; None when nothing came."""
    queue = queues[0]
    while popped := queue.connection.blpop([each.key for each in queues], timeout=idle_s):
        try:
            job = queue.job_class.fetch(as_text(popped[1]), connection=queue.connection, serializer=queue.serializer)
        except NoSuchJobError:
            continue
        queue.connection.delete(job.key)
        return job
    return None


def _carry_out(job: Job) -> None:
    try:
        job.func(*job.args, **job.kwargs)
    except Exception:
        # As RQ does with a job that fails; what must not be lost comes due again.
        log.exception("a job failed", job=job.func_name)
