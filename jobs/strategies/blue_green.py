"""Taking traffic back to the other colour (REQUIREMENTS.md R2), as a runbook: look at production, then decide.

The order is DESIGN.md's principle 9: capacity, traffic, drain, scale to 0 and delete, autoscaler, validate. With a mesh
traffic moves in three writes, so that no proxy ever sends a request to a subset without endpoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.catalog.model import BlueGreen as Entry
from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.checks.measure import SCRAPES_A_WINDOW, Seen, fits, look
from jobs.clients import Clients
from jobs.clients.objects import desired, image, owned_by, ready, running, targeting, version
from jobs.clients.resources import Raw
from jobs.clients.together import together
from jobs.steps.routing import Pair, flows
from jobs.steps.switching import serving, uids
from jobs.strategies import blue_green_facts, canary_facts, capacity, ownership, reading, two_sides, two_sides_steps
from jobs.strategies.blue_green_facts import Members, Objects, Side
from jobs.strategies.model import Facts

NAME = "blue-green"
SWITCH_S = 1
"""Seconds that a write usually takes to arrive everywhere in the API server."""


@dataclass(frozen=True)
class BlueGreenFacts(Facts):
    """The objects and members as read, and the figures of both sides where they are told apart."""

    objects: Objects
    members: Members
    seen: Seen | None


@dataclass(frozen=True)
class Decision:
    """What the facts come to: the sides, the pods the good one needs, the autoscalers of both, the routes to switch."""

    bad: Side
    good: Side
    pair: Pair
    needed: int
    hpa: JsonObject | None
    scaler: JsonObject | None
    routes: tuple[JsonObject, ...]


class BlueGreen:
    """The way back to the other colour."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read the Service, both sides with pods and endpoints, routing, autoscalers; then Prometheus, by side."""
        entry = _entry(service)
        with reading.refusals():
            read: dict[str, Any] = together(
                {
                    "objects": lambda: blue_green_facts.objects(clients.kubernetes, service),
                    "members": lambda: blue_green_facts.members(clients.kubernetes, service),
                }
            )
        bad, good = blue_green_facts.sides(read["objects"], service, entry, asked=request.version)
        seen = look(clients.prometheus, service, sides=_subsets(bad, good, entry), window_s=entry.drain_s)
        return BlueGreenFacts(objects=read["objects"], members=read["members"], seen=seen)

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """Five reads side by side: what the digest covers."""
        entry, objects = _entry(service), blue_green_facts.objects(clients.kubernetes, service)
        bad, good = (_named(objects, str(plan.binding[f"{role}_name"])) for role in ("canary", "stable"))
        return binding(objects, bad, good, entry, _pair_of(plan)), {}

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """Who gets the traffic, and both sides' pods, as they are now."""
        return two_sides.blue_green(clients, service, plan, _pair_of(plan), window_s=_entry(service).drain_s)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        if not isinstance(facts, BlueGreenFacts):
            raise TypeError(f"{NAME} plans from BlueGreenFacts, not {type(facts).__name__}")
        entry = _entry(service)
        decision = decide(facts, request, service)
        bad, good, container = decision.bad, decision.good, service.kubernetes.container
        return Plan(
            strategy=NAME,
            service=name,
            from_version=version(image(bad.deployment, container)),
            to_version=version(image(good.deployment, container)),
            steps=steps(decision, facts, service),
            binding=binding(facts.objects, bad.deployment, good.deployment, entry, decision.pair),
            shown=shown(decision, facts, service),
            entry=service.digest,
            targets=targets(decision, service),
            risks=_risks(decision, facts, service),
            budget_s=entry.budget_s,
            # A side that was deleted is no way back; one that is kept with 0 pods is.
            undo={"strategy": NAME} if entry.keep_at_zero else {},
        )


