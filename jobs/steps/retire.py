"""Taking the canary away: proof that nothing flows there, scale to 0, wait until no pod is left, delete.

A ScaledObject of KEDA's would bring the pods back from 0, so it is paused at 0 first. It is left so: taking the mark
off would bring a kept Deployment back, and a deleted one has nothing to scale.
"""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Verdict
from jobs.checks.drained import drained
from jobs.clients import errors
from jobs.clients.objects import desired, pods_of
from jobs.clients.resources import DEPLOYMENT, Raw, Ref
from jobs.steps import keda, patches, routers
from jobs.steps.claims import TRIES, claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting
from jobs.steps.splits import Pair
from jobs.steps.switching import selects, service_selector
from jobs.steps.templates import template_moved

SOON_S = 0.5
LEAST_WINDOW_S = 1.0


class Retire:
    """The canary's Deployment at 0 pods, then deleted. A Deployment's deletion has no grace of its own: its pods do."""

    def look(self, ctx: Context) -> Look:
        """The Deployment is the planned one, it runs what was planned, and nothing flows to it."""
        live = canary_deployment(ctx)
        if live is None:
            return AlreadySo({"deleted": True})
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved("canary_uid", ctx.text("uid"), live["metadata"]["uid"])
        moved = template_moved(ctx, "canary", live) or _scaler_moved(ctx)
        if moved:
            return moved
        places = still_routed(ctx)
        if places:
            return Moved("canary_traffic", [], list[Json](places))
        if desired(live) > 0:
            seen = drained(ctx.clients, ctx.service, subset=Pair.planned(ctx.step.params).canary, window_s=_window(ctx))
            if seen.verdict is not Verdict.PASS:
                return Moved("canary_requests", 0, seen.figures["requests"])
        return AsPlanned({"replicas": desired(live)})

    def claim(self, ctx: Context) -> None:
        """The canary's Deployment, and the ScaledObject that scales it."""
        claim(ctx, _ref(ctx), uid=ctx.text("uid"))
        scaler = _scaler(ctx)
        if scaler:
            claim(ctx, scaler[0], uid=scaler[1])

    def apply(self, ctx: Context) -> JsonObject:
        """Pause what would bring pods back, then scale to 0. The deletion follows in `settle`, once no pod is left."""
        scaler = _scaler(ctx)
        paused: JsonObject = {"paused": _pause(ctx, *scaler)} if scaler else {}
        have = desired(ctx.last(_ref(ctx)))
        if have > 0:
            change = patches.value("/spec/replicas", old=have, new=0)
            operations = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=change)
            ctx.clients.kubernetes.json_patch(_ref(ctx), operations, manager=ctx.manager)
        return {"pods": have, **paused}

    def settle(self, ctx: Context) -> Settled:
        """Wait for the pods to go, and then delete what is empty."""
        live = canary_deployment(ctx)
        if live is None or live["metadata"]["uid"] != ctx.text("uid"):
            return Done({"deleted": True, "pods_left": 0})
        if desired(live) > 0:
            # KEDA may write once more what it had decided before it saw the pause; then it goes to 0 itself.
            again: JsonObject = {"replicas": desired(live)}
            return Waiting(SOON_S, again) if _scaler(ctx) else Stuck("scaled-back", again)
        left = len(pods_of(ctx.clients.kubernetes, live))
        if left:
            return Waiting(SOON_S, {"pods_left": left})
        if ctx.step.params.get("keep"):
            return Done({"deleted": False, "pods_left": 0})
        self._delete(ctx)
        return Done({"deleted": True, "pods_left": 0}) if canary_deployment(ctx) is None else Waiting(SOON_S)

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: it is gone or it is not."""
        del ctx
        return []

    def _delete(self, ctx: Context) -> None:
        """Delete exactly the version that was claimed; whoever changes it in between makes us claim again."""
        for _ in range(TRIES):
            claimed = claim(ctx, _ref(ctx), uid=ctx.text("uid"))
            meta = claimed["metadata"]
            if desired(claimed) > 0:
                raise errors.Moved(f"{_ref(ctx)} was scaled up again while it was being deleted")
            if template_moved(ctx, "canary", claimed):
                raise errors.Moved(f"{_ref(ctx)} was given another pod template while it was being deleted")
            try:
                ctx.clients.kubernetes.delete(_ref(ctx), uid=meta["uid"], resource_version=meta["resourceVersion"])
            except errors.Moved:
                continue
            return
        raise errors.Moved(f"{_ref(ctx)} changed during each of {TRIES} deletions")


def canary_deployment(ctx: Context) -> Raw | None:
    """The live canary Deployment; None when there is none."""
    try:
        return ctx.read(_ref(ctx))
    except errors.NotFound:
        return None


def still_routed(ctx: Context) -> list[JsonObject]:
    """Where the namespace's routes of any kind, or the Service itself, still lead to the canary."""
    namespace = ctx.text("namespace")
    live = routers.all_in(ctx.clients.kubernetes, namespace)
    return [*routers.flows(live, Pair.planned(ctx.step.params), namespace=namespace), *_still_selected(ctx)]


def _still_selected(ctx: Context) -> list[JsonObject]:
    """The Service, where the plan says that it must have let go of the canary and it selects it all the same."""
    labels = ctx.step.params.get("labels")
    if not isinstance(labels, dict):
        return []
    selector = service_selector(ctx)
    selected = selects(selector, {key: str(value) for key, value in labels.items()})
    return [{"service": ctx.text("service"), "selector": dict(selector)}] if selected else []


def _scaler(ctx: Context) -> tuple[Ref, str] | None:
    """The ScaledObject to pause, with its uid: the planned one, or, where the plan names none, the live one."""
    params = ctx.step.params
    found = params["scaler"] if "scaler" in params else _live_scaler(ctx)
    if not isinstance(found, dict):
        return None
    return keda.ref(ctx.text("namespace"), str(found["name"])), str(found["uid"])


def _live_scaler(ctx: Context) -> JsonObject | None:
    live = keda.autoscalers(ctx.clients.kubernetes, ctx.text("namespace"))
    found = keda.scaled_object(live, ctx.text("deployment"))
    return {"name": found["metadata"]["name"], "uid": found["metadata"]["uid"]} if found else None


def _scaler_moved(ctx: Context) -> Moved | None:
    if "scaler" not in ctx.step.params:
        return None
    planned, now = ctx.step.params["scaler"], _live_scaler(ctx)
    return None if planned == now else Moved("canary_autoscaler", planned, now)


def _pause(ctx: Context, ref: Ref, uid: str) -> str:
    operations = keda.pause(ctx.last(ref))
    if operations:
        guarded = patches.guarded(uid=uid, fence=ctx.fence, operations=operations)
        ctx.clients.kubernetes.json_patch(ref, guarded, manager=ctx.manager)
    return ref.name


def _ref(ctx: Context) -> Ref:
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("deployment"))


def _window(ctx: Context) -> float:
    return max(LEAST_WINDOW_S, ctx.number("drain_s"))
