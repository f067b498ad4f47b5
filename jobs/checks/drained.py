"""Proof that nothing flows to the canary any more: no route leads there, and Prometheus counted no request."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.model import Service
from bot.catalog.queries import filled
from bot.domain.model import JsonObject
from bot.domain.verdict import Verdict
from jobs.checks.measure import FRESH_SCRAPES, age_query, read
from jobs.clients import Clients
from jobs.clients.together import together


@dataclass(frozen=True)
class Drained:
    """Pass: no request in the window. Fail: there were. Unknown: nobody can tell (`saw` says why)."""

    verdict: Verdict
    saw: str
    figures: JsonObject


def drained(clients: Clients, service: Service, *, subset: str, window_s: float) -> Drained:
    """Count the requests that arrived at a subset in the last `window_s` seconds. Never raises.

    A target that was not scraped of late would count none either: the age of its newest sample decides first.
    """
    query = filled(service.metrics.requests, subset=subset, window_s=window_s)
    asked = together(
        {
            "requests": lambda: read(clients.prometheus, query),
            "age": lambda: read(clients.prometheus, age_query(service)),
        }
    )
    requests, age = asked["requests"], asked["age"]
    figures: JsonObject = {"requests": requests.value, "window_s": window_s, "query": query, "age_s": age.value}
    if age.value is None or requests.value is None:
        return Drained(Verdict.UNKNOWN, age.why or requests.why, figures)
    if requests.value > 0:
        return Drained(Verdict.FAIL, "still-requests", figures)
    if age.value > FRESH_SCRAPES * service.metrics.scrape_interval_s:
        return Drained(Verdict.UNKNOWN, "stale-data", figures)
    return Drained(Verdict.PASS, "drained", figures)
