"""Taking the canary away: proof that nothing flows there, scale to 0, wait until no pod is left, delete."""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Verdict
from jobs.checks.drained import drained
from jobs.clients import errors
from jobs.clients.objects import desired, pods_of
from jobs.clients.resources import DEPLOYMENT, VIRTUAL_SERVICE, Raw, Ref
from jobs.steps import patches
from jobs.steps.claims import TRIES, claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting
from jobs.steps.routing import Pair, flows
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
        moved = template_moved(ctx, "canary", live)
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
        """The canary's Deployment."""
        claim(ctx, _ref(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Scale to 0. The deletion follows in `settle`, once no pod is left."""
        have = desired(ctx.last(_ref(ctx)))
        if have > 0:
            change = patches.value("/spec/replicas", old=have, new=0)
            operations = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=change)
            ctx.clients.kubernetes.json_patch(_ref(ctx), operations, manager=ctx.manager)
        return {"pods": have}

    def settle(self, ctx: Context) -> Settled:
        """Wait for the pods to go, and then delete what is empty."""
        live = canary_deployment(ctx)
        if live is None or live["metadata"]["uid"] != ctx.text("uid"):
            return Done({"deleted": True, "pods_left": 0})
        if desired(live) > 0:
            return Stuck("scaled-back", {"replicas": desired(live)})
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
    """Where the namespace's VirtualServices, or the Service itself, still lead to the canary."""
    namespace = ctx.text("namespace")
    try:
        live = ctx.clients.kubernetes.list(VIRTUAL_SERVICE, namespace)
    except errors.NotFound:
        live = []  # The API server does not know the kind: there is no mesh.
    return [*flows(live, Pair.planned(ctx.step.params), namespace=namespace), *_still_selected(ctx)]


def _still_selected(ctx: Context) -> list[JsonObject]:
    """The Service, where the plan says that it must have let go of the canary and it selects it all the same."""
    labels = ctx.step.params.get("labels")
    if not isinstance(labels, dict):
        return []
    selector = service_selector(ctx)
    selected = selects(selector, {key: str(value) for key, value in labels.items()})
    return [{"service": ctx.text("service"), "selector": dict(selector)}] if selected else []


def _ref(ctx: Context) -> Ref:
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("deployment"))


def _window(ctx: Context) -> float:
    return max(LEAST_WINDOW_S, ctx.number("drain_s"))
