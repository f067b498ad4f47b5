"""Prometheus: reads only, one number or one series at a time, and no data is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.util.retry import Retry

from jobs.clients.errors import Unreachable

TIMEOUT_S = 3
POINTS = 11_000
"""Prometheus refuses a range query with more points a series."""

T = TypeVar("T")
Sample: TypeAlias = tuple[float, float]
"""Unix seconds, value."""


class PrometheusClient:
    """Asks one Prometheus. A read that found no connection is tried once more; each try has 3 s."""

    def __init__(self, url: str) -> None:
        self._connect = PrometheusConnect(
            url=url.rstrip("/"),
            timeout=TIMEOUT_S,
            retry=Retry(total=1, connect=1, read=0, redirect=0, status=0, other=0, backoff_factor=0.1),
        )

    def instant(self, query: str) -> float | None:
        """The one number a query gives now. None: no series, several series, or not a finite number.

        Raises:
            Unreachable: no answer, or an answer that says the query failed.
        """
        return self._ask(lambda: _one(self._connect.custom_query(query)))

    def vector(self, query: str) -> list[tuple[dict[str, str], float | None]]:
        """Every series of a query now: labels and value (None when it is not a finite number).

        Raises:
            Unreachable: as `instant`.
        """
        return self._ask(lambda: _each(self._connect.custom_query(query)))

    def range(self, query: str, *, start: float, end: float, step: float) -> list[Sample]:
        """The one series of a query between two Unix times, every `step` seconds. Empty: no series, or several.

        Raises:
            Unreachable: as `instant`.
        """
        step = max(step, (end - start) / POINTS)
        begin, until = (datetime.fromtimestamp(at, tz=UTC) for at in (start, end))
        return self._ask(lambda: _samples(self._connect.custom_query_range(query, begin, until, f"{step:g}")))

    def _ask(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (requests.RequestException, PrometheusApiClientException, ValueError, LookupError, TypeError) as error:
            # Also an answer of another shape than was asked for (a native histogram has no "value") is no answer.
            raise Unreachable("Prometheus", str(error)[:300]) from error


def _one(result: list[Any]) -> float | None:
    if _is_scalar(result):
        return _finite(result[1])
    return _finite(result[0]["value"][1]) if len(result) == 1 else None


def _each(result: list[Any]) -> list[tuple[dict[str, str], float | None]]:
    if _is_scalar(result):
        return [({}, _finite(result[1]))]
    return [(dict(series["metric"]), _finite(series["value"][1])) for series in result]


def _samples(result: list[Any]) -> list[Sample]:
    if len(result) != 1:
        return []
    pairs = ((float(at), _finite(value)) for at, value in result[0]["values"])
    return [(at, value) for at, value in pairs if value is not None]


def _is_scalar(result: list[Any]) -> bool:
    return bool(result) and not isinstance(result[0], dict)


def _finite(text: Any) -> float | None:  # noqa: ANN401 - Prometheus' JSON carries numbers as text
    value = float(text)
    return value if math.isfinite(value) else None
