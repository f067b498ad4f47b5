"""The worker process: one queue, tasks from a closed list, a work-horse that dies with its worker.

Run as `python -m jobs.worker rollbacks`, `long` or `slack`. One queue a process: RQ loses jobs of a worker on two
(it pops with BLPOP then, and only with one queue moves a job to a list it can be found in).
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

import structlog
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.catalog import CatalogError, load
from bot.directory import Directory
from bot.logs import configure
from bot.queues import Queues
from bot.settings import Settings, SettingsError, read
from bot.store import connect
from bot.store.wake import waking_store
from jobs import clients, tasks
from jobs.clients.slack import Slack
from jobs.house import House
from jobs.people import People
from jobs.steps import CARRIERS
from jobs.strategies import STRATEGIES

QUEUES: Final = ("rollbacks", "long", "slack")
PR_SET_PDEATHSIG: Final = 1
REJOIN_S: Final = 60
"""A worker that died is noticed, and its entry removed, after so many seconds; rollbacks do not wait for that."""

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
    """RQ's forking worker, with a work-horse that the kernel ends when its worker dies."""

    job_class = TaskJob

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """Tie the horse to its worker, then run the job."""
        die_with_parent()
        super().main_work_horse(job, queue)


def die_with_parent() -> None:
    """Have the kernel send SIGKILL to this process when its parent is gone (Linux; prctl(2), PR_SET_PDEATHSIG)."""
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It died between the two calls.
        os._exit(1)


def build(settings: Settings) -> House:
    """Everything the tasks need, built before the first fork so that a horse starts warm.

    Raises:
        CatalogError: the catalog does not fit; nothing was started.
    """
    store = waking_store(settings.redis_url)
    slack = Slack(base_url=settings.slack_api_url, token=settings.slack_bot_token.get_secret_value())
    return House(
        store=store,
        clients=clients.build(kubeconfig=settings.kubeconfig, prometheus_url=settings.prometheus_url),
        catalog=load(settings.catalog),
        directory=Directory(store),
        people=People(store, slack),
        slack=slack,
        queues=Queues(connect(settings.redis_url, text=False)),
        strategies=STRATEGIES,
        carriers=CARRIERS,
        owner=f"{socket.gethostname()}/{os.getpid()}",
    )


def main(queue: str) -> int:
    """Work one queue until SIGTERM; the job under way is finished first."""
    try:
        settings = read(Settings)
        configure(settings.log_level, secrets=settings.secrets)
        house = build(settings)
    except (SettingsError, CatalogError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    tasks.install(house)
    gc.collect()
    gc.freeze()  # A forked horse then touches few pages of the objects built above.
    connection = connect(settings.redis_url, text=False)
    worker = TaskWorker(
        [Queue(queue, connection=connection, job_class=TaskJob, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        job_class=TaskJob,
        worker_ttl=REJOIN_S,
        log_job_description=False,
    )
    log.info("working", queue=queue)
    worker.work(logging_level="WARNING")
    log.info("stopped", queue=queue)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in QUEUES:  # noqa: PLR2004 - the program's name and one queue
        sys.exit(f"Say which queue to work: python -m jobs.worker {'|'.join(QUEUES)}")
    sys.exit(main(sys.argv[1]))
