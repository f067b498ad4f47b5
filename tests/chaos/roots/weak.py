"""Workers that stand still in the middle of a write: sound ones, ones without the fence, ones without the lease.

Run with which of them and a queue's name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bot.logs import configure
from bot.settings import Settings, read
from bot.store.wake import waking_store
from jobs.house import House
from jobs.worker import build, work
from tests.chaos.weak.kubernetes import StandsStill, Unfenced
from tests.chaos.weak.scripts import LEASES, without


def sound(settings: Settings) -> House:
    """Every protection in its place."""
    return build(settings, kubernetes=StandsStill.connect(settings.kubeconfig))


def no_fence(settings: Settings) -> House:
    """Nothing tests the fence."""
    return build(settings, kubernetes=Unfenced.connect(settings.kubeconfig))


def no_lease(settings: Settings) -> House:
    """Everybody has the lease."""
    store = waking_store(settings.redis_url, scripts=without(LEASES))
    return build(settings, store=store, kubernetes=StandsStill.connect(settings.kubeconfig))


HOUSES: dict[str, Callable[[Settings], House]] = {"sound": sound, "no-fence": no_fence, "no-lease": no_lease}


def main(which: str, queue: str) -> int:
    """Work one queue until SIGTERM."""
    settings = read(Settings)
    configure(settings.log_level, secrets=settings.secrets)
    return work(HOUSES[which](settings), settings, queue)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
