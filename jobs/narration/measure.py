"""What the metrics show of a rollback afterwards: the error rate, when it spiked, how many requests failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.catalog import Service
from bot.domain.report import Found, deployed_at, first_over
from bot.domain.rollback import Rollback
from jobs.clients.prometheus import PrometheusClient
from jobs.recovery import error_series

LONGEST_S: Final = 6 * 3600
BEFORE_S: Final = 120
"""How much of the time before the deployment is looked at."""
UNKNOWN_DEPLOY_S: Final = 1800
POINTS: Final = 240
FEWEST_SCRAPES: Final = 2
"""In a shorter time nothing can be counted: a counter grows from one scrape to the next."""


@dataclass(frozen=True)
class Measured:
    """`series`: (Unix seconds, error share 0..1), from `start` to `end` (Unix seconds)."""

    series: tuple[tuple[float, float], ...]
    found: Found
    start: float
    end: float


def measure(prometheus: PrometheusClient, service: Service, rollback: Rollback, *, now: int) -> Measured:
    """Look back from now to before the deployment.

    Raises:
        Unreachable: Prometheus did not answer.
    """
    start, end = _span(rollback, now)
    series = tuple(error_series(prometheus, service, begin=_ms(start), end=_ms(end), points=POINTS))
    spike = _spike(prometheus, service, rollback, series, apart=(end - start) / POINTS)
    return Measured(series=series, found=_found(prometheus, service, rollback, spike), start=start, end=end)


def _span(rollback: Rollback, now: int) -> tuple[float, float]:
    asked = rollback.requested_at / 1000
    deployed = deployed_at(rollback)
    begin = deployed / 1000 if deployed is not None else asked - UNKNOWN_DEPLOY_S
    return max(begin, asked - LONGEST_S) - BEFORE_S, min(now, rollback.watch_until or now) / 1000


def _spike(
    prometheus: PrometheusClient,
    service: Service,
    rollback: Rollback,
    series: Sequence[tuple[float, float]],
    *,
    apart: float,
) -> float | None:
    """Unix seconds of the first sample over the limit; to one scrape, also where the points are further `apart`."""
    over = partial(first_over, limit=service.limits.error_share, since=_since(rollback), until=_ended(rollback))
    coarse = over(series)
    if coarse is None or apart <= service.metrics.scrape_interval_s:
        return coarse
    return over(error_series(prometheus, service, begin=_ms(coarse - apart), end=_ms(coarse))) or coarse


def _since(rollback: Rollback) -> float | None:
    deployed = deployed_at(rollback)
    return deployed / 1000 if deployed is not None else None


def _ended(rollback: Rollback) -> float:
    return (rollback.ended_at or rollback.requested_at) / 1000


def _found(prometheus: PrometheusClient, service: Service, rollback: Rollback, spike: float | None) -> Found:
    ended, since = _ended(rollback), _since(rollback)
    spike_at = None if spike is None else _ms(spike)
    recovered = rollback.recovered_at / 1000 if rollback.recovered_at is not None else ended
    begin = spike if spike is not None else since
    if begin is None or recovered - begin < FEWEST_SCRAPES * service.metrics.scrape_interval_s:
        return Found(spike_at=spike_at)
    window = f"{max(1, round(min(recovered - begin, LONGEST_S)))}s"

    def counted(query: str) -> float | None:
        answer = prometheus.range(query.replace("$window", window), start=recovered, end=recovered, step=1)
        return answer[0][1] if answer else None

    failed, requests = counted(service.metrics.all_errors), counted(service.metrics.all_requests)
    return Found(spike_at=spike_at, failed=failed, requests=requests)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
