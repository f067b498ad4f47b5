"""When the service was well again, read back from Prometheus: recovered (first sample under the limit), normalised."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog import Service
from bot.domain.model import JsonObject
from jobs.clients import Clients
from jobs.clients.prometheus import PrometheusClient

SAMPLES = 6
"""A rate needs this many scrapes in its window to mean something (REQUIREMENTS.md R3)."""
POINTS = 200


def error_share_query(service: Service) -> tuple[str, float]:
    """The whole service's error share (0..1) as PromQL, and its window in seconds."""
    window_s = SAMPLES * service.metrics.scrape_interval_s
    errors, requests = (
        query.replace("$window", f"{window_s:g}s")
        for query in (service.metrics.all_errors, service.metrics.all_requests)
    )
    return f"({errors}) / ({requests})", window_s


def error_series(
    prometheus: PrometheusClient, service: Service, *, begin: int, end: int, points: int = POINTS
) -> list[tuple[float, float]]:
    """The error share over time: (unix seconds, share 0..1), from `begin` to `end` (ms).

    About so many `points`; fewer where they would be closer together than scrapes.

    Raises:
        Unreachable: Prometheus did not answer.
    """
    query, _ = error_share_query(service)
    step_s = max(service.metrics.scrape_interval_s, (end - begin) / 1000 / points)
    return prometheus.range(query, start=begin / 1000, end=end / 1000, step=step_s)


def recovered_since(clients: Clients, service: Service, *, begin: int, end: int) -> int | None:
    """Redis ms of the first sample since which the error share stayed at or under the limit; None while it is above.

    Raises:
        Unreachable: Prometheus did not answer.
    """
    since: int | None = None
    for at, share in error_series(clients.prometheus, service, begin=begin, end=end):
        if share > service.limits.error_share:
            since = None
        elif since is None:
            since = int(at * 1000)
    return since


@dataclass(frozen=True)
class Aftermath:
    """What the watch saw: `figures` holds error_max (share), p95_max (s), seconds, and the limits."""

    normal: bool
    figures: JsonObject


def aftermath(clients: Clients, service: Service, *, begin: int, end: int) -> Aftermath:
    """Whether error share and p95 ended the watch within their limits, and their highest values once recovered.

    Raises:
        Unreachable: Prometheus did not answer.
    """
    limits = service.limits
    # The first window still holds requests from before the end of the rollback.
    settled = begin + int(error_share_query(service)[1] * 1000)
    shares = [share for _, share in error_series(clients.prometheus, service, begin=min(settled, end), end=end)]
    p95_query = service.metrics.all_p95.replace("$window", f"{SAMPLES * service.metrics.scrape_interval_s:g}s")
    p95s = [
        value
        for _, value in clients.prometheus.range(
            p95_query,
            start=min(settled, end) / 1000,
            end=end / 1000,
            step=service.metrics.scrape_interval_s,
        )
    ]
    figures: JsonObject = {
        "seconds": round((end - begin) / 1000),
        "error_max": max(shares, default=None),
        "p95_max": max(p95s, default=None),
        "error_limit": limits.error_share,
        "p95_limit": limits.p95_s,
    }
    if not shares or not p95s:
        return Aftermath(normal=False, figures={**figures, "why": "unknown"})
    normal = max(shares) <= limits.error_share and max(p95s) <= limits.p95_s
    return Aftermath(normal=normal, figures=figures if normal else {**figures, "why": "above"})
