"""The commands of the steps that move weights, and that prove that nothing flows to the canary any more."""

from __future__ import annotations

import re
import shlex

from bot.domain.model import Json, JsonObject
from bot.domain.weights import as_weights
from bot.views.commands_scene import Line, Part, Run, Scene, UnknownStep, test
from bot.views.figures import Figures, of, shown

VIRTUAL_SERVICES = "virtualservices.networking.istio.io"
GATEWAY = "gateway.networking.k8s.io"
HTTP_ROUTES = f"httproutes.{GATEWAY}"
DEPLOYMENTS = "deployments.apps"


def set_weight(scene: Scene) -> Part:
    """Set both weights of each route that moves, wait for the hold, and ask what the bot's check would ask."""
    resource = HTTP_ROUTES if scene.params.text("http_route") else VIRTUAL_SERVICES
    name = scene.needed(scene.params.text("http_route", "virtual_service"), "virtual_service")
    places = _listed(shown(scene.plan).data.get("route_places"))
    shares = _listed(scene.step.params.get("routes"))
    matches = _listed(shown(scene.plan).data.get("match_places")) if scene.step.params.get("switch") else []
    if len(places) < len(shares) or not [*shares, *matches]:
        raise UnknownStep(f"{scene.step.kind} without route_places")
    operations: list[JsonObject] = []
    looks: list[Line] = []
    for index, (place, share) in enumerate(zip(places, shares, strict=False)):
        if _moves(share):
            operations += _weights(scene, index, place, share)
            looks += _seen(scene, resource, name, place, share)
    for match in matches:
        operations += _switched(scene, match)
        looks += _seen_switched(scene, resource, name, match)
    return Part(
        (
            scene.patch(resource, name, operations, uid=scene.text("uid")),
            *looks,
            scene.say("wait", hold=scene.words.duration(scene.step.hold_s)),
            *_judged(scene),
        )
    )


def drain(scene: Scene) -> Part:
    """No route leads to the canary, and no request arrived there in a whole window."""
    window_s = scene.needed(scene.params.number("window_s"), "window_s")
    window, subset = scene.words.duration(window_s), scene.side("canary")
    quiet_s = max(window_s, scene.params.number("quiet_s") or 0)
    query = scene.filled(scene.service.metrics.requests, subset=subset, window_s=window_s)
    return Part(
        (
            *_leading(scene),
            scene.say("wait", hold=scene.words.duration(quiet_s)),
            scene.say("drained", window=window),
            scene.ask(query),
        )
    )


def _leading(scene: Scene) -> list[Line]:
    """What leads to the canary: a mesh's routes by subset, the Gateway API's of every kind by its own Service."""
    sides = scene.params.inner("pair")
    lines: list[Line] = []
    if not sides.text("stable_service"):
        listed = scene.kubectl("get", VIRTUAL_SERVICES, "-o", _listing("http[*].route"))
        lines += [scene.say("no_route", subset=scene.side("canary")), listed]
    if service := sides.text("canary_service"):
        # kubectl fails on a kind that the server does not know: it is asked first which ones it does.
        asked = ("api-resources", f"--api-group={GATEWAY}", "--namespaced=true", "--verbs=list", "--output=name")
        listed = scene.kubectl("get", "KIND", "-o", _listing("rules[*].backendRefs"))
        lines += [
            scene.say("gateway_kinds"),
            Run(f"kinds=$({shlex.join(['kubectl', *asked])})"),
            scene.say("no_route.service", name=service),
            Run(f"printf '%s\\n' \"$kinds\" | grep routes | xargs -I KIND {listed.command}"),
        ]
    return lines


def _listing(field: str) -> str:
    """The names of all objects of a kind, each with a field of its spec, as kubectl's output."""
    return r'jsonpath={range .items[*]}{.metadata.name}{": "}{.spec.' + field + r'}{"\n"}{end}'


def _weights(scene: Scene, index: int, place: Figures, share: Figures) -> list[JsonObject]:
    made = _named(place)
    for side, weight in _written(share).items():
        at = scene.needed(place.inner(side).text("path"), f"the place of {side}")
        # "add" replaces a member that exists and makes one that does not.
        made += [
            test(at, _entry(scene, index, place, side)),
            {"op": "add", "path": f"{at}/weight", "value": weight},
        ]
    return made


def _entry(scene: Scene, index: int, place: Figures, side: str) -> JsonObject:
    """A side's entry as the steps before this one leave it. `index`: of its route among those that are moved."""
    entry: dict[str, Json] = dict(place.inner(side).inner("entry").data)
    for step in scene.plan.steps[: scene.index]:
        shares = _listed(step.params.get("routes")) if step.kind == "set_weight" else []
        if index < len(shares) and _moves(shares[index]):
            entry["weight"] = _written(shares[index])[side]
    return entry


def _written(share: Figures) -> dict[str, int]:
    """The weights that a step writes to a route, by side."""
    stable, canary = as_weights(share.number("to") or 0)
    return {"stable": stable, "canary": canary}


def _moves(share: Figures) -> bool:
    """Whether a step writes this route: one that has less already stays where it is."""
    was, to = share.number("from"), share.number("to")
    return was is not None and to is not None and was != to


def _switched(scene: Scene, match: Figures) -> list[JsonObject]:
    side = match.inner("canary")
    at = scene.needed(side.text("path"), "the place of a route that is switched")
    to = scene.needed(match.text("to"), "what a route is switched to")
    field = scene.needed(match.text("field"), "what of a route is switched")
    entry: dict[str, Json] = dict(side.inner("entry").data)
    return [*_named(match), test(at, entry), {"op": "replace", "path": f"{at}{field}", "value": to}]


def _named(place: Figures) -> list[JsonObject]:
    name = place.text("name")
    return [test(f"{place.text('path')}/name", name)] if name else []


def _seen(scene: Scene, resource: str, name: str, place: Figures, share: Figures) -> list[Line]:
    fields = [f"{_jsonpath(place.inner(side).text('path') or '')}.weight" for side in ("stable", "canary")]
    return [
        scene.say("weights", **_written(share)),
        scene.show(resource, name, *fields),
    ]


def _seen_switched(scene: Scene, resource: str, name: str, match: Figures) -> list[Line]:
    at = f"{match.inner('canary').text('path') or ''}{match.text('field') or ''}"
    return [scene.say("switched", to=match.text("to")), scene.show(resource, name, _jsonpath(at))]


def _jsonpath(pointer: str) -> str:
    """A JSON pointer as kubectl's JSONPath, without braces: /spec/http/1/route becomes .spec.http[1].route."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", pointer.replace("/", "."))


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


def _listed(value: Json) -> list[Figures]:
    return [of(each) for each in value] if isinstance(value, list) else []
