"""Traffic: move the route's weights from the canary to stable, and wait until nothing arrives there any more."""

from __future__ import annotations

import math

from bot.domain.model import Json, JsonObject
from bot.domain.refusal import Refused
from bot.domain.verdict import Check, Verdict
from jobs.checks import measure
from jobs.checks.canary import Live, Move, error_rate_at_most, stable_not_worse
from jobs.checks.drained import drained
from jobs.clients import errors
from jobs.clients.objects import pods_of, ready
from jobs.clients.resources import DEPLOYMENT, VIRTUAL_SERVICE, Raw, Ref
from jobs.steps import patches
from jobs.steps.claims import claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting
from jobs.steps.retire import canary_deployment, still_routed
from jobs.steps.routing import WHOLE, Pair, Route, find
from jobs.steps.templates import template_moved

CLOSE = 0.01
"""Percent: shares are planned with two decimals."""
LOOK_AGAIN_S = 1.0
DRAIN_EXTRA_S = 30.0
"""Seconds beyond two windows that requests may still trickle in before a person is asked."""
UNKNOWN_S = 30.0
"""Seconds that Prometheus may stay silent before the proof is given up."""
JUDGES = {"stable_not_worse": stable_not_worse, "error_rate_at_most": error_rate_at_most}


class SetWeight:
    """The canary's share of the route at `to` percent, stable the rest; everything else of the object untouched."""

    def look(self, ctx: Context) -> Look:
        """Stable still runs what was approved; find the route in a fresh read and compare its share with the plan's."""
        moved = template_moved(ctx, "stable", ctx.clients.kubernetes.get(_stable(ctx)))
        if moved:
            return moved
        live = ctx.read(_ref(ctx))
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved("virtual_service_uid", ctx.text("uid"), live["metadata"]["uid"])
        try:
            route = find(live, Pair.planned(ctx.step.params))
        except Refused as refused:
            return Moved("route", ctx.text("route"), str(refused.refusal.code))
        return compare(route, was=ctx.number("from"), to=ctx.number("to"))

    def claim(self, ctx: Context) -> None:
        """The VirtualService."""
        claim(ctx, _ref(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Write both weights, tested against the route as last read."""
        live = ctx.last(_ref(ctx))
        try:
            route = find(live, Pair.planned(ctx.step.params))
        except Refused as refused:
            raise errors.Moved(f"{_ref(ctx)}: {refused}") from refused
        if not isinstance(compare(route, was=ctx.number("from"), to=ctx.number("to")), AsPlanned):
            raise errors.Moved(f"{_ref(ctx)}: the canary is at {route.canary_percent:g} %")
        stable, canary = round(ctx.number("stable_to")), round(ctx.number("to"))
        change = patches.weights(route, stable=stable, canary=canary)
        operations = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=change)
        ctx.clients.kubernetes.json_patch(_ref(ctx), operations, manager=ctx.manager)
        return {"was": route.canary_percent, "canary": canary, "stable": stable}

    def settle(self, ctx: Context) -> Settled:
        """Read the weight back from the API server."""
        percent = _live_percent(ctx)
        if percent is None or not math.isclose(percent, ctx.number("to"), abs_tol=CLOSE):
            return Stuck("not-as-written", {"canary": percent, "wanted": ctx.step.params["to"]})
        return Done({"canary": percent, "stable": WHOLE - percent, "read_back": True})

    def check(self, ctx: Context) -> list[Check]:
        """Judge the hold: the live object, the share of requests that arrived, and the side that took them."""
        judge = JUDGES.get(ctx.step.check)
        if judge is None:
            return []
        seen = measure.look(
            ctx.clients.prometheus, ctx.service, sides=Pair.planned(ctx.step.params), window_s=ctx.step.hold_s
        )
        live = Live(percent=_live_percent(ctx), ready=ready(ctx.clients.kubernetes.get(_stable(ctx))))
        move = Move(from_percent=ctx.number("from"), to_percent=ctx.number("to"), pods=round(ctx.number("pods")))
        return judge(seen, move, live, limits=ctx.service.limits, before=ctx.before("stable_error_share"))


class Drain:
    """No request at the canary for a whole window. A read: it only waits for the proof."""

    def look(self, ctx: Context) -> Look:
        """No route may lead there any more."""
        places = still_routed(ctx)
        return Moved("canary_traffic", [], list[Json](places)) if places else AsPlanned()

    def claim(self, ctx: Context) -> None:
        """Nothing is written."""
        del ctx

    def apply(self, ctx: Context) -> JsonObject:
        """Nothing is written."""
        return {"window_s": ctx.step.params["window_s"]}

    def settle(self, ctx: Context) -> Settled:
        """Count what arrived in the window; without pods there is nowhere to arrive."""
        deployment = canary_deployment(ctx)
        if deployment is None or not pods_of(ctx.clients.kubernetes, deployment):
            return Done({"requests": 0, "pods": 0, "window_s": ctx.step.params["window_s"]})
        window_s = ctx.number("window_s")
        seen = drained(ctx.clients, ctx.service, subset=Pair.planned(ctx.step.params).canary, window_s=window_s)
        if seen.verdict is Verdict.PASS:
            return Done(seen.figures)
        since = ctx.started_at or ctx.applied_at
        waited_s = (ctx.now() - since) / 1000 if since else 0
        if seen.verdict is Verdict.UNKNOWN and waited_s > UNKNOWN_S:
            return Stuck("cannot-prove-drained", {**seen.figures, "why": seen.saw})
        if waited_s > 2 * window_s + DRAIN_EXTRA_S:
            return Stuck("still-requests", seen.figures)
        # What is recorded here is a journal entry each time it changes: the count would change every second.
        return Waiting(LOOK_AGAIN_S, {"saw": seen.saw})

    def check(self, ctx: Context) -> list[Check]:
        """Nothing further to judge."""
        del ctx
        return []


def compare(route: Route, *, was: float, to: float) -> Look:
    """The live share against the two the plan knows. Pure."""
    now = route.canary_percent
    if math.isclose(now, to, abs_tol=CLOSE):
        return AlreadySo({"canary": now, "stable": WHOLE - now})
    if math.isclose(now, was, abs_tol=CLOSE):
        return AsPlanned({"canary": now, "stable": WHOLE - now})
    return Moved("canary_weight", was, round(now, 2))


def _live_percent(ctx: Context) -> float | None:
    live: Raw = ctx.clients.kubernetes.get(_ref(ctx))
    try:
        return find(live, Pair.planned(ctx.step.params)).canary_percent
    except Refused:
        return None


def _ref(ctx: Context) -> Ref:
    return Ref(VIRTUAL_SERVICE, ctx.text("namespace"), ctx.text("virtual_service"))


def _stable(ctx: Context) -> Ref:
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("stable_deployment"))
