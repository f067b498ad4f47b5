"""Another pod template for a workload, and the rollout that follows: what undo, env and config come down to."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

from bot.domain.model import JsonObject
from bot.domain.verdict import Check
from jobs.checks.pods_failing import failing, late
from jobs.checks.quoting import quoted
from jobs.clients import errors, workloads
from jobs.clients.objects import condition, milliseconds
from jobs.clients.resources import STATEFUL_SET, Raw, Ref
from jobs.clients.watching import follow
from jobs.steps import patches, rollout_pods
from jobs.steps.claims import claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Stuck, Waiting
from jobs.steps.stuck_pod import DELETED, DELETING, STUCK_MS, unblocked

FOLLOW_S = 1.5
"""One look follows the workload for so long: a change is seen as it happens, and the worker is soon free again."""
TELL_MS = 1_000
"""What is only further on than before is told this often at the most."""
PATIENCE_MS = 15_000
"""What pods of a new template cannot do for so long, they will not do by waiting."""
REFUSED_MS = 10_000
"""The API server has refused new pods for so long, and none came: by 15 s people know."""


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
        """Follow the rollout until kubectl would call it done, for 1.5 s at the most; stop early when it cannot go on.

        The pods themselves are looked at once, and only after a while: until then the workload says enough.
        """
        began = ctx.now()
        with closing(_states(ctx)) as states:
            live = next(states)
            settled = judged(live, params=ctx.step.params, waited_ms=_waited_ms(ctx))
            if not isinstance(settled, Waiting):
                return settled
            beside = _looked_into(ctx, live)
            if isinstance(beside, Stuck):
                return Stuck(beside.code, {**settled.figures, **beside.figures})
            told = {**settled.figures, **beside}
            if beside.keys() & _AT_ONCE:
                return Waiting(0, told)
            for live in states:
                settled = judged(live, params=ctx.step.params, waited_ms=_waited_ms(ctx))
                if not isinstance(settled, Waiting):
                    return settled
                told = {**settled.figures, **beside}
                if ctx.now() - began >= TELL_MS and {**ctx.figures, **told} != ctx.figures:
                    break
        return Waiting(0, told)

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: the rollout is done or it is not."""
        del ctx
        return []


_AT_ONCE = frozenset({"failing", "over_budget", DELETING, DELETED})
"""Figures that are told without waiting for more."""


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


def judged(live: Raw, *, params: JsonObject, waited_ms: int) -> Settled:
    """Whether the rollout is done, still moves, stands still, or is of somebody else's template. Pure."""
    kind = str(params["kind"])
    if not isinstance(compared(live, params=params), AlreadySo):
        return Stuck("template-changed", {"name": params["name"], "kind": kind})
    counts = workloads.counts(kind, live)
    figures: JsonObject = dict(counts.figures())
    if workloads.rolled_out(kind, live):
        return Done(figures)
    if (message := workloads.stands_still(live)) and waited_ms >= PATIENCE_MS:
        return Stuck("rollout-stands-still", {**figures, "message": message})
    return Waiting(0, figures)


def refused(live: Raw, pods: list[Raw], *, now_ms: int) -> JsonObject | None:
    """Why the API server lets no more pods be made, once nothing has moved for 10 s; None while something may. Pure.

    Pods that are going make room for others when they are gone: a quota counts them until then.
    """
    failure, progress = condition(live, "ReplicaFailure"), condition(live, "Progressing")
    if failure.get("status") != "True" or any("deletionTimestamp" in pod["metadata"] for pod in pods):
        return None
    stamps = (failure.get("lastTransitionTime"), progress.get("lastUpdateTime"))
    since = max((milliseconds(str(stamp)) for stamp in stamps if stamp), default=0)
    if now_ms - since < REFUSED_MS:
        return None
    return {"message": quoted(str(failure.get("message", ""))), "reason": failure.get("reason")}


def _states(ctx: Context) -> Generator[Raw, None, None]:
    """The workload as it is now, and again after each change.

    Raises:
        NotFound: it is gone. The errors of `follow`.
    """
    place = ref(ctx)
    changes = follow(
        ctx.clients.kubernetes,
        place.kind,
        place.namespace,
        field_selector=f"metadata.name={place.name}",
        deadline_s=FOLLOW_S,
        silence_s=FOLLOW_S,
    )
    with closing(changes):
        for objects in changes:
            if place.name not in objects:
                raise errors.NotFound(f"{place} is gone")
            yield objects[place.name]


def _looked_into(ctx: Context, live: Raw) -> JsonObject | Stuck:
    """What the pods say once it takes long, and whether it takes longer than was planned for."""
    kubernetes, kind, now_ms, waited_ms = ctx.clients.kubernetes, ctx.text("kind"), ctx.now(), _waited_ms(ctx)
    over = waited_ms > ctx.plan.budget_s * 1000 and not ctx.figures.get("over_budget")
    figures: JsonObject = {"over_budget": True} if over else {}
    if waited_ms < (STUCK_MS if kind == STATEFUL_SET.name else REFUSED_MS):
        return figures
    pods = rollout_pods.read(kubernetes, kind, live)
    if no := refused(live, pods.owned, now_ms=now_ms):
        return Stuck("rollout-no-pods", no)
    figures |= unblocked(ctx, live, pods.owned) if kind == STATEFUL_SET.name else {}
    if found := failing(pods.present, now_ms=now_ms, patience_ms=PATIENCE_MS):
        # Told as progress first: what a halt says is gone once somebody goes on, and a step keeps what it was told.
        why = rollout_pods.why(kubernetes, ctx.text("namespace"), found)
        return Stuck("pods-failing", why) if ctx.figures.get("failing") else {**figures, "failing": why}
    slow = late(pods.present, now_ms=now_ms, patience_ms=PATIENCE_MS)
    return figures | rollout_pods.lateness(kubernetes, ctx.text("namespace"), slow, told=ctx.figures)


def _waited_ms(ctx: Context) -> int:
    return ctx.now() - ctx.started_at if ctx.started_at else 0