def decide(facts: BlueGreenFacts, request: Request, service: Service) -> Decision:
    """The gates in order, cheapest explanation first; then capacity and routes.

    Raises:
        Refused: with what was found.
    """
    entry, objects = _entry(service), facts.objects
    bad, good = blue_green_facts.sides(objects, service, entry, asked=request.version)
    _require_container(bad, good, service)
    ownership.require_unmoved(_written(objects, bad, good, entry))
    if good.deployment["spec"].get("paused"):
        raise Refused(Code.PAUSED, deployment=good.name)
    _require_live(facts, bad, service)
    pair = blue_green_facts.pair(bad, good, entry)
    needed = max(desired(good.deployment), desired(bad.deployment), 1)
    scaler = targeting(objects.autoscalers, good.name)
    return Decision(
        bad=bad,
        good=good,
        pair=pair,
        needed=needed,
        hpa=capacity.autoscaler(scaler, needed=needed, allow_above_max=entry.allow_above_max),
        scaler=capacity.scaler(objects.autoscalers, bad.name),
        routes=tuple(_routes(objects, entry, pair, service)),
    )


def steps(decision: Decision, facts: BlueGreenFacts, service: Service) -> tuple[Step, ...]:
    """The runbook itself."""
    entry, needed, hpa = _entry(service), decision.needed, decision.hpa
    bad, good = decision.bad.deployment, decision.good.deployment
    pair = _subsets(decision.bad, decision.good, entry)
    # By this a step sees that the Service itself no longer selects the bad side.
    let_go: JsonObject = {"service": service.kubernetes.service, "labels": dict[str, Json](decision.bad.labels)}
    more: JsonObject = {**let_go, "scaler": decision.scaler}
    digest = _digest(facts, decision.good, service.kubernetes.container)
    return (
        two_sides_steps.scale_up(good, needed=needed, hpa=hpa),
        *_switch(decision, facts, service),
        _see_version(decision, service),
        two_sides_steps.drain(bad, pair, window_s=entry.drain_s, let_go=let_go),
        two_sides_steps.retire(bad, pair, drain_s=entry.drain_s, keep=entry.keep_at_zero, more=more),
        *two_sides_steps.autoscaler_back(service.kubernetes.namespace, hpa),
        two_sides_steps.validate(good, service, digest=digest, needed=needed, hpa=hpa),
    )


def binding(objects: Objects, bad: Raw | None, good: Raw | None, entry: Entry, pair: Pair) -> JsonObject:
    """What the plan rests on: both sides' identities and templates, the Service's selector, the routes, the bounds."""
    name = str(good["metadata"]["name"]) if good else ""
    autoscaler = targeting(objects.autoscalers, name)
    service, routing = objects.service, objects.virtual_service(entry.virtual_service)
    return {
        **canary_facts.workload_binding("stable", good),
        **canary_facts.workload_binding("canary", bad),
        "stable_name": name,
        "canary_name": str(bad["metadata"]["name"]) if bad else "",
        "service_uid": service["metadata"]["uid"] if service else None,
        "selector": service["spec"].get("selector") if service else None,
        "virtual_service_uid": routing["metadata"]["uid"] if routing else None,
        "routes": list[Json](blue_green_facts.switched(routing, pair)) if routing else None,
        "autoscaler_uid": autoscaler["metadata"]["uid"] if autoscaler else None,
        "autoscaler_max": autoscaler["spec"]["maxReplicas"] if autoscaler else None,
    }


def shown(decision: Decision, facts: BlueGreenFacts, service: Service) -> dict[str, Shown]:
    """What moves by itself: replicas, readiness, rates, images, and what the sides are called."""
    container, bad, good = service.kubernetes.container, decision.bad, decision.good
    values: JsonObject = {
        **(facts.seen.figures() if facts.seen else {}),
        "sides": {"canary": bad.value, "stable": good.value},
        "canary_weight": 100,
        "stable_replicas": desired(good.deployment),
        "stable_ready": ready(good.deployment),
        "canary_replicas": desired(bad.deployment),
        "canary_ready": ready(bad.deployment),
        "from_image": image(bad.deployment, container),
        "to_image": image(good.deployment, container),
        "from_digest": _digest(facts, bad, container),
        "to_digest": _digest(facts, good, container),
        "error_limit": service.limits.error_share,
        **canary_facts.deployed(bad.deployment, facts.members.sets),
    }
    return {name: Shown(value=value) for name, value in values.items()}


