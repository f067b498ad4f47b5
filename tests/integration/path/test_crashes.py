"""kill -9 of the worker, during a hold and during a write: the run ends, and nothing is doubled."""

from __future__ import annotations

from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import People

ONCE = [
    ("patch", "game-server", "replicas=8"),
    ("patch", "game-server-vs", "weight=75, weight=25"),
    ("patch", "game-server-vs", "weight=90, weight=10"),
    ("patch", "game-server-vs", "weight=100, weight=0"),
    ("patch", "game-server-canary", "replicas=0"),
    ("delete", "game-server-canary", ""),
]


def test_a_worker_killed_during_a_hold_is_not_missed(production: Stack, people: People) -> None:
    """Holds occupy no worker: the next one carries on where the journal stands."""
    since = looks.now()
    card = people.ask()
    people.approve(card)
    looks.until_step(production, 2)
    production.product.processes["worker"].kill()
    production.product.start_one("worker")
    card.until("Succeeded", within_s=90)
    assert looks.effects(production, since) == ONCE


def test_a_worker_killed_during_a_write_does_not_double_it(production: Stack, people: People) -> None:
    """The API server has acted, the worker dies before it hears so: the next one reads, and writes nothing twice."""
    since = looks.now()
    card = people.ask()
    people.approve(card)
    looks.until_step(production, 2)
    production.network.latency(1_500)
    looks.until(lambda: ONCE[2] in looks.effects(production, since), within_s=60, what="the write of 10 percent")
    production.product.processes["worker"].kill()
    production.network.heal()
    production.product.start_one("worker")
    card.until("Succeeded", within_s=120)
    assert looks.effects(production, since) == ONCE
    card.until_line("took over", within_s=10)
