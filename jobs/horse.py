"""RQ's worker as this bot needs it: tasks from a closed list, horses that die or park with it, patience with Redis."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import structlog
from redis import Redis
from redis.backoff import AbstractBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.executions import Execution, ExecutionRegistry
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import current_timestamp
from rq.worker import WorkerStatus

from bot.store.due import FIRST
from jobs import tasks
from jobs.parking import Parking
from jobs.shift import Shift

PR_SET_PDEATHSIG: Final = 1
PARK: Final = signal.SIGUSR1
"""What a worker that was asked to stop sends its horse: finish the write under way, give the rollback back."""
REJOIN_S: Final = 60
"""A worker that died is noticed, and its entry removed, after so many seconds; rollbacks do not wait for that."""
LONGEST_WAIT_S: Final = 0.5
"""Redis is asked again this often while it is away."""

log = structlog.get_logger()


class ForbiddenTask(Exception):  # noqa: N818 - reads as what it is
    """A job names a function that is not in the list of tasks. It was not run; nothing in production was touched."""


class TaskJob(Job):
    """A job whose function comes from the closed list of tasks, never from an import by name."""

    @property
    def func(self) -> Callable[..., Any]:
        """The task of that name.

        Raises:
            ForbiddenTask: it is none of ours.
        """
        task = tasks.ALLOWED.get(str(self.func_name))
        if task is None:
            raise ForbiddenTask(f"{self.func_name!r} is no task of this bot; known: {', '.join(sorted(tasks.ALLOWED))}")
        return task


class TaskWorker(Worker):
    """RQ's forking worker. The kernel ends its horse when it dies; asked to stop, it has its horse park and waits.

    RQ's commands over pub/sub are left out: they would need a thread beside the fork, and the one among them that
    stops a job kills it in the middle of a write.
    """

    job_class = TaskJob
    parking: Parking
    shift: Shift

    @classmethod
    def on(cls, queue: str, *, connection: Redis, parking: Parking, shift: Shift) -> TaskWorker:
        """A worker of one queue and of what goes first there.

        RQ forgets the job of a worker on two lists that dies in the moment of taking it; here it comes due again.
        `connection`: a client with bytes replies; it is made to wait for Redis for ever.
        """
        connection.set_retry(Retry(_UntilParked(lambda: parking.asked), retries=-1))
        worker = cls(
            [
                Queue(name, connection=connection, job_class=TaskJob, serializer=JSONSerializer)
                for name in (queue + FIRST, queue)
            ],
            connection=connection,
            serializer=JSONSerializer,
            job_class=TaskJob,
            worker_ttl=REJOIN_S,
            log_job_description=False,
        )
        worker.parking, worker.shift = parking, shift
        # Set before any fork, so that there is no moment in which the signal would end a horse.
        for number in (PARK, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: parking.ask())
        return worker

    def _install_signal_handlers(self) -> None:
        super()._install_signal_handlers()  # type: ignore[no-untyped-call]  # RQ's own has no annotations
        self._stop_requested = self.parking.asked  # Asked to stop while it was still starting.

    def subscribe(self) -> None:
        """Listen to no commands."""

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Tie the horse to its worker, then run the job."""
        die_with_parent()
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """In the horse: the job it was born for, then those that wait behind it."""
        done = super().perform_job(job, queue, execution)
        self.shift.work(self.queues, stop=lambda: self.parking.asked)
        return done

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork, and tell a horse that was born while the worker was being stopped."""
        super().fork_work_horse(job, queue)
        if self._stop_requested:
            self._park_horse()

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Asked to stop once more: the horse is asked once more. Who cannot wait for a write has SIGKILL."""
        del signum, frame
        self._park_horse()

    def _shutdown(self) -> None:
        # Nothing is written to Redis here: this runs in a signal handler, perhaps in the middle of another call.
        self.parking.ask()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested
        self._stop_requested = True
        self._park_horse()

    def _park_horse(self) -> None:
        if self.horse_pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.horse_pid, PARK)

    def clean_registries(self) -> None:
        """Forget the jobs of horses that died before RQ's own cleaning looks: due times bring back what they were for.

        RQ would mark each as failed, and ends the worker when the record of one is gone already.
        """
        for queue in self.queues:
            registry = queue.started_job_registry
            gone = registry.get_expired_job_ids()
            if gone:
                runs = [ExecutionRegistry(job_id=each, connection=self.connection).key for each in gone]
                self.connection.delete(*(Job.key_for(each) for each in gone), *runs)
            self.connection.zremrangebyscore(registry.key, 0, current_timestamp())
        super().clean_registries()  # type: ignore[no-untyped-call]  # RQ's own has no annotations

    def teardown(self) -> None:
        """Sign off, as far as Redis is there to be told."""
        with contextlib.suppress(RedisError, StopRequested):
            super().teardown()  # type: ignore[no-untyped-call]  # RQ's own has no annotations


class _UntilParked(AbstractBackoff):
    """Ever longer waits for Redis, up to half a second; over as soon as the worker is asked to stop."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        self._asked = asked

    def compute(self, failures: int) -> float:
        if self._asked():
            raise StopRequested
        if failures == 1:
            log.warning("Redis is away; waiting for it")
        return float(min(LONGEST_WAIT_S, 0.02 * 2 ** min(failures, 10)))

    def __deepcopy__(self, memo: dict[int, object]) -> _UntilParked:
        """Each connection of a pool copies its retry; all of them are parked by one word."""
        return self


def die_with_parent() -> None:
    """Have the kernel send SIGKILL to this process when its parent is gone (Linux; prctl(2), PR_SET_PDEATHSIG)."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It died between the two calls.
        os._exit(1)
