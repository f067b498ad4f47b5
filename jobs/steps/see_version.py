"""Asking the service's own address which version answers, as its users would, until it is the one that was promised."""

from __future__ import annotations

import json

from bot.catalog.queries import filled
from bot.domain.model import JsonObject
from bot.domain.verdict import Check, Measured, Verdict
from jobs.checks.measure import Reading, read
from jobs.steps.model import Context, Done, Settled, Stuck, Waiting
from jobs.steps.reads import Reads
from jobs.steps.routing import Pair

AGAIN_S = 0.2
"""Seconds between two questions: so many in a row are asked that a proxy that lags behind is met."""


class SeeVersion(Reads):
    """Reads only: the version address answers the version so many times running, and traffic is seen there."""

    def apply(self, ctx: Context) -> JsonObject:
        """Nothing is written; earlier answers are forgotten."""
        del ctx
        return {"running": 0}

    def settle(self, ctx: Context) -> Settled:
        """Ask once more; any other answer begins the count anew."""
        url, wanted, times = ctx.text("url"), ctx.text("version"), round(ctx.number("times"))
        if not url:
            return Done({"running": 0})
        answer = ctx.clients.probe.read(url)
        seen = version_in(answer.body) if answer.good else ""
        running = _running(ctx) + 1 if seen == wanted else 0
        figures: JsonObject = {"running": running, "seen": seen or answer.error or str(answer.status)}
        if running >= times:
            return Done(figures)
        waited_s = (ctx.now() - ctx.started_at) / 1000 if ctx.started_at else 0
        if waited_s > ctx.step.deadline_s / 2:
            return Stuck("other-version", {**figures, "version": wanted, "times": times, "url": url})
        return Waiting(AGAIN_S, figures)

    def check(self, ctx: Context) -> list[Check]:
        """After the settle time: requests have arrived at the good side in it."""
        pair, window_s = Pair.planned(ctx.step.params), ctx.step.hold_s
        query = filled(ctx.service.metrics.requests, subset=pair.stable, window_s=window_s)
        return [arrived(read(ctx.clients.prometheus, query), side=pair.stable, window_s=window_s)]


def arrived(requests: Reading, *, side: str, window_s: float) -> Check:
    """Whether requests arrived at a side. No data is Unknown; none at all is a Fail. Pure."""
    measured = Measured(
        name="requests", value=requests.value, unit="count", query=requests.query, limit=1, window_s=window_s
    )
    if requests.value is None:
        verdict, saw = Verdict.UNKNOWN, requests.why
    else:
        verdict, saw = (Verdict.PASS, "arrived") if requests.value > 0 else (Verdict.FAIL, "no-requests")
    figures: JsonObject = {"side": side, "requests": requests.value, "window_s": window_s}
    return Check(code="traffic_arrived", verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def version_in(body: str) -> str:
    """The version a body names: the member `version` of a JSON object, else the body itself where it is one word."""
    try:
        parsed = json.loads(body)
    except ValueError:
        words = body.split()
        return words[0] if len(words) == 1 else ""
    return str(parsed.get("version") or "") if isinstance(parsed, dict) else str(parsed)


def _running(ctx: Context) -> int:
    value = ctx.figures.get("running")
    return value if isinstance(value, int) else 0
