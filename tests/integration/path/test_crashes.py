"""kill -9 of the worker, during a hold and during a write: the run ends, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
    card.until("Running 2 of 7", within_s=40)
    production.product.processes["worker"].kill()
    production.product.start_one("worker")
    card.until("Succeeded", within_s=90)
    assert looks.effects(production, since) == ONCE


@pytest.fixture
def slow_api(production: Stack) -> Iterator[Stack]:
    """Answers of the API server to the bot take 1.5 s, so that a worker can be killed in the middle of a write."""
    yield production
    production.api_latency(0)


def test_a_worker_killed_during_a_write_does_not_double_it(slow_api: Stack, people: People) -> None:
    """The API server has acted, the worker dies before it hears so: the next one reads, and writes nothing twice."""
    since = looks.now()
    card = people.ask()
    people.approve(card)
    card.until("Running 2 of 7", within_s=40)
    slow_api.api_latency(1.5)
    written = lambda: any(value == "weight=90, weight=10" for *_, value in looks.effects(slow_api, since))  # noqa: E731
    looks.until(written, within_s=60, what="the write of 10 percent")
    slow_api.product.processes["worker"].kill()
    slow_api.api_latency(0)
    slow_api.product.start_one("worker")
    card.until("Succeeded", within_s=120)
    assert looks.effects(slow_api, since) == ONCE
    card.until_line("took over", within_s=10)
