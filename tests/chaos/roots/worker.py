"""A worker of the product that knows the drills beside the product's own steps. Run with a queue's name.

It speaks to Slack twenty times as fast as the product may: this Slack takes it, and hundreds of reports need not wait.
"""

from __future__ import annotations

import sys

from bot.logs import configure
from bot.settings import Settings, read
from bot.store import Store
from jobs.clients.pace import A_CHANNEL, METHODS, Pace, Rate
from jobs.worker import build, work
from tests.chaos import drills

FASTER = 20


def main(queue: str) -> int:
    """Work one queue until SIGTERM."""
    settings = read(Settings)
    configure(settings.log_level, secrets=settings.secrets)
    house = build(settings, strategies=drills.strategies(), carriers=drills.carriers(), pace=hurried)
    return work(house, settings, queue)


def hurried(store: Store) -> Pace:
    """The product's pace, with larger figures."""
    return Pace(store, methods={name: _faster(rate) for name, rate in METHODS.items()}, a_channel=_faster(A_CHANNEL))


def _faster(rate: Rate) -> Rate:
    return Rate(rate.burst * FASTER, rate.per_minute * FASTER)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
