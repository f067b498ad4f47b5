"""What is judged after each weight: did it arrive, and did the side it moved to get worse. Pure.

REQUIREMENTS.md R3, UX.md ("Stable must not get worse"): the destination is judged; the canary's and the whole service's
figures are attached and not judged until weight 0. No data is Unknown, never a pass (FACTS.md, peers' complaint 7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.catalog.model import Limits
from bot.domain.model import JsonObject
from bot.domain.verdict import Check, Measured, Verdict
from jobs.checks.measure import Seen, Traffic

FEW_ERRORS = 4
"""Fewer errors than this are chance, whatever share they make: with 200 requests one more error is half a point."""
NOISE = 2.5
"""Standard deviations of a share drawn from so many requests that are taken for chance."""
PERCENT = 100.0


@dataclass(frozen=True)
class Move:
    """One change of weight, in percent of the canary, and the pods stable must have Ready to carry the rest.

    `span`: where its routes differ, the least and the most percent that one of them leads to the canary afterwards;
    `seen_before`: the share (0..1) of requests that arrived there when it was planned, None where that is unknown.
    """

    from_percent: float
    to_percent: float
    pods: int
    span: tuple[float, float] | None = None
    seen_before: float | None = None


@dataclass(frozen=True)
class Live:
    """What the API server says after the hold: the canary's percent (None: no such route) and stable's Ready pods."""

    percent: float | None
    ready: int


def stable_not_worse(seen: Seen, move: Move, live: Live, *, limits: Limits, before: float | None) -> list[Check]:
    """Judge stable after weight moved to it: errors against `before` (its share when planned), p95, pods, arrival."""
    figures = _figures(seen, move, live, before=before)
    return [
        _stable_errors(seen, limits=limits, before=before, figures=figures),
        _p95("p95", seen, seen.stable, limit=limits.p95_s, figures=figures),
        _pods_ready(live, move, figures=figures),
        _weight_held(live, move, figures=figures),
        _arrived(seen, move, limits=limits, figures=figures),
    ]


def error_rate_at_most(seen: Seen, move: Move, live: Live, *, limits: Limits, before: float | None) -> list[Check]:
    """Judge the whole service once the canary has weight 0: its error share, stable's pods, and arrival."""
    figures = _figures(seen, move, live, before=before)
    return [
        _whole_errors(seen, limits=limits, figures=figures),
        _pods_ready(live, move, figures=figures),
        _weight_held(live, move, figures=figures),
        _arrived(seen, move, limits=limits, figures=figures),
    ]


def _figures(seen: Seen, move: Move, live: Live, *, before: float | None) -> JsonObject:
    return {
        **seen.figures(),
        "whole_error_share": seen.whole.share,
        "canary": move.to_percent,
        "stable": PERCENT - move.to_percent,
        "live_canary": live.percent,
        "before": before,
        "ready": live.ready,
        "pods": move.pods,
    }


