"""Capacity: bring stable up to a floor before traffic moves to it, and give the autoscaler its figures back afterwards.

Under an autoscaler only its bounds are written, never `spec.replicas`: the autoscaler would write it back. KEDA's
ScaledObject is an autoscaler like any other, but for the names of its bounds.
"""

from __future__ import annotations

from typing import Any

from bot.domain.model import JsonObject
from bot.domain.verdict import Check
from jobs.clients import errors
from jobs.clients.objects import available, condition, desired, targeting
from jobs.clients.resources import AUTOSCALER, DEPLOYMENT, Raw, Ref
from jobs.steps import keda, patches
from jobs.steps.claims import claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting

SOON_S = 0.5
LATER_S = 2.0
EAGER_MS = 20_000
"""Pods usually come within 20 s; until then they are looked for every half second."""
PATIENCE_MS = 5_000
"""A ReplicaFailure that stands longer than this (a quota, an admission rule) does not go away by waiting."""


class ScaleUp:
    """At least `to` pods of stable, all Available. The figure is a floor: more than that is left alone."""

    def look(self, ctx: Context) -> Look:
        """Compare live replicas (or the autoscaler's bounds) with the floor."""
        deployment, autoscaler = _read(ctx)
        return floor_kept(deployment, autoscaler, params=ctx.step.params)

    def claim(self, ctx: Context) -> None:
        """The object that is written: the autoscaler where there is one, else the Deployment."""
        ref, uid = _written(ctx)
        claim(ctx, ref, uid=uid)

    def apply(self, ctx: Context) -> JsonObject:
        """Raise the floor. Live figures at or above it are left as they are."""
        ref, uid = _written(ctx)
        live = ctx.last(ref)
        raised = raise_bounds(live, hpa(ctx)) if hpa(ctx) else raise_replicas(live, to=round(ctx.number("to")))
        if raised:
            operations = patches.guarded(uid=uid, fence=ctx.fence, operations=raised)
            ctx.clients.kubernetes.json_patch(ref, operations, manager=ctx.manager)
        return {"from": ctx.step.params["from"], "to": ctx.step.params["to"]}

    def settle(self, ctx: Context) -> Settled:
        """Wait until the floor is Available."""
        ref = Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("deployment"))
        live = ctx.clients.kubernetes.get(ref)
        return arrived(live, to=round(ctx.number("to")), waited_ms=_waited(ctx))

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: the wait says it all."""
        del ctx
        return []


class AutoscalerBack:
    """The autoscaler's bounds as they were before `scale_up`. Bounds somebody else has set since are left alone."""

    def look(self, ctx: Context) -> Look:
        """Ours are written back; others are somebody's decision."""
        live = ctx.read(_autoscaler(ctx))
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved("autoscaler_uid", ctx.text("uid"), live["metadata"]["uid"])
        params, (low, high) = ctx.step.params, bounds(live, ctx.step.params)
        figures: JsonObject = {"min": low, "max": high}
        if (low, high) == (params["min_to"], params["max_to"]):
            return AsPlanned(figures)
        back = (low, high) == (params["min_from"], params["max_from"])
        return AlreadySo({**figures, "left_alone": not back})

    def claim(self, ctx: Context) -> None:
        """The autoscaler."""
        claim(ctx, _autoscaler(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Write the old bounds, if the raised ones still stand."""
        params, (low, high) = ctx.step.params, keda.BOUNDS[kind_of(ctx.step.params)]
        operations = patches.value(f"/spec/{low}", old=params["min_to"], new=params["min_from"])
        if params["max_to"] != params["max_from"]:
            operations += patches.value(f"/spec/{high}", old=params["max_to"], new=params["max_from"])
        guarded = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=operations)
        ctx.clients.kubernetes.json_patch(_autoscaler(ctx), guarded, manager=ctx.manager)
        return {"min": params["min_from"], "max": params["max_from"]}

    def settle(self, ctx: Context) -> Settled:
        """Read it back."""
        low, high = bounds(ctx.clients.kubernetes.get(_autoscaler(ctx)), ctx.step.params)
        return Done({"min": low, "max": high})

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge."""
        del ctx
        return []


def hpa(ctx: Context) -> dict[str, Any]:
    """The autoscaler the plan writes: kind, name, uid, min_from, min_to, max_from, max_to; empty for none."""
    found = ctx.step.params.get("hpa")
    return found if isinstance(found, dict) else {}


def kind_of(planned: JsonObject) -> str:
    """The kind of the autoscaler that a plan writes."""
    return str(planned.get("kind") or AUTOSCALER.name)


def bounds(live: Raw, planned: JsonObject) -> tuple[int, int]:
    """The live bounds of the autoscaler that a plan writes, lower and upper; KEDA's own where it names none."""
    spec = (live if kind_of(planned) == AUTOSCALER.name else keda.as_autoscaler(live))["spec"]
    return spec["minReplicas"], spec["maxReplicas"]


def floor_kept(deployment: Raw | None, autoscaler: Raw | None, *, params: JsonObject) -> Look:
    """Whether the floor stands already. `autoscaler`: what scales the Deployment now, in that shape. Pure."""
    to = params["to"]
    if not isinstance(to, int) or deployment is None or deployment["metadata"]["uid"] != params["uid"]:
        now = deployment["metadata"]["uid"] if deployment else None
        return Moved("stable_uid", params["uid"], now)
    planned = params.get("hpa")
    planned_uid = planned["uid"] if isinstance(planned, dict) else None
    live_uid = autoscaler["metadata"]["uid"] if autoscaler else None
    if live_uid != planned_uid:
        return Moved("autoscaler_uid", planned_uid, live_uid)
    figures: JsonObject = {"replicas": desired(deployment), "available": available(deployment)}
    if not isinstance(planned, dict) or autoscaler is None:
        return AlreadySo(figures) if desired(deployment) >= to else AsPlanned(figures)
    spec = autoscaler["spec"]
    figures |= {"min": spec["minReplicas"], "max": spec["maxReplicas"]}
    if spec["minReplicas"] >= to:
        return AlreadySo(figures)
    if spec["maxReplicas"] < to and planned["max_to"] == planned["max_from"]:
        return Moved("autoscaler_max", planned["max_from"], spec["maxReplicas"])
    return AsPlanned(figures)


def raise_replicas(live: Raw, *, to: int) -> list[patches.Operation]:
    """From the live figure to the floor; nothing when it is there already. Pure."""
    have = desired(live)
    return patches.value("/spec/replicas", old=have, new=to) if have < to else []


def raise_bounds(live: Raw, planned: JsonObject) -> list[patches.Operation]:
    """The autoscaler's lower bound up to the floor, and its upper bound where the plan raises that too. Pure."""
    low, high = keda.BOUNDS[kind_of(planned)]
    operations: list[patches.Operation] = []
    for name, bound, absent in ((high, "max", keda.MOST), (low, "min", keda.LEAST)):
        have, wanted = live["spec"].get(name), planned[f"{bound}_to"]
        if isinstance(wanted, int) and (absent if have is None else have) < wanted:
            operations += patches.member(f"/spec/{name}", old=have, new=wanted)
    return operations


def arrived(live: Raw, *, to: int, waited_ms: int) -> Settled:
    """Whether the floor is Available, is still coming, or is not going to come. Pure."""
    have = available(live)
    figures: JsonObject = {"available": have, "replicas": desired(live), "to": to}
    if have >= to and desired(live) >= to:
        return Done(figures)
    failure = condition(live, "ReplicaFailure")
    if failure.get("status") == "True" and waited_ms >= PATIENCE_MS:
        return Stuck("replica-failure", {**figures, "reason": failure.get("reason"), "message": failure.get("message")})
    progress = condition(live, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded" and waited_ms >= EAGER_MS:
        return Stuck("progress-deadline", {**figures, "message": progress.get("message")})
    return Waiting(SOON_S if waited_ms < EAGER_MS else LATER_S, figures)


def _read(ctx: Context) -> tuple[Raw | None, Raw | None]:
    namespace = ctx.text("namespace")
    try:
        deployment = ctx.read(Ref(DEPLOYMENT, namespace, ctx.text("deployment")))
    except errors.NotFound:
        return None, None
    return deployment, targeting(keda.autoscalers(ctx.clients.kubernetes, namespace), ctx.text("deployment"))


def _written(ctx: Context) -> tuple[Ref, str]:
    planned = hpa(ctx)
    if planned:
        return _scaler(ctx, planned), str(planned["uid"])
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("deployment")), ctx.text("uid")


def _autoscaler(ctx: Context) -> Ref:
    return _scaler(ctx, ctx.step.params)


def _scaler(ctx: Context, planned: JsonObject) -> Ref:
    return Ref(keda.KINDS[kind_of(planned)], ctx.text("namespace"), str(planned["name"]))


def _waited(ctx: Context) -> int:
    since = ctx.applied_at or ctx.started_at
    return ctx.now() - since if since else 0
