"""The commands of the steps that switch traffic from one colour to the other."""

from __future__ import annotations

from bot.domain.model import JsonObject
from bot.views.commands_scene import Part, Run, Scene, curl, swap, test

VIRTUAL_SERVICES = "virtualservices.networking.istio.io"


def select(scene: Scene) -> Part:
    """Write the selector, and see that the endpoints have followed."""
    name, params = scene.text("service"), scene.step.params
    change = swap("/spec/selector", old=params["from"], new=params["to"])
    chosen = f"kubernetes.io/service-name={name}"
    return Part(
        (
            scene.patch("services", name, change, uid=scene.text("uid")),
            scene.say("selected"),
            scene.kubectl("get", "endpointslices.discovery.k8s.io", "-l", chosen, "-o", "wide"),
        )
    )


def switch_route(scene: Scene) -> Part:
    """Write the destinations of each route, and wait until the proxies have heard of it."""
    name, changes = scene.text("virtual_service"), scene.step.params["changes"]
    operations: list[JsonObject] = []
    for change in changes if isinstance(changes, list) else []:
        if not isinstance(change, dict):
            continue
        at = f"/spec/http/{change['index']}"
        if change["name"]:
            operations.append(test(f"{at}/name", change["name"]))
        operations += swap(f"{at}/route", old=change["before"], new=change["after"])
    return Part(
        (
            scene.patch(VIRTUAL_SERVICES, name, operations, uid=scene.text("uid")),
            scene.say("wait", hold=scene.words.duration(scene.step.hold_s)),
            scene.show(VIRTUAL_SERVICES, name, ".spec.http[*].route"),
        )
    )


def see_version(scene: Scene) -> Part:
    """Ask the version address as often as the bot would."""
    times = " ".join(str(number + 1) for number in range(scene.count("times")))
    return Part(
        (
            scene.say("answers", version=scene.text("version")),
            Run(f"for look in {times}; do {curl(scene.text('url'))}; done"),
        )
    )
