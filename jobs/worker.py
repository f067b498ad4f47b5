"""The worker process: one queue, its parts built before the first fork, until SIGTERM.

Run as `python -m jobs.worker rollbacks`, `long` or `slack`. One queue a process, so that no restore can hold up a
canary, and no Slack a rollback.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import structlog
from redis.exceptions import RedisError
from rq.exceptions import StopRequested

from bot.catalog import CatalogError, load
from bot.directory import Directory
from bot.logs import configure
from bot.queues import Queues
from bot.settings import Settings, SettingsError, read
from bot.store import Store, connect
from bot.store.wake import waking_store
from bot.waking import Gathered
from jobs import clients, tasks
from jobs.archiving import Archive
from jobs.clients import Clients, KubernetesClient
from jobs.clients.archive import place
from jobs.clients.errors import Rejected
from jobs.clients.pace import Pace
from jobs.clients.slack import Slack
from jobs.horse import TaskWorker
from jobs.house import House
from jobs.people import People
from jobs.revisions.recorded import recorded
from jobs.shift import Shift
from jobs.steps import CARRIERS, Carrier
from jobs.strategies import Strategy, remembering

SHIFTS: Final[Mapping[str, Shift]] = {"rollbacks": Shift(hands=4), "long": Shift(), "slack": Shift()}
"""The queues, and how many jobs of each a worker carries out side by side. Slack's limits leave the narrator nothing to
gain by more; a long step has its worker to itself."""

POLITE: Final = 10
"""The narrator's niceness: where cores are few, a line in a thread may come later, and the end of a hold may not."""

ANEW_S: Final = 1.0
"""A worker that RQ gave up begins anew after this."""

log = structlog.get_logger()


def build(
    settings: Settings,
    *,
    store: Store | None = None,
    kubernetes: KubernetesClient | None = None,
    pace: Callable[[Store], Pace] = Pace,
    strategies: Mapping[str, Strategy] | None = None,
    carriers: Mapping[str, Carrier] = CARRIERS,
) -> House:
    """Everything the tasks need, built before the first fork so that a horse starts warm.

    Another composition root may hand in parts of its own; what it leaves out is the product's.

    Raises:
        CatalogError: the catalog does not fit; nothing was started.
    """
    gathered = Gathered()
    kept = store or waking_store(settings.redis_url, through=gathered.around)
    token = settings.slack_bot_token.get_secret_value()
    slack = Slack(token, base_url=settings.slack_api_url, pace=pace(kept))
    return House(
        store=kept,
        clients=_clients(settings, kubernetes),
        catalog=load(settings.catalog),
        directory=Directory(kept),
        people=People(kept, slack),
        slack=slack,
        queues=Queues(connect(settings.redis_url, text=False)),
        strategies=strategies or remembering(recorded(kept)),
        carriers=carriers,
        archive=Archive(kept, place(settings.archive)),
        owner=f"{socket.gethostname()}/{os.getpid()}",
        gathered=gathered,
    )


def work(house: House, settings: Settings, queue: str) -> int:
    """Work one queue until SIGTERM, after which the turn under way is finished; the exit code."""
    tasks.install(replace(house, queue=queue))
    if queue == "slack":
        os.nice(POLITE)
    gc.collect()
    gc.freeze()  # A forked horse then touches few pages of the objects built above.
    connection = connect(settings.redis_url, text=False)
    with contextlib.suppress(StopRequested):  # Asked to stop while it was still waiting for Redis.
        while not house.parking.asked:
            worker = TaskWorker.on(queue, connection=connection, parking=house.parking, shift=SHIFTS[queue])
            log.info("working", queue=queue)
            with contextlib.suppress(RedisError):
                worker.work(logging_level="WARNING")
            if not house.parking.asked:
                # RQ gives up when Redis is full, read-only after a failover, or answers what it did not expect.
                log.warning("the worker stopped and begins anew; look at Redis", queue=queue)
                time.sleep(ANEW_S)
    log.info("stopped", queue=queue)
    return 0


def main(queue: str) -> int:
    """Read the settings, build the product's own parts, work."""
    try:
        settings = read(Settings)
        configure(settings.log_level, secrets=settings.secrets)
        house = build(settings)
    except (SettingsError, CatalogError, Rejected) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return work(house, settings, queue)


def _clients(settings: Settings, kubernetes: KubernetesClient | None) -> Clients:
    if kubernetes is None:
        return clients.build(
            kubeconfig=settings.kubeconfig,
            prometheus_url=settings.prometheus_url,
            snapshot_keys=settings.snapshot_keys,
        )
    return clients.around(kubernetes, prometheus_url=settings.prometheus_url, snapshot_keys=settings.snapshot_keys)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SHIFTS:  # noqa: PLR2004 - the program's name and one queue
        sys.exit(f"Say which queue to work: python -m jobs.worker {'|'.join(SHIFTS)}")
    sys.exit(main(sys.argv[1]))
