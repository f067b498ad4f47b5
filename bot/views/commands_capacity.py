"""The commands of the steps that bring pods: replicas, or the bounds of the autoscaler that writes them."""

from __future__ import annotations

import json

from bot.domain.model import JsonObject
from bot.views import scalers
from bot.views.commands_scene import Line, Part, Scene, swap
from bot.views.figures import shown

DEPLOYMENTS = "deployments.apps"


def scale_up(scene: Scene) -> Part:
    """Raise stable (or its autoscaler's bounds) to the floor, and wait until the pods are Available."""
    name, to = scene.text("deployment"), scene.count("to")
    limit = scene.words.duration(scene.step.deadline_s)
    return Part(
        (
            *(_bounds_up(scene) if scene.hpa else _replicas_up(scene)),
            scene.say("available", pods=to, limit=limit),
            scene.show(DEPLOYMENTS, name, ".status.availableReplicas"),
            *_stable_image(scene, name),
        )
    )


def autoscaler_back(scene: Scene) -> Part:
    """The autoscaler's bounds as they were, if the raised ones still stand."""
    kind = scalers.kind_of(scene.params)
    least, most = scalers.BOUNDS[kind]
    low, high = scene.count("min_from"), scene.count("max_from")
    operations = swap(f"/spec/{least}", old=scene.count("min_to"), new=low)
    if scene.count("max_to") != high:
        operations += swap(f"/spec/{most}", old=scene.count("max_to"), new=high)
    name, resource = scene.text("name"), scalers.RESOURCES[kind]
    return Part(
        (
            scene.patch(resource, name, operations, uid=scene.text("uid")),
            scene.say("bounds", low=low, high=high),
            scene.show(resource, name, f".spec.{least}", f".spec.{most}"),
        )
    )


def image(scene: Scene, deployment: str, planned: str, *, resource: str = DEPLOYMENTS) -> list[Line]:
    """See that a workload's template names the planned image."""
    container = scene.service.kubernetes.container
    field = f'.spec.template.spec.containers[?(@.name=="{container}")].image'
    return [scene.say("image", image=planned), scene.show(resource, deployment, field)]


def _replicas_up(scene: Scene) -> list[Line]:
    was, to = scene.count("from"), scene.count("to")
    if was >= to:
        return [scene.say("nothing")]
    change = swap("/spec/replicas", old=was, new=to)
    name, limit = scene.text("deployment"), f"--timeout={scene.step.deadline_s:.0f}s"
    return [
        scene.patch(DEPLOYMENTS, name, change, uid=scene.text("uid")),
        scene.kubectl("rollout", "status", f"deployment/{name}", limit),
    ]


def _bounds_up(scene: Scene) -> list[Line]:
    kind = scalers.kind_of(scene.hpa)
    least, most = scalers.BOUNDS[kind]
    raised = {field: _raised(scene, bound) for field, bound in ((most, "max"), (least, "min"))}
    wanted = {field: pair for field, pair in raised.items() if pair[0] < pair[1]}
    if not wanted:
        return [scene.say("nothing")]
    uid = scene.needed(scene.hpa.text("uid"), "uid of the autoscaler")
    name, resource = scene.needed(scene.hpa.text("name"), "name"), scalers.RESOURCES[kind]
    if kind != scalers.HPA:
        # A ScaledObject need not name its bounds, and what does not stand there cannot be tested for its value.
        spec = {field: to for field, (_, to) in wanted.items()}
        body = json.dumps({"metadata": {"uid": uid}, "spec": spec}, separators=(",", ":"))
        return [scene.kubectl("patch", resource, name, "--type=merge", "-p", body)]
    operations: list[JsonObject] = []
    for field, (was, to) in wanted.items():
        operations += swap(f"/spec/{field}", old=was, new=to)
    return [scene.patch(resource, name, operations, uid=uid)]


def _raised(scene: Scene, bound: str) -> tuple[int, int]:
    was, to = (round(scene.needed(scene.hpa.number(f"{bound}_{end}"), f"{bound}_{end}")) for end in ("from", "to"))
    return was, to


def _stable_image(scene: Scene, deployment: str) -> list[Line]:
    planned = shown(scene.plan).text("stable_image")
    return image(scene, deployment, planned) if planned else []
