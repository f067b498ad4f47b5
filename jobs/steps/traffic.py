"""Traffic: move the routes' weights from the canary to stable, and wait until nothing arrives there any more."""

from __future__ import annotations

from dataclasses import replace

from bot.domain.model import Json, JsonObject
from bot.domain.refusal import Refused
from bot.domain.verdict import Check, Verdict
from bot.domain.weights import WHOLE
from jobs.checks import measure
from jobs.checks.canary import Live, Move, error_rate_at_most, stable_not_worse
from jobs.checks.drained import drained
from jobs.clients import errors
from jobs.clients.objects import pods_of, ready
from jobs.clients.resources import DEPLOYMENT, Raw, Ref
from jobs.steps import moves, patches, routers
from jobs.steps.claims import claim
from jobs.steps.model import AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting
from jobs.steps.moves import Moves
from jobs.steps.retire import canary_deployment, still_routed
from jobs.steps.splits import Pair, Split
from jobs.steps.templates import template_moved

LOOK_AGAIN_S = 1.0
DRAIN_EXTRA_S = 30.0
"""Seconds beyond two windows that requests may still trickle in before a person is asked."""
UNKNOWN_S = 30.0
"""Seconds that Prometheus may stay silent before the proof is given up."""
JUDGES = {"stable_not_worse": stable_not_worse, "error_rate_at_most": error_rate_at_most}


class SetWeight:
    """The canary's share of every route at `to` percent or below, stable the rest; all else of the object untouched."""

    def look(self, ctx: Context) -> Look:
        """Stable still runs what was approved; find the routes in a fresh read and compare their shares."""
        moved = template_moved(ctx, "stable", ctx.clients.kubernetes.get(_stable(ctx)))
        if moved:
            return moved
        router, ref = routers.of_step(ctx.step.params)
        live = ctx.read(ref)
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved(f"{router.figure}_uid", ctx.text("uid"), live["metadata"]["uid"])
        try:
            split = router.find(live, Pair.planned(ctx.step.params))
        except Refused as refused:
            return Moved("route", ctx.text("route"), str(refused.refusal.code))
        return moves.compare(split, _moves(ctx))

    def claim(self, ctx: Context) -> None:
        """The routing object."""
        claim(ctx, _ref(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Write all weights, each tested against the route as last read; with the last one, switch the matches too."""
        router, ref = routers.of_step(ctx.step.params)
        try:
            split = router.find(ctx.last(ref), Pair.planned(ctx.step.params))
        except Refused as refused:
            raise errors.Moved(f"{ref}: {refused}") from refused
        if not isinstance(moves.compare(split, _moves(ctx)), AsPlanned):
            raise errors.Moved(f"{ref}: the canary is at {split.canary_percent:g} %")
        operations = patches.guarded(
            uid=ctx.text("uid"), fence=ctx.fence, operations=moves.operations(split, _moves(ctx))
        )
        ctx.clients.kubernetes.json_patch(ref, operations, manager=ctx.manager)
        return {
            "was": split.canary_percent,
            "canary": round(ctx.number("to")),
            "stable": round(ctx.number("stable_to")),
        }

    def settle(self, ctx: Context) -> Settled:
        """Read the weights back from the API server."""
        split = _live_split(ctx)
        if split is None or not moves.arrived(split, _moves(ctx)):
            now = moves.leading(split, _moves(ctx)) if split else None
            return Stuck("not-as-written", {"canary": now, "wanted": ctx.step.params["to"]})
        return Done({**moves.figures(split), "read_back": True})

    def check(self, ctx: Context) -> list[Check]:
        """Judge the hold: the live object, the share of requests that arrived, and the side that took them."""
        judge = JUDGES.get(ctx.step.check)
        if judge is None:
            return []
        seen = measure.look(
            ctx.clients.prometheus, ctx.service, sides=Pair.planned(ctx.step.params), window_s=ctx.step.hold_s
        )
        split = _live_split(ctx)
        percent = moves.leading(split, _moves(ctx)) if split else None
        live = Live(percent=percent, ready=ready(ctx.clients.kubernetes.get(_stable(ctx))))
        return judge(seen, _move(ctx), live, limits=ctx.service.limits, before=ctx.before("stable_error_share"))


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
        window_s, waited_s = ctx.number("window_s"), _waited_s(ctx)
        if waited_s < (quiet_s := _quiet_s(ctx)):
            return Waiting(min(LOOK_AGAIN_S, quiet_s - waited_s), {"saw": "proxies-lag"})
        seen = drained(ctx.clients, ctx.service, subset=Pair.planned(ctx.step.params).canary, window_s=window_s)
        if seen.verdict is Verdict.PASS:
            return Done(seen.figures)
        if seen.verdict is Verdict.UNKNOWN and waited_s > quiet_s + UNKNOWN_S:
            return Stuck("cannot-prove-drained", {**seen.figures, "why": seen.saw})
        if waited_s > quiet_s + 2 * window_s + DRAIN_EXTRA_S:
            return Stuck("still-requests", seen.figures)
        # What is recorded here is a journal entry each time it changes: the count would change every second.
        return Waiting(LOOK_AGAIN_S, {"saw": seen.saw})

    def check(self, ctx: Context) -> list[Check]:
        """Nothing further to judge."""
        del ctx
        return []


def _moves(ctx: Context) -> Moves:
    return Moves.planned(ctx.step.params)


def _move(ctx: Context) -> Move:
    """The change of weight as the checks judge it."""
    planned, was, before = _moves(ctx), ctx.number("from"), ctx.before("seen_canary_share")
    if planned.switched and before is not None:
        # What a match sent there beside the weights goes with this step too.
        was = max(was, before * WHOLE)
    made = Move(from_percent=was, to_percent=ctx.number("to"), pods=round(ctx.number("pods")))
    return replace(made, span=planned.span, seen_before=before) if planned.span else made


def _live_split(ctx: Context) -> Split | None:
    router, ref = routers.of_step(ctx.step.params)
    live: Raw = ctx.clients.kubernetes.get(ref)
    try:
        return router.find(live, Pair.planned(ctx.step.params))
    except Refused:
        return None


def _waited_s(ctx: Context) -> float:
    since = ctx.started_at or ctx.applied_at
    return (ctx.now() - since) / 1000 if since else 0


def _quiet_s(ctx: Context) -> float:
    """Seconds from the step's start before which the window may not end; 0 where the plan has none."""
    return ctx.number("quiet_s") if "quiet_s" in ctx.step.params else 0


def _ref(ctx: Context) -> Ref:
    return routers.of_step(ctx.step.params)[1]


def _stable(ctx: Context) -> Ref:
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("stable_deployment"))
