"""A StatefulSet's pod that keeps the broken template until somebody deletes it (kubernetes/kubernetes#67250)."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.model import Json, JsonObject
from jobs.checks.pods_failing import blocking, unready_since
from jobs.clients import errors, workloads
from jobs.clients.resources import POD, STATEFUL_SET, Raw, Ref
from jobs.steps.claims import claim
from jobs.steps.model import Context

STUCK_MS = 3_000
"""The controller has so long to go on by itself; only then a pod that is in its way is deleted."""
DELETING, DELETED = "deleting", "deleted_pods"
"""Figures: the pod about to be deleted, {pod, uid} or null; the names of those that were."""


def unblocked(ctx: Context, workload: Raw, pods: Sequence[Raw]) -> JsonObject:
    """Delete the one pod that is in the way, in two looks: first written down, then done. Figures; {} for nothing done.

    Only of the StatefulSet whose template is ours by now, only a pod that it controls, that is of another revision than
    the one it rolls out and has not been Ready for 3 s, and exactly this pod in exactly this version. What was written
    down and is gone was deleted: a worker that died in between leaves no deletion untold, and none is made twice.

    Raises:
        Fenced: somebody newer carries on. Ambiguous: it may have been deleted: look again.
        Moved, NotFound: the StatefulSet is another one. Forbidden, Temporary, Rejected.
    """
    found = blocking(workload, pods)
    meant = ctx.figures.get(DELETING)
    if isinstance(meant, dict):
        there = next((pod for pod in pods if pod["metadata"]["uid"] == meant["uid"]), None)
        if there is None or "deletionTimestamp" in there["metadata"]:
            return _deleted(ctx, str(meant["pod"]))
        if found is None or found["metadata"]["uid"] != meant["uid"]:
            return {DELETING: None}
        return _delete(ctx, there)
    if found is None or ctx.now() - unready_since(found) < STUCK_MS or _waited_ms(ctx) < STUCK_MS:
        return {}
    return {DELETING: {"pod": str(found["metadata"]["name"]), "uid": str(found["metadata"]["uid"])}}


def _delete(ctx: Context, pod: Raw) -> JsonObject:
    meta = pod["metadata"]
    claimed = claim(ctx, Ref(STATEFUL_SET, ctx.text("namespace"), ctx.text("name")), uid=ctx.text("uid"))
    if workloads.template_key(claimed["spec"]["template"]) != ctx.text("to_key"):
        return {DELETING: None}
    place = Ref(POD, ctx.text("namespace"), str(meta["name"]))
    try:
        ctx.clients.kubernetes.delete(place, uid=meta["uid"], resource_version=meta["resourceVersion"])
    except (errors.Moved, errors.NotFound):
        return {}
    return _deleted(ctx, str(meta["name"]))


def _deleted(ctx: Context, name: str) -> JsonObject:
    before = ctx.figures.get(DELETED)
    names: list[Json] = [*(before if isinstance(before, list) else []), name]
    return {DELETING: None, DELETED: names}


def _waited_ms(ctx: Context) -> int:
    return ctx.now() - ctx.started_at if ctx.started_at else 0
