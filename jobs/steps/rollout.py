"""Another pod template for a workload, and the rollout that follows: what undo, env and config come down to."""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check
from jobs.checks.pods_failing import Failing, failing, newest_of
from jobs.clients import errors, workloads
from jobs.clients.objects import condition
from jobs.clients.resources import Raw, Ref
from jobs.steps import patches
from jobs.steps.claims import claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting

SOON_S, LATER_S = 0.5, 2.0
EAGER_MS = 60_000
"""Rollouts of a few pods usually take less than this; until then they are looked at every half second."""
PATIENCE_MS = 15_000
"""What pods of a new template cannot do for so long, they will not do by waiting."""
NAMES = 5


class Rollout:
    """The workload runs `template`, in all its pods. Only the template is written, never replicas or annotations."""

    def look(self, ctx: Context) -> Look:
        """Compare the live template with the planned one and with the one that is to be replaced."""
        try:
            live = ctx.read(ref(ctx))
        except errors.NotFound:
            return Moved("workload_uid", ctx.text("uid"), None)
        return compared(live, params=ctx.step.params)

    def claim(self, ctx: Context) -> None:
        """The workload."""
        claim(ctx, ref(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Replace the template, if the very one that was planned to be replaced still stands."""
        live = ctx.last(ref(ctx))
        if not isinstance(compared(live, params=ctx.step.params), AsPlanned):
            raise errors.Moved(f"{ref(ctx)} has another pod template than when it was planned")
        change = patches.value("/spec/template", old=live["spec"]["template"], new=ctx.step.params["template"])
        operations = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=change)
        written = ctx.clients.kubernetes.json_patch(ref(ctx), operations, manager=ctx.manager)
        return {"of": workloads.counts(ctx.text("kind"), written).of, "generation": written["metadata"]["generation"]}

    def settle(self, ctx: Context) -> Settled:
        """Wait until kubectl would call the rollout done; stop early when its pods cannot come up."""
        live = ctx.clients.kubernetes.get(ref(ctx))
        moved = compared(live, params=ctx.step.params)
        if isinstance(moved, Moved | AsPlanned):
            return Stuck("template-changed", {"name": ctx.text("name"), "kind": ctx.text("kind")})
        waited_ms = ctx.now() - ctx.started_at if ctx.started_at else 0
        settled = arrived(live, kind=ctx.text("kind"), waited_ms=waited_ms)
        if isinstance(settled, Waiting) and waited_ms >= PATIENCE_MS:
            return _looked_into(ctx, live) or settled
        return settled

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: the rollout is done or it is not."""
        del ctx
        return []


def ref(ctx: Context) -> Ref:
    """The workload that a step is about."""
    return Ref(workloads.KINDS[ctx.text("kind")], ctx.text("namespace"), ctx.text("name"))


def compared(live: Raw, *, params: JsonObject) -> Look:
    """What is left to do with a workload as read. Pure."""
    if live["metadata"]["uid"] != params["uid"]:
        return Moved("workload_uid", params["uid"], live["metadata"]["uid"])
    key = workloads.template_key(live["spec"]["template"])
    if key == params["to_key"]:
        return AlreadySo(dict(workloads.counts(str(params["kind"]), live).figures()))
    if key != params["from_key"]:
        return Moved("workload_template", params["from_key"], key)
    if live["spec"].get("paused"):
        return Moved("paused", False, True)
    return AsPlanned()


def arrived(live: Raw, *, kind: str, waited_ms: int) -> Settled:
    """Whether the rollout is done, still moves, or stands still. Pure."""
    figures: JsonObject = dict(workloads.counts(kind, live).figures())
    if workloads.rolled_out(kind, live):
        return Done(figures)
    failure = condition(live, "ReplicaFailure")
    if failure.get("status") == "True" and waited_ms >= PATIENCE_MS:
        return Stuck("rollout-no-pods", {**figures, "message": failure.get("message"), "reason": failure.get("reason")})
    if (message := workloads.stands_still(live)) and waited_ms >= PATIENCE_MS:
        return Stuck("rollout-stands-still", {**figures, "message": message})
    return Waiting(SOON_S if waited_ms < EAGER_MS else LATER_S, figures)


def _looked_into(ctx: Context, live: Raw) -> Stuck | None:
    """Why the new pods do not come up, when they say so themselves; None while they may only be slow."""
    kubernetes, kind = ctx.clients.kubernetes, ctx.text("kind")
    pods = newest_of(workloads.pods(kubernetes, kind, live), live, kind=kind)
    found = failing(pods, now_ms=ctx.now(), patience_ms=PATIENCE_MS)
    if not found:
        return None
    figures: JsonObject = dict(workloads.counts(kind, live).figures())
    return Stuck("pods-failing", {**figures, **_told(found)})


def _told(found: list[Failing]) -> JsonObject:
    first = found[0]
    names: list[Json] = [each.pod for each in found[:NAMES]]
    return {"reason": first.reason, "message": first.message, "container": first.container, "names": names}
