"""The commands of the steps that give a workload another pod template, and ask its pods whether they are well."""

from __future__ import annotations

import shlex

from bot.domain.model import JsonObject
from bot.views.commands_scene import Part, Run, Scene
from bot.views.figures import shown

RESOURCES = {
    "Deployment": "deployments.apps",
    "StatefulSet": "statefulsets.apps",
    "DaemonSet": "daemonsets.apps",
}


def rollout(scene: Scene) -> Part:
    """See that what runs is what was planned to be replaced; put the template; follow the rollout."""
    resource, name = RESOURCES[scene.text("kind")], scene.text("name")
    change: list[JsonObject] = [{"op": "replace", "path": "/spec/template", "value": scene.step.params["template"]}]
    limit = f"--timeout={scene.step.deadline_s:.0f}s"
    image = f'.spec.template.spec.containers[?(@.name=="{scene.service.kubernetes.container}")].image'
    return Part(
        (
            scene.say("image", image=shown(scene.plan).text("from_image")),
            scene.show(resource, name, image),
            scene.patch(resource, name, change, uid=scene.text("uid")),
            scene.kubectl("rollout", "status", f"{resource}/{name}", limit),
        )
    )


def pod_health(scene: Scene) -> Part:
    """The health command in one pod after the other."""
    labels = ",".join(f"{key}={value}" for key, value in sorted(scene.service.kubernetes.selector.items()))
    pods = scene.kubectl("get", "pods", "-l", labels, "-o", "name").command
    words = scene.params.texts("command")
    inside = shlex.join(["kubectl", "-n", scene.text("namespace"), "exec", "-c", scene.text("container")])
    return Part(
        (
            scene.say("pod_health", pods=scene.count("pods")),
            Run(f'for pod in $({pods}); do {inside} "$pod" -- {shlex.join(words)} && echo "$pod is well"; done'),
        )
    )