def targets(decision: Decision, service: Service) -> tuple[str, ...]:
    """Every object the plan writes."""
    entry, namespace = _entry(service), service.kubernetes.namespace
    names = [
        f"Deployment/{namespace}/{decision.good.name}",
        f"Deployment/{namespace}/{decision.bad.name}",
        f"Service/{namespace}/{service.kubernetes.service}",
    ]
    if entry.virtual_service:
        names.append(f"VirtualService/{namespace}/{entry.virtual_service}")
    if decision.hpa:
        names.append(f"{decision.hpa['kind']}/{namespace}/{decision.hpa['name']}")
    if decision.scaler:
        names.append(f"ScaledObject/{namespace}/{decision.scaler['name']}")
    return tuple(names)


def _switch(decision: Decision, facts: BlueGreenFacts, service: Service) -> list[Step]:
    entry, live = _entry(service), facts.objects.service or {}
    now = dict(live["spec"]["selector"])
    good = {**now, entry.label: decision.good.value}
    if not decision.routes:
        return [_select(decision, service, live, now, good, code="all", moves=True)]
    both = {key: value for key, value in now.items() if key != entry.label}
    return [
        _select(decision, service, live, now, both, code="both"),
        _switch_route(decision, facts, service),
        _select(decision, service, live, both, good, code="good"),
    ]


def _select(
    decision: Decision,
    service: Service,
    live: Raw,
    before: dict[str, str],
    after: dict[str, str],
    *,
    code: str,
    moves: bool = False,
) -> Step:
    """`code`: what it is for, for the words; `moves`: the traffic goes with it, because there is no mesh."""
    weights: JsonObject = {"weight_from": 100, "weight_to": 0} if moves else {}
    return Step(
        kind="select",
        params={
            "namespace": service.kubernetes.namespace,
            "service": service.kubernetes.service,
            "uid": live["metadata"]["uid"],
            "from": dict[str, Json](before),
            "to": dict[str, Json](after),
            "code": code,
            "stable_deployment": decision.good.name,
            **weights,
        },
        effect=Effect.CAS,
        deadline_s=60,
        estimate_s=SWITCH_S,
        take_back="select",
    )


def _switch_route(decision: Decision, facts: BlueGreenFacts, service: Service) -> Step:
    entry = _entry(service)
    routing = facts.objects.virtual_service(entry.virtual_service) or {}
    return Step(
        kind="switch_route",
        params={
            "namespace": service.kubernetes.namespace,
            "virtual_service": entry.virtual_service,
            "uid": routing["metadata"]["uid"],
            "changes": list[Json](decision.routes),
            "pair": decision.pair.params,
            "weight_from": 100,
            "weight_to": 0,
        },
        effect=Effect.CAS,
        hold_s=entry.propagation_s,
        deadline_s=30,
        estimate_s=entry.propagation_s + SWITCH_S,
        check="route_held",
        take_back="switch-route",
    )


def _see_version(decision: Decision, service: Service) -> Step:
    entry = _entry(service)
    wanted = version(image(decision.good.deployment, service.kubernetes.container))
    return Step(
        kind="see_version",
        params={
            "namespace": service.kubernetes.namespace,
            "url": entry.version_url,
            "version": wanted,
            "times": entry.version_times,
            "pair": _subsets(decision.bad, decision.good, entry).params,
        },
        effect=Effect.READ,
        hold_s=entry.settle_s,
        deadline_s=60,
        estimate_s=entry.settle_s + SWITCH_S,
        check="traffic_arrived",
    )


