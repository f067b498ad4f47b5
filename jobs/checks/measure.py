"""Asking Prometheus for a service's figures over one window, with the reason kept where there is no figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.catalog.model import Metrics, Service
from bot.catalog.queries import filled
from bot.domain.model import JsonObject
from bot.domain.verdict import Measured
from jobs.clients import PrometheusClient
from jobs.clients.errors import Unreachable
from jobs.clients.together import together

SCRAPES_A_WINDOW = 6
"""REQUIREMENTS.md R3: the scrape interval is at most a sixth of a check's window."""
FRESH_SCRAPES = 2.5
"""A target whose last scrape is older than so many intervals says nothing about now."""


@dataclass(frozen=True)
class Reading:
    """One answer: the query as asked, the number (None: none came), and why not: "unreachable" or "no-data"."""

    query: str
    value: float | None
    why: str = ""


@dataclass(frozen=True)
class Traffic:
    """One side's requests and errors (counts over the window) and its p95 (seconds)."""

    requests: Reading
    errors: Reading
    p95: Reading

    @property
    def share(self) -> float | None:
        """Errors as a share of requests; None without requests or without an answer."""
        requests, errors = self.requests.value, self.errors.value
        share = errors / requests if requests and errors is not None else None
        return share if share is not None and math.isfinite(share) else None

    @property
    def why(self) -> str:
        """Why there is no share: "unreachable", "no-data", or "" when there is one."""
        if self.share is not None:
            return ""
        return self.requests.why or self.errors.why or "no-data"

    def measured(self, name: str, *, limit: float | None, window_s: float) -> Measured:
        """The error share as a measurement, with the counts behind it."""
        return Measured(
            name=name,
            value=self.share,
            unit="share",
            query=f"({self.errors.query}) / ({self.requests.query})",
            limit=limit,
            window_s=window_s,
            part=self.errors.value,
            whole=self.requests.value,
        )


@dataclass(frozen=True)
class Whole:
    """The whole of a service over `window_s` seconds: what there is to see where no side of it is told apart."""

    traffic: Traffic
    window_s: float

    def figures(self) -> JsonObject:
        """As plain figures: the share is 0..1, counts are of the window, times are seconds."""
        return {**_whole_figures(self.traffic), "window_s": self.window_s}


@dataclass(frozen=True)
class Seen:
    """The service at one moment: the whole of it, its stable side, its canary, over `window_s` seconds.

    `age_s`: seconds since the service's targets were last scraped. `window_fits`: enough scrapes lie in the window.
    """

    whole: Traffic
    stable: Traffic
    canary: Traffic
    age_s: Reading
    window_s: float
    window_fits: bool
    scrape_interval_s: float

    @property
    def blind(self) -> str:
        """Why nothing can be judged on these figures at all; "" when it can."""
        if not self.window_fits:
            return "bad-window"
        if self.age_s.value is None:
            return self.age_s.why
        return "stale-data" if self.age_s.value > FRESH_SCRAPES * self.scrape_interval_s else ""

    @property
    def canary_share(self) -> float | None:
        """The share of requests that arrived at the canary; None without requests."""
        canary, stable = self.canary.requests.value, self.stable.requests.value
        if canary is None or stable is None or canary + stable <= 0:
            return None
        return canary / (canary + stable)

    def figures(self) -> JsonObject:
        """Everything as plain figures: shares are 0..1, counts are of the window, times are seconds."""
        return {
            **_whole_figures(self.whole),
            "stable_error_share": self.stable.share,
            "stable_errors": self.stable.errors.value,
            "stable_requests": self.stable.requests.value,
            "stable_p95": self.stable.p95.value,
            "canary_error_share": self.canary.share,
            "canary_errors": self.canary.errors.value,
            "canary_requests": self.canary.requests.value,
            "canary_p95": self.canary.p95.value,
            "seen_canary_share": self.canary_share,
            "window_s": self.window_s,
        }


class Sides(Protocol):
    """The subsets of the two sides."""

    @property
    def stable(self) -> str:
        """The one that gets the traffic."""

    @property
    def canary(self) -> str:
        """The one that loses it."""


def look(prometheus: PrometheusClient, service: Service, *, sides: Sides, window_s: float) -> Seen:
    """All figures of a service and of its two sides over `window_s` seconds, asked side by side. Never raises."""
    metrics = service.metrics
    queries = (
        _queries(metrics, "whole", "", window_s)
        | _queries(metrics, "stable", sides.stable, window_s)
        | _queries(metrics, "canary", sides.canary, window_s)
    )
    queries["age"] = age_query(service)
    readings = _readings(prometheus, queries)
    return Seen(
        whole=_traffic(readings, "whole"),
        stable=_traffic(readings, "stable"),
        canary=_traffic(readings, "canary"),
        age_s=readings["age"],
        window_s=window_s,
        window_fits=fits(metrics, window_s=window_s),
        scrape_interval_s=metrics.scrape_interval_s,
    )


def look_at_whole(prometheus: PrometheusClient, service: Service) -> Whole:
    """The whole service's figures over the shortest window that means something. Never raises."""
    window_s = SCRAPES_A_WINDOW * service.metrics.scrape_interval_s
    readings = _readings(prometheus, _queries(service.metrics, "whole", "", window_s))
    return Whole(traffic=_traffic(readings, "whole"), window_s=window_s)


def _readings(prometheus: PrometheusClient, queries: Mapping[str, str]) -> dict[str, Reading]:
    return together({name: _asking(prometheus, query) for name, query in queries.items()})


def _traffic(readings: Mapping[str, Reading], side: str) -> Traffic:
    return Traffic(
        requests=readings[f"{side}.requests"], errors=readings[f"{side}.errors"], p95=readings[f"{side}.p95"]
    )


def _whole_figures(whole: Traffic) -> JsonObject:
    return {
        "error_share": whole.share,
        "errors": whole.errors.value,
        "requests": whole.requests.value,
        "p95": whole.p95.value,
    }


def fits(metrics: Metrics, *, window_s: float) -> bool:
    """Whether a window holds enough scrapes to judge by."""
    wanted = SCRAPES_A_WINDOW * metrics.scrape_interval_s
    return window_s >= wanted or math.isclose(window_s, wanted)


def age_query(service: Service) -> str:
    """Seconds since a target of the service was last scraped with success: how old Prometheus' picture is.

    A scrape that fails writes a fresh 0: a target that is down has no age, so that nothing is judged by it.
    """
    up = service.validation.up
    return f"time() - max(timestamp({up}) and {up} == 1)"


def read(prometheus: PrometheusClient, query: str) -> Reading:
    """One number, or why there is none. Never raises."""
    try:
        value = prometheus.instant(query)
    except Unreachable:
        return Reading(query=query, value=None, why="unreachable")
    return Reading(query=query, value=value, why="" if value is not None else "no-data")


def _queries(metrics: Metrics, side: str, subset: str, window_s: float) -> dict[str, str]:
    whole = side == "whole"
    return {
        f"{side}.requests": filled(
            metrics.all_requests if whole else metrics.requests, subset=subset, window_s=window_s
        ),
        f"{side}.errors": filled(metrics.all_errors if whole else metrics.errors, subset=subset, window_s=window_s),
        f"{side}.p95": filled(metrics.all_p95 if whole else metrics.p95, subset=subset, window_s=window_s),
    }


def _asking(prometheus: PrometheusClient, query: str) -> Callable[[], Reading]:
    return lambda: read(prometheus, query)
