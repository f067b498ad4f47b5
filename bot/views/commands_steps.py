"""The commands of each kind of step. Each patch tests what it replaces, as the bot's own does.

The fence is the bot's alone: it is neither tested nor written here, and a bot that wakes finds other values than it
planned and stops.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping

from bot.domain.model import Json, JsonObject
from bot.views.commands_scene import Line, Part, Run, Scene, curl, swap, test
from bot.views.commands_switching import see_version, select, switch_route
from bot.views.commands_workload import RESOURCES, pod_health, rollout
from bot.views.figures import Figures, shown

VIRTUAL_SERVICES = "virtualservices.networking.istio.io"
AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
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


def set_weight(scene: Scene) -> Part:
    """Set both weights of the one route, wait for the hold, and ask what the bot's check would ask."""
    stable, canary = scene.count("stable_to"), scene.count("to")
    name = scene.text("virtual_service")
    place = shown(scene.plan).inner("route_place")
    http = round(scene.needed(place.number("index"), "route_place"))
    operations: list[JsonObject] = []
    if scene.params.text("route"):
        operations.append(test(f"/spec/http/{http}/name", scene.text("route")))
    fields = []
    for side, weight in (("stable", stable), ("canary", canary)):
        index, entry = _destination(scene, place.inner(side), side)
        at = f"/spec/http/{http}/route/{index}"
        # "add" replaces a member that exists and makes one that does not: an absent weight means 0.
        operations += [test(at, entry), {"op": "add", "path": f"{at}/weight", "value": weight}]
        fields.append(f".spec.http[{http}].route[{index}].weight")
    return Part(
        (
            scene.patch(VIRTUAL_SERVICES, name, operations, uid=scene.text("uid")),
            scene.say("weights", stable=stable, canary=canary),
            scene.show(VIRTUAL_SERVICES, name, *fields),
            scene.say("wait", hold=scene.words.duration(scene.step.hold_s)),
            *_judged(scene),
        )
    )


def drain(scene: Scene) -> Part:
    """No route leads to the canary, and no request arrived there in a whole window."""
    window_s = scene.needed(scene.params.number("window_s"), "window_s")
    window, subset = scene.words.duration(window_s), scene.side("canary")
    listing = r'{range .items[*]}{.metadata.name}{": "}{.spec.http[*].route}{"\n"}{end}'
    query = scene.filled(scene.service.metrics.requests, subset=subset, window_s=window_s)
    return Part(
        (
            scene.say("no_route", subset=subset),
            scene.kubectl("get", VIRTUAL_SERVICES, "-o", f"jsonpath={listing}"),
            scene.say("wait", hold=window),
            scene.say("drained", window=window),
            scene.ask(query),
        )
    )


