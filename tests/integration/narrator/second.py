"""A narrator in a process of its own: `python -m tests.integration.narrator.second REDIS SLACK TOKEN METRICS HOLD_S`.

It narrates whatever is due until it is ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.catalog import load
from bot.directory import Directory
from bot.store import Store, connect
from jobs.clients.pace import Pace
from jobs.clients.prometheus import PrometheusClient
from jobs.clients.slack import Slack
from jobs.narrator import narrate
from tests.integration.narrator.story import Clients, Desk

ROOT = Path(__file__).parents[3]
TICK_S = 0.02


def built(redis_url: str, slack_url: str, token: str, metrics_url: str) -> Desk:
    """What a narrator needs, with connections of its own."""
    store = Store(connect(redis_url))
    return Desk(
        store=store,
        slack=Slack(token, base_url=f"{slack_url}/api/", pace=Pace(store)),
        catalog=load(ROOT / "catalog" / "services.yaml"),
        directory=Directory(store),
        clients=Clients(PrometheusClient(metrics_url)),
    )


def work(desk: Desk, *, hold_s: float, stop: threading.Event) -> None:
    """Narrate what is due, as a worker on the queue `slack` does, until `stop`."""
    while not stop.wait(TICK_S):
        for handed in desk.store.hand_out(limit=1):
            kind, _, name = handed.member.partition(":")
            if kind == "narrate":
                narrate(desk, name, hold_s=hold_s)


@contextmanager
def another_process(
    redis_url: str, slack_url: str, token: str, metrics_url: str, *, hold_s: float
) -> Iterator[subprocess.Popen[bytes]]:
    """A second narrator, running until the end of the block."""
    wanted = [redis_url, slack_url, token, metrics_url, str(hold_s)]
    process = subprocess.Popen([sys.executable, "-m", "tests.integration.narrator.second", *wanted], cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
        process.wait(10)


def main() -> int:
    """Run until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    redis_url, slack_url, token, metrics_url, hold_s = sys.argv[1:]
    work(built(redis_url, slack_url, token, metrics_url), hold_s=float(hold_s), stop=stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