def _stable_errors(seen: Seen, *, limits: Limits, before: float | None, figures: JsonObject) -> Check:
    allowed = None if before is None else before + limits.worse_by_share
    measured = seen.stable.measured("stable_error_share", limit=allowed, window_s=seen.window_s)
    verdict, saw = _errors(seen, seen.stable, limits=limits, allowed=allowed)
    if before is None and verdict is Verdict.UNKNOWN and saw == "no-baseline":
        # Without a "before" it cannot pass; above the service's own limit it is bad all the same.
        verdict, above = _errors(seen, seen.stable, limits=limits, allowed=limits.error_share)
        verdict, saw = (verdict, above) if verdict is Verdict.FAIL else (Verdict.UNKNOWN, saw)
    return Check(code="stable_not_worse", verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def _whole_errors(seen: Seen, *, limits: Limits, figures: JsonObject) -> Check:
    measured = seen.whole.measured("error_share", limit=limits.error_share, window_s=seen.window_s)
    verdict, saw = _errors(seen, seen.whole, limits=limits, allowed=limits.error_share)
    return Check(code="error_rate_at_most", verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def _errors(seen: Seen, side: Traffic, *, limits: Limits, allowed: float | None) -> tuple[Verdict, str]:
    share, requests, errors = side.share, side.requests.value, side.errors.value
    if seen.blind:
        return Verdict.UNKNOWN, seen.blind
    if requests is not None and requests < limits.min_requests:
        return Verdict.UNKNOWN, "few-requests"
    if share is None or errors is None:
        return Verdict.UNKNOWN, side.why
    if allowed is None:
        return Verdict.UNKNOWN, "no-baseline"
    if share <= allowed:
        return Verdict.PASS, "within-limit"
    return (Verdict.UNKNOWN, "few-errors") if errors < FEW_ERRORS else (Verdict.FAIL, "worse")


def _p95(code: str, seen: Seen, side: Traffic, *, limit: float, figures: JsonObject) -> Check:
    value = side.p95.value
    measured = Measured(
        name="stable_p95", value=value, unit="s", query=side.p95.query, limit=limit, window_s=seen.window_s
    )
    if seen.blind or value is None:
        return Check(
            code=code,
            verdict=Verdict.UNKNOWN,
            saw=seen.blind or side.p95.why,
            figures=figures,
            measured=(measured,),
        )
    verdict, saw = (Verdict.PASS, "within-limit") if value <= limit else (Verdict.FAIL, "too-slow")
    return Check(code=code, verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def _pods_ready(live: Live, move: Move, *, figures: JsonObject) -> Check:
    measured = Measured(name="ready_pods", value=live.ready, unit="count", limit=move.pods)
    enough = live.ready >= move.pods
    return Check(
        code="pods_ready",
        verdict=Verdict.PASS if enough else Verdict.FAIL,
        saw="all-ready" if enough else "not-ready",
        figures=figures,
        measured=(measured,),
    )


def _weight_held(live: Live, move: Move, *, figures: JsonObject) -> Check:
    held = live.percent is not None and math.isclose(live.percent, move.to_percent, abs_tol=0.01)
    measured = Measured(name="canary_percent", value=live.percent, unit="percent", limit=move.to_percent)
    return Check(
        code="weight_held",
        verdict=Verdict.PASS if held else Verdict.FAIL,
        saw="as-set" if held else "moved-back",
        figures=figures,
        measured=(measured,),
    )


def _arrived(seen: Seen, move: Move, *, limits: Limits, figures: JsonObject) -> Check:
    """Whether traffic went where the weight says. Too few requests to tell from traffic that stayed: Unknown."""
    share, counted = seen.canary_share, (seen.canary.requests.value or 0) + (seen.stable.requests.value or 0)
    measured = Measured(
        name="seen_canary_share",
        value=share,
        unit="share",
        query=f"({seen.canary.requests.query}) / ({seen.canary.requests.query} + {seen.stable.requests.query})",
        limit=(move.span[1] if move.span else move.to_percent) / PERCENT,
        window_s=seen.window_s,
        part=seen.canary.requests.value,
        whole=counted,
    )
    verdict, saw = _arrival(seen, share, counted, move=move, limits=limits)
    return Check(code="seen_share", verdict=verdict, saw=saw, figures=figures, measured=(measured,))


def _arrival(seen: Seen, share: float | None, counted: float, *, move: Move, limits: Limits) -> tuple[Verdict, str]:
    if seen.blind:
        return Verdict.UNKNOWN, seen.blind
    if share is None:
        return Verdict.UNKNOWN, seen.canary.requests.why or seen.stable.requests.why or "no-data"
    if counted < limits.min_requests:
        return Verdict.UNKNOWN, "few-requests"
    if move.span:
        return _fallen(share, counted, most=move.span[1] / PERCENT, before=move.seen_before, limits=limits)
    was, want = move.from_percent / PERCENT, move.to_percent / PERCENT
    half_way, off = abs(was - want) / 2, abs(share - want)
    # The window's first scrape may still hold requests from before the move.
    late = abs(was - want) * seen.scrape_interval_s / seen.window_s
    noise = NOISE * max(math.sqrt(p * (1 - p) / counted) for p in (was, want)) + late
    if off <= half_way and off <= limits.share_tolerance + noise:
        return (Verdict.UNKNOWN, "few-requests") if noise > half_way else (Verdict.PASS, "arrived")
    if off > half_way and off <= NOISE * math.sqrt(want * (1 - want) / counted) + late:
        return Verdict.UNKNOWN, "few-requests"
    return Verdict.FAIL, "not-arrived"


def _fallen(share: float, counted: float, *, most: float, before: float | None, limits: Limits) -> tuple[Verdict, str]:
    """Where routes differ, how many requests take which is not known: the share must have fallen, and not be too high.

    A share that has not fallen may be right all the same, so it is Unknown; the last weight is judged to the point.
    """
    spread = share * (1 - share) + (0 if before is None else before * (1 - before))
    noise = NOISE * math.sqrt(spread / counted)
    if share > most + limits.share_tolerance + noise:
        return Verdict.FAIL, "not-arrived"
    if before is None:
        return Verdict.UNKNOWN, "no-baseline"
    return (Verdict.PASS, "arrived") if before - share > noise else (Verdict.UNKNOWN, "several-routes")