def retire(scene: Scene) -> Part:
    """Scale the canary to 0 in its place; delete it last, in exactly the version that was seen to be empty."""
    name, namespace, uid = scene.text("deployment"), scene.text("namespace"), scene.text("uid")
    pods = scene.count("pods")
    down = [scene.patch(DEPLOYMENTS, name, swap("/spec/replicas", old=pods, new=0), uid=uid)] if pods else []
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": uid, "resourceVersion": "%s"},
    }
    body = shlex.quote(json.dumps(options, separators=(",", ":")))
    read = scene.show(DEPLOYMENTS, name, ".metadata.resourceVersion").command
    raw = shlex.join(["kubectl", "delete", "--raw", f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"])
    return Part(
        (*down, *_pods_gone(scene, name)),
        (
            scene.say("last", n=scene.index + 1, deployment=name),
            scene.say("version"),
            Run(f"version=$({read})"),
            scene.say("empty"),
            scene.show(DEPLOYMENTS, name, ".spec.replicas"),
            *_pods_gone(scene, name),
            scene.say("delete"),
            Run(f'printf {body} "$version" | {raw} -f -'),
        ),
    )


def autoscaler_back(scene: Scene) -> Part:
    """The autoscaler's bounds as they were, if the raised ones still stand."""
    low, high = scene.count("min_from"), scene.count("max_from")
    operations = swap("/spec/minReplicas", old=scene.count("min_to"), new=low)
    if scene.count("max_to") != high:
        operations += swap("/spec/maxReplicas", old=scene.count("max_to"), new=high)
    name = scene.text("name")
    return Part(
        (
            scene.patch(AUTOSCALERS, name, operations, uid=scene.text("uid")),
            scene.say("bounds", low=low, high=high),
            scene.show(AUTOSCALERS, name, ".spec.minReplicas", ".spec.maxReplicas"),
        )
    )


def validate(scene: Scene) -> Part:
    """Image, pods, endpoints, health and `up`: what a person can see of the checks."""
    name, spec = scene.text("deployment"), scene.service.validation
    resource = RESOURCES[scene.params.text("kind") or "Deployment"]
    times = " ".join(str(number + 1) for number in range(spec.health_times))
    once = curl("-o", "/dev/null", "-w", r"%{http_code}\n", spec.health_url)
    chosen = f"kubernetes.io/service-name={scene.service.kubernetes.service}"
    return Part(
        (
            *_image(scene, name, scene.text("image"), resource=resource),
            scene.say("ready", pods=scene.count("pods")),
            scene.show(resource, name, ".status.readyReplicas"),
            scene.say("endpoints"),
            scene.kubectl("get", "endpointslices.discovery.k8s.io", "-l", chosen, "-o", "wide"),
            scene.say("health"),
            Run(f"for look in {times}; do {once}; sleep {spec.health_every_s:g}; done"),
            scene.say("up"),
            scene.ask(spec.up),
        )
    )


KINDS: Mapping[str, Callable[[Scene], Part]] = {
    "scale_up": scale_up,
    "set_weight": set_weight,
    "select": select,
    "switch_route": switch_route,
    "see_version": see_version,
    "drain": drain,
    "retire": retire,
    "autoscaler_back": autoscaler_back,
    "rollout": rollout,
    "pod_health": pod_health,
    "validate": validate,
}


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
    operations: list[JsonObject] = []
    for path, bound in (("/spec/maxReplicas", "max"), ("/spec/minReplicas", "min")):
        was = round(scene.needed(scene.hpa.number(f"{bound}_from"), f"{bound}_from"))
        to = round(scene.needed(scene.hpa.number(f"{bound}_to"), f"{bound}_to"))
        operations += swap(path, old=was, new=to) if was < to else []
    if not operations:
        return [scene.say("nothing")]
    uid = scene.needed(scene.hpa.text("uid"), "uid of the autoscaler")
    return [scene.patch(AUTOSCALERS, scene.needed(scene.hpa.text("name"), "name"), operations, uid=uid)]


def _stable_image(scene: Scene, deployment: str) -> list[Line]:
    planned = shown(scene.plan).text("stable_image")
    return _image(scene, deployment, planned) if planned else []


def _image(scene: Scene, deployment: str, planned: str, *, resource: str = DEPLOYMENTS) -> list[Line]:
    container = scene.service.kubernetes.container
    field = f'.spec.template.spec.containers[?(@.name=="{container}")].image'
    return [scene.say("image", image=planned), scene.show(resource, deployment, field)]


def _destination(scene: Scene, side: Figures, name: str) -> tuple[int, JsonObject]:
    """Where a side stands in its route, and its entry as the steps before this one leave it."""
    index = round(scene.needed(side.number("index"), f"the place of {name}"))
    entry: dict[str, Json] = dict(side.inner("entry").data)
    for step in scene.plan.steps[: scene.index]:
        if step.kind == "set_weight":
            entry["weight"] = step.params["stable_to" if name == "stable" else "to"]
    return index, entry


def _judged(scene: Scene) -> list[Line]:
    """What the check of a weight asks, for a person to hold against its limit."""
    metrics, limits, window_s = scene.service.metrics, scene.service.limits, scene.step.hold_s
    window, subset = scene.words.duration(window_s), scene.side("stable")
    ready: list[Line] = [
        scene.say("ready", pods=scene.count("pods")),
        scene.show(DEPLOYMENTS, scene.text("stable_deployment"), ".status.readyReplicas"),
    ]
    if scene.step.check == "error_rate_at_most":
        whole = _share(scene, metrics.all_errors, metrics.all_requests, window_s=window_s)
        return [scene.say("errors", limit=f"{limits.error_share:g}", window=window), scene.ask(whole), *ready]
    before = shown(scene.plan).number("stable_error_share")
    limit = limits.error_share if before is None else before + limits.worse_by_share
    key = "stable_errors.no_before" if before is None else "stable_errors"
    told = scene.say(key, limit=f"{limit:.4g}", window=window, before=None if before is None else f"{before:.4g}")
    return [
        scene.say("requests", least=limits.min_requests, window=window),
        scene.ask(scene.filled(metrics.requests, subset=subset, window_s=window_s)),
        told,
        scene.ask(_share(scene, metrics.errors, metrics.requests, subset=subset, window_s=window_s)),
        scene.say("stable_p95", limit=f"{limits.p95_s:g}"),
        scene.ask(scene.filled(metrics.p95, subset=subset, window_s=window_s)),
        *ready,
    ]


def _share(scene: Scene, part: str, whole: str, *, subset: str = "", window_s: float) -> str:
    made = (scene.filled(expression, subset=subset, window_s=window_s) for expression in (part, whole))
    return " / ".join(f"({query})" for query in made)


def _pods_gone(scene: Scene, deployment: str) -> list[Line]:
    """Wait for the pods of the canary's present template; where its ReplicaSet is not known, a person looks."""
    template = (shown(scene.plan).text("replica_set") or "").removeprefix(f"{deployment}-")
    limit = f"--timeout={scene.step.deadline_s:.0f}s"
    if template and "-" not in template:
        wait = scene.kubectl("wait", "--for=delete", "pod", "-l", f"pod-template-hash={template}", limit)
        return [scene.say("pods_gone"), wait]
    labels = ",".join(f"{key}={value}" for key, value in sorted(scene.service.kubernetes.selector.items()))
    return [scene.say("pods_gone.unknown", deployment=deployment), scene.kubectl("get", "pods", "-l", labels)]