def _risks(decision: Decision, facts: BlueGreenFacts, service: Service) -> tuple[Note, ...]:
    entry = _entry(service)
    good = version(image(decision.good.deployment, service.kubernetes.container))
    notes = [Note(code="stable-takes-all", figures={"pods": decision.needed, "version": good})]
    if decision.routes:
        notes.append(Note(code="outside-mesh", figures={"seconds_s": entry.propagation_s + SWITCH_S}))
    if facts.seen is not None and facts.seen.whole.share is None:
        notes.append(Note(code="prometheus-unknown", figures={"why": facts.seen.whole.why}))
    if not fits(service.metrics, window_s=entry.drain_s):
        least = SCRAPES_A_WINDOW * service.metrics.scrape_interval_s
        figures: JsonObject = {"hold_s": entry.drain_s, "least_s": least}
        notes.append(Note(code="bad-window", figures=figures))
    notes += capacity.risks(facts.objects.autoscalers, good=decision.good.name, bad=decision.bad.name, hpa=decision.hpa)
    held = ownership.keepers(_written(facts.objects, decision.bad, decision.good, entry))
    notes += [Note(code="managed-by", figures=figures) for figures in held]
    return (*notes, Note(code="config-and-db-untouched"))


def _routes(objects: Objects, entry: Entry, pair: Pair, service: Service) -> list[JsonObject]:
    """The routes to switch; none without a mesh.

    Raises:
        Refused: no-route (nothing leads to the bad side), route-shared (other objects or mirrors do too).
    """
    if not entry.virtual_service:
        return []
    live = objects.virtual_service(entry.virtual_service)
    changes = blue_green_facts.switched(live, pair) if live else []
    if not changes:
        raise Refused(Code.NO_ROUTE, virtual_service=entry.virtual_service, route=entry.route, host=entry.host)
    ours = {change["index"] for change in changes}
    for place in flows(objects.virtual_services, pair, namespace=service.kubernetes.namespace):
        here = place["virtual_service"] == entry.virtual_service and place["protocol"] == "http"
        if here and place["index"] in ours and not place["mirror"]:
            continue
        raise Refused(Code.ROUTE_SHARED, **place)
    return changes


def _require_container(bad: Side, good: Side, service: Service) -> None:
    container, namespace = service.kubernetes.container, service.kubernetes.namespace
    for side in (bad, good):
        if not image(side.deployment, container):
            raise Refused(Code.NO_WORKLOAD, kind="Deployment", namespace=namespace, name=side.name, container=container)


def _require_live(facts: BlueGreenFacts, bad: Side, service: Service) -> None:
    """The side that the selector names is the one that serves: its pods, and no others, stand behind the Service."""
    there = serving(facts.members.slices)
    own = uids(_pods(facts, bad))
    if there and not there <= own:
        raise Refused(Code.NO_SIDE, why="endpoints", name=service.kubernetes.service, value=bad.value)


def _pods(facts: BlueGreenFacts, side: Side) -> list[Raw]:
    sets = owned_by(facts.members.sets, [str(side.deployment["metadata"]["uid"])])
    return owned_by(facts.members.pods, [str(each["metadata"]["uid"]) for each in sets])


def _digest(facts: BlueGreenFacts, side: Side, container: str) -> str:
    found = {running(pod, container)[1] for pod in _pods(facts, side)} - {""}
    return found.pop() if len(found) == 1 else ""


def _written(objects: Objects, bad: Side, good: Side, entry: Entry) -> list[tuple[str, Raw]]:
    written = [("Deployment", bad.deployment), ("Deployment", good.deployment)]
    written += [("Service", objects.service)] if objects.service else []
    routing = objects.virtual_service(entry.virtual_service)
    return [*written, *([("VirtualService", routing)] if routing else [])]


def _named(objects: Objects, name: str) -> Raw | None:
    return next((each for each in objects.deployments if each["metadata"]["name"] == name), None)


def _pair_of(plan: Plan) -> Pair:
    """The two sides as the plan's steps name them."""
    return Pair.planned(next(step.params for step in plan.steps if step.kind == "retire"))


def _subsets(bad: Side, good: Side, entry: Entry) -> Pair:
    """The sides as metrics and routes name them: by subset, and by the label's value where there is no mesh."""
    return Pair(host=entry.host, stable=good.subset or good.value, canary=bad.subset or bad.value)


def _entry(service: Service) -> Entry:
    if service.blue_green is None:
        raise Refused(Code.NOT_BUILT, strategy=NAME)
    return service.blue_green
