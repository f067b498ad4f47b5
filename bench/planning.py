"""What a plan costs: requests to the API server, and the time to look and decide, with 3, 100 and 500 pods.

In one process, without Slack and Redis: the strategies and clients are the product's, the API server is a real one with
kwok in the kubelet's place, and the catalog is the shipped one. Prometheus is real and has no series, which costs a
query the same. The pods are those of the service that is planned for, of both its sides together.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.counting import Noted, noted
from bench.figures import Figure, percentile
from bench.pods import Pods
from bot.catalog import Catalog, load
from bot.domain.people import Person
from bot.domain.rollback import Request
from jobs.clients.resources import POD
from jobs.strategies import STRATEGIES
from sandbox.catalog import SHIPPED
from sandbox.cluster import Cluster, game_objects, rbac_objects
from sandbox.prometheus import Prometheus

SIZES: Final = (3, 100, 500)
MOST_REQUESTS: Final = 16
GOAL_MS: Final = 400.0
"""With the most pods."""
WARM_UP, ROUNDS = 2, 15
WAYS: Final = {"kubernetes": "match-server", "canary": "game-server", "blue-green": "lobby"}
_BY = Person(team="T0BENCH", id="U0REQUESTER")


@dataclass(frozen=True)
class Planned:
    """Some rounds of one plan: requests and Prometheus' queries of each, its milliseconds, and a bare list of pods.

    `cpu_ms`: the median of what this process itself worked, whatever else the machine did.
    """

    pods: int
    requests: tuple[int, ...]
    queries: int
    times: tuple[float, ...]
    cpu_ms: float
    bare_ms: float


def measure() -> list[Figure]:
    """Each way back at each size, one after the other."""
    with (
        tempfile.TemporaryDirectory(prefix="rollback-bench-") as name,
        Cluster(Path(name) / "cluster") as cluster,
        Prometheus(Path(name), {}) as prometheus,
    ):
        cluster.apply([game_objects()[0], *rbac_objects()])
        asked = noted(kubeconfig=cluster.kubeconfig("bot"), prometheus_url=prometheus.url)
        catalog = load(SHIPPED)
        figures: list[Figure] = []
        for way, service in WAYS.items():
            pods = Pods(cluster, service)
            pods.deploy()
            seen = []
            for size in SIZES:
                pods.scale(size)
                seen.append(rounds(asked, catalog, way, service, pods=size))
            pods.remove()
            figures += figures_of(way, seen)
    return figures


def figures_of(way: str, seen: Sequence[Planned]) -> list[Figure]:
    """The most requests of any round, which must be the same in all; and the median time at each size."""
    counts = {count for each in seen for count in each.requests}
    said = "; ".join(f"{each.pods} pods: {_counts(each)}" for each in seen)
    largest = max(each.pods for each in seen)
    return [
        Figure(
            name=f"planning_{way}_requests",
            value=max(counts),
            unit="requests",
            goal=MOST_REQUESTS + 1,
            beside=f"{said}; beside them {seen[-1].queries} queries to Prometheus",
            failed=len(counts) > 1,
        ),
        *(_time(way, each, goal=GOAL_MS if each.pods == largest else None) for each in seen),
    ]


def one_plan(asked: Noted, catalog: Catalog, way: str, service: str) -> float:
    """Look and decide once; milliseconds.

    Raises:
        bot.domain.refusal.Refused: there is no such way back now.
        jobs.clients.errors.Temporary: no answer now.
    """
    entry, strategy = catalog.services[service], STRATEGIES[way]
    wanted = Request(service=service, strategy=way, by=_BY, channel=entry.channel, reason="measured")
    began = time.perf_counter()
    strategy.plan(strategy.observe(asked.clients, wanted, entry), wanted, entry, service)
    return (time.perf_counter() - began) * 1000


def rounds(asked: Noted, catalog: Catalog, way: str, service: str, *, pods: int) -> Planned:
    """Plan some times, and list the pods alone beside it. `pods`: how many there are. Raises as `one_plan`."""
    requests, times, cpu, bare, queries = [], [], [], [], 0
    for number in range(WARM_UP + ROUNDS):
        asked.forget()
        worked = time.process_time()
        took = one_plan(asked, catalog, way, service)
        worked = time.process_time() - worked
        count, queries = len(asked.api.asked), len(asked.prometheus.asked)
        listed = _bare_list(asked, catalog, service)
        if number >= WARM_UP:
            requests.append(count)
            times.append(took)
            cpu.append(1000 * worked)
            bare.append(listed)
    return Planned(pods, tuple(requests), queries, tuple(times), percentile(cpu, 50), percentile(bare, 50))


def _bare_list(asked: Noted, catalog: Catalog, service: str) -> float:
    """Milliseconds that the list of the service's pods alone takes: what no plan that looks at them can be under."""
    entry = catalog.services[service].kubernetes
    selector = ",".join(f"{key}={value}" for key, value in entry.selector.items())
    began = time.perf_counter()
    asked.clients.kubernetes.list(POD, entry.namespace, selector=selector)
    return (time.perf_counter() - began) * 1000


def _counts(each: Planned) -> str:
    return " or ".join(str(count) for count in sorted(set(each.requests)))


def _time(way: str, each: Planned, *, goal: float | None) -> Figure:
    spread = f"min {min(each.times):.0f}, max {max(each.times):.0f} ms of {len(each.times)}"
    return Figure(
        name=f"planning_{way}_{each.pods}_pods_p50",
        value=round(percentile(each.times, 50), 1),
        unit="ms",
        goal=goal,
        beside=f"{spread}; {each.cpu_ms:.0f} ms of processor; the list of its pods alone: {each.bare_ms:.0f} ms",
    )
