"""The commands of each kind of step. Each patch tests what it replaces, as the bot's own does.

The fence is the bot's alone: it is neither tested nor written here, and a bot that wakes finds other values than it
planned and stops.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping

from bot.views.commands_capacity import autoscaler_back, image, scale_up
from bot.views.commands_config import config_live, restore_config
from bot.views.commands_scene import Line, Part, Run, Scene, curl, swap
from bot.views.commands_switching import see_version, select, switch_route
from bot.views.commands_traffic import drain, set_weight
from bot.views.commands_workload import RESOURCES, pod_health, rollout
from bot.views.figures import shown

SCALED_OBJECTS = "scaledobjects.keda.sh"
PAUSED = "autoscaling.keda.sh/paused-replicas"
DEPLOYMENTS = "deployments.apps"


def retire(scene: Scene) -> Part:
    """Pause its ScaledObject, scale the canary to 0; delete it last, in the version that was seen to be empty."""
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
        (*_paused(scene), *down, *_pods_gone(scene, name)),
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


def validate(scene: Scene) -> Part:
    """Image, pods, endpoints, health and `up`: what a person can see of the checks."""
    name, spec = scene.text("deployment"), scene.service.validation
    resource = RESOURCES[scene.params.text("kind") or "Deployment"]
    times = " ".join(str(number + 1) for number in range(spec.health_times))
    once = curl("-o", "/dev/null", "-w", r"%{http_code}\n", spec.health_url)
    chosen = f"kubernetes.io/service-name={scene.service.kubernetes.service}"
    return Part(
        (
            *image(scene, name, scene.text("image"), resource=resource),
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
    "restore_config": restore_config,
    "rollout": rollout,
    "pod_health": pod_health,
    "config_live": config_live,
    "validate": validate,
}


def _paused(scene: Scene) -> list[Line]:
    """Hold the canary at 0 where KEDA would bring its pods back."""
    scaler = scene.params.inner("scaler")
    if not scaler:
        return []
    body = {"metadata": {"uid": scaler.text("uid"), "annotations": {PAUSED: "0"}}}
    patch = json.dumps(body, separators=(",", ":"))
    name = scene.needed(scaler.text("name"), "the name of the ScaledObject")
    return [scene.kubectl("patch", SCALED_OBJECTS, name, "--type=merge", "-p", patch)]


def _pods_gone(scene: Scene, deployment: str) -> list[Line]:
    """Wait for the pods of the canary's present template; where its ReplicaSet is not known, a person looks."""
    template = (shown(scene.plan).text("replica_set") or "").removeprefix(f"{deployment}-")
    limit = f"--timeout={scene.step.deadline_s:.0f}s"
    if template and "-" not in template:
        wait = scene.kubectl("wait", "--for=delete", "pod", "-l", f"pod-template-hash={template}", limit)
        return [scene.say("pods_gone"), wait]
    labels = ",".join(f"{key}={value}" for key, value in sorted(scene.service.kubernetes.selector.items()))
    return [scene.say("pods_gone.unknown", deployment=deployment), scene.kubectl("get", "pods", "-l", labels)]
