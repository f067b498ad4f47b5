"""The autoscaler of the side that is to carry everything: its bounds before, while and after. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.model import JsonObject
from bot.domain.plan import Note
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw
from jobs.steps import keda


def autoscaler(live: Raw | None, *, needed: int, allow_above_max: bool) -> JsonObject | None:
    """The autoscaler's kind, and its bounds before and after; None without one. A ScaledObject of KEDA's is one too.

    Raises:
        Refused: above-max, unless the catalog lets the upper bound be raised; paused, when KEDA would bring no pods.
    """
    if live is None:
        return None
    spec, name, kind = live["spec"], live["metadata"]["name"], keda.kind_of(live)
    low, high = spec.get("minReplicas", 1), spec["maxReplicas"]
    if keda.is_paused(live):
        raise Refused(Code.PAUSED, why="scaled-object", scaled_object=name)
    if needed > high and not allow_above_max:
        raise Refused(Code.ABOVE_MAX, autoscaler=name, kind=kind, needed=needed, max=high)
    return {
        "kind": kind,
        "name": name,
        "uid": live["metadata"]["uid"],
        "min_from": low,
        "min_to": max(low, needed),
        "max_from": high,
        "max_to": max(high, needed),
    }


def scaler(autoscalers: Sequence[Raw], deployment: str) -> JsonObject | None:
    """The ScaledObject (name, uid) that would bring a Deployment's pods back from 0; None where nothing would.

    An autoscaler of Kubernetes' own leaves a workload alone that is at 0.
    """
    live = keda.scaled_object(autoscalers, deployment)
    return {"name": str(live["metadata"]["name"]), "uid": str(live["metadata"]["uid"])} if live else None


def risks(autoscalers: Sequence[Raw], *, good: str, bad: str, hpa: JsonObject | None) -> list[Note]:
    """What autoscalers may do that the plan has no hand in. `good`, `bad`: the Deployments of the two sides."""
    notes: list[Note] = []
    if hpa and hpa["max_to"] != hpa["max_from"]:
        notes.append(Note(code="autoscaler-max-raised", figures=hpa))
    live = keda.scaled_object(autoscalers, good)
    idle = live["spec"].get("idleReplicaCount") if live else None
    if live and idle is not None:
        notes.append(Note(code="keda-idle", figures={"name": str(live["metadata"]["name"]), "idle": idle}))
    paused = scaler(autoscalers, bad)
    if paused:
        notes.append(Note(code="keda-stays-paused", figures={"name": paused["name"], "deployment": bad}))
    return notes
