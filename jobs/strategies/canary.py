"""Taking a canary back (REQUIREMENTS.md R3), as a runbook: look at production, then decide what will be done.

The order is DESIGN.md's principle 9: capacity, traffic, drain, scale to 0 and delete, autoscaler, validate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from bot.catalog.model import Canary as Entry
from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Note, Plan, Shown, Step
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.checks.measure import SCRAPES_A_WINDOW, Seen, fits, look
from jobs.clients import Clients
from jobs.clients.objects import desired, image, ready, targeting, version
from jobs.clients.resources import Raw
from jobs.clients.together import together
from jobs.steps.routing import WHOLE, Pair, Route, find, flows
from jobs.strategies import canary_facts, canary_gates, capacity, reading, two_sides, two_sides_steps
from jobs.strategies.canary_facts import Members, Objects, Owned
from jobs.strategies.model import Facts

READ_BACK_S = 0.5
"""Seconds that a weight usually takes to be written and read back."""
NEEDED_TOLERANCE = 0.5
"""Capacity is worked out when planned; half as much again since then is another plan."""


@dataclass(frozen=True)
class CanaryFacts(Facts):
    """The objects as read, the pods each side owns, and the figures of the last hold's length."""

    objects: Objects
    owned: Owned
    seen: Seen


@dataclass(frozen=True)
class Decision:
    """What the facts come to, before it is written down as steps. Percent and pods.

    `left_out`: configured weights not below the live one; `leapt`: those that a fast rollback does not stop at.
    """

    stable: Raw
    canary: Raw
    route: Route
    hpa: JsonObject | None
    needed: int
    weights: tuple[int, ...]
    left_out: tuple[int, ...]
    leapt: tuple[int, ...]


class Canary:
    """The way back from a canary: stable takes the traffic, the canary's Deployment goes."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read both Deployments with their pods, the routing, the Service, the autoscalers, and Prometheus' figures."""
        del request
        entry = _entry(service)
        with reading.refusals():
            read = together(
                {
                    "objects": lambda: canary_facts.objects(clients.kubernetes, service),
                    "members": lambda: canary_facts.members(clients.kubernetes, service),
                    "seen": lambda: look(clients.prometheus, service, sides=Pair.of(entry), window_s=entry.hold_s),
                }
            )
        objects = cast("Objects", read["objects"])
        owned = canary_facts.owned(objects, cast("Members", read["members"]))
        return CanaryFacts(objects=objects, owned=owned, seen=cast("Seen", read["seen"]))

    def bind(self, clients: Clients, plan: Plan, service: Service) -> tuple[JsonObject, dict[str, Shown]]:
        """Six reads side by side: what the digest covers, and the capacity that is needed now."""
        del plan
        objects = canary_facts.objects(clients.kubernetes, service)
        return binding(objects, service), _needed_shown(_needed(objects, _entry(service)))

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """Weights, versions, pods and the autoscaler's bounds as they are now."""
        return two_sides.canary(clients, service, plan)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        if not isinstance(facts, CanaryFacts):
            raise TypeError(f"canary plans from CanaryFacts, not {type(facts).__name__}")
        decision = decide(facts, request, service)
        container = service.kubernetes.container
        return Plan(
            strategy="canary",
            service=name,
            from_version=version(image(decision.canary, container)),
            to_version=version(image(decision.stable, container)),
            steps=steps(decision, facts, service),
            binding=binding(facts.objects, service),
            shown=shown(decision, facts, service),
            entry=service.digest,
            targets=targets(decision, service),
            left_out=_left_out(decision),
            risks=_risks(decision, facts, service),
            budget_s=_entry(service).budget_s,
        )


def decide(facts: CanaryFacts, request: Request, service: Service) -> Decision:
    """The gates in order, cheapest explanation first; then capacity and weights.

    Raises:
        Refused: with what was found.
    """
    entry = _entry(service)
    objects = facts.objects
    stable = canary_gates.stable_there(objects, service)
    canary_gates.version_asked(stable, request, service)
    pods = len(facts.owned.canary)
    canary_gates.canary_there(objects, percent=None, pods=pods, service=service)
    virtual_service = canary_gates.routed(objects, entry)
    canary_gates.owner_allows(objects, entry)
    route = find(virtual_service, Pair.of(entry))
    percent = round(route.canary_percent, 2)
    canary = canary_gates.canary_there(objects, percent=percent, pods=pods, service=service)
    others = flows(objects.virtual_services, Pair.of(entry), namespace=service.kubernetes.namespace)
    canary_gates.nobody_else_routes(others, route, entry)
    canary_gates.stable_fit(stable)
    needed = _needed(objects, entry)
    scaler = targeting(objects.autoscalers, entry.stable.deployment)
    hpa = capacity.autoscaler(scaler, needed=needed, allow_above_max=entry.allow_above_max)
    below = [weight for weight in entry.weights if weight < percent]
    leapt = below[:-1] if _fast(request) else []
    return Decision(
        stable=stable,
        canary=canary,
        route=route,
        hpa=hpa,
        needed=needed,
        weights=tuple(below[len(leapt) :]),
        left_out=tuple(weight for weight in entry.weights if weight not in below),
        leapt=tuple(leapt),
    )


def steps(decision: Decision, facts: CanaryFacts, service: Service) -> tuple[Step, ...]:
    """The runbook itself."""
    entry, needed, hpa = _entry(service), decision.needed, decision.hpa
    pair, routed = Pair.of(entry), {"virtual_service": entry.virtual_service}
    digest = facts.owned.digest("stable", service.kubernetes.container)
    return (
        two_sides_steps.scale_up(decision.stable, needed=needed, hpa=hpa),
        *_set_weights(decision, facts, service),
        two_sides_steps.drain(decision.canary, pair, window_s=entry.drain_s, let_go={}),
        two_sides_steps.retire(decision.canary, pair, drain_s=entry.drain_s, keep=False, more={**routed}),
        *two_sides_steps.autoscaler_back(service.kubernetes.namespace, hpa),
        two_sides_steps.validate(decision.stable, service, digest=digest, needed=needed, hpa=hpa),
    )


def binding(objects: Objects, service: Service) -> JsonObject:
    """What the plan rests on: identities, templates, the route with its shares, subsets, selector, autoscaler bound.

    Never a resourceVersion, a count or a status: those move by themselves (DESIGN.md, principle 2).
    """
    entry = _entry(service)
    autoscaler = targeting(objects.autoscalers, entry.stable.deployment)
    return {
        **canary_facts.workload_binding("stable", objects.stable),
        **canary_facts.workload_binding("canary", objects.canary),
        **canary_facts.route_binding(objects.virtual_service(entry.virtual_service), entry),
        "stable_subset": canary_facts.subset(objects.destination_rules, entry, entry.stable.subset),
        "canary_subset": canary_facts.subset(objects.destination_rules, entry, entry.canary.subset),
        "selector": objects.service["spec"].get("selector") if objects.service else None,
        "autoscaler_uid": autoscaler["metadata"]["uid"] if autoscaler else None,
        "autoscaler_max": autoscaler["spec"]["maxReplicas"] if autoscaler else None,
    }


def shown(decision: Decision, facts: CanaryFacts, service: Service) -> dict[str, Shown]:
    """What moves by itself: replicas, readiness, rates, and when the bad version came."""
    container, owned = service.kubernetes.container, facts.owned
    values: JsonObject = {
        **facts.seen.figures(),
        "canary_weight": _percent(decision.route.canary_percent),
        "route_place": decision.route.place,
        "stable_replicas": desired(decision.stable),
        "stable_ready": ready(decision.stable),
        "canary_replicas": desired(decision.canary),
        "canary_ready": ready(decision.canary),
        "canary_pods": len(owned.canary),
        "stable_image": image(decision.stable, container),
        "canary_image": image(decision.canary, container),
        "stable_digest": owned.digest("stable", container),
        "canary_digest": owned.digest("canary", container),
        "deployed_at": owned.deployed_at,
        "replica_set": owned.replica_set,
    }
    return {name: Shown(value=value) for name, value in values.items()} | _needed_shown(decision.needed)


def targets(decision: Decision, service: Service) -> tuple[str, ...]:
    """Every object the plan writes."""
    entry, namespace = _entry(service), service.kubernetes.namespace
    names = [
        f"Deployment/{namespace}/{entry.stable.deployment}",
        f"Deployment/{namespace}/{entry.canary.deployment}",
        f"VirtualService/{namespace}/{entry.virtual_service}",
    ]
    if decision.hpa:
        names.append(f"HorizontalPodAutoscaler/{namespace}/{decision.hpa['name']}")
    return tuple(names)


def _set_weights(decision: Decision, facts: CanaryFacts, service: Service) -> list[Step]:
    entry = _entry(service)
    virtual_service = facts.objects.virtual_service(entry.virtual_service) or {}
    planned: list[Step] = []
    was = _percent(decision.route.canary_percent)
    for weight in decision.weights:
        params: JsonObject = {
            "namespace": service.kubernetes.namespace,
            "virtual_service": entry.virtual_service,
            "uid": virtual_service["metadata"]["uid"],
            "route": decision.route.name,
            "pair": Pair.of(entry).params,
            "from": was,
            "to": weight,
            "stable_to": round(WHOLE) - weight,
            "first": not planned,
            "stable_deployment": entry.stable.deployment,
            "pods": decision.needed,
            "error_limit": service.limits.error_share,
        }
        planned.append(
            Step(
                kind="set_weight",
                params=params,
                effect=Effect.CAS,
                hold_s=entry.hold_s,
                deadline_s=30,
                estimate_s=entry.hold_s + READ_BACK_S,
                check="error_rate_at_most" if weight == 0 else "stable_not_worse",
                skippable=True,
                take_back="set-weight",
            )
        )
        was = weight
    return planned


def _left_out(decision: Decision) -> tuple[Note, ...]:
    live = _percent(decision.route.canary_percent)
    notes: list[Note] = []
    if decision.left_out:
        figures: JsonObject = {"weights": list[Json](decision.left_out), "live": live}
        notes.append(Note(code="weights-not-below", figures=figures))
    if decision.leapt:
        notes.append(Note(code="fast", figures={"weights": list[Json](decision.leapt), "live": live}))
    return tuple(notes)


def _risks(decision: Decision, facts: CanaryFacts, service: Service) -> tuple[Note, ...]:
    entry, interval = _entry(service), service.metrics.scrape_interval_s
    stable = version(image(decision.stable, service.kubernetes.container))
    notes = [Note(code="stable-takes-all", figures={"pods": decision.needed, "version": stable})]
    if ready(decision.stable) < desired(decision.stable):
        short: JsonObject = {"ready": ready(decision.stable), "pods": desired(decision.stable)}
        notes.append(Note(code="stable-short", figures=short))
    if decision.hpa and decision.hpa["max_to"] != decision.hpa["max_from"]:
        notes.append(Note(code="autoscaler-max-raised", figures=decision.hpa))
    if facts.seen.whole.share is None:
        notes.append(Note(code="prometheus-unknown", figures={"why": facts.seen.whole.why}))
    if not fits(service.metrics, window_s=entry.hold_s):
        least: JsonObject = {"hold_s": entry.hold_s, "least_s": SCRAPES_A_WINDOW * interval, "interval_s": interval}
        notes.append(Note(code="bad-window", figures=least))
    notes += [Note(code="managed-by", figures=figures) for figures in canary_gates.managers(facts.objects, entry)]
    return (*notes, Note(code="config-and-db-untouched"))


def _needed(objects: Objects, entry: Entry) -> int:
    """Pods stable needs to carry everything: the catalog's figure, else its own desired ones plus the canary's."""
    mine = desired(objects.stable) if objects.stable else 0
    both = mine + (desired(objects.canary) if objects.canary else 0)
    return entry.stable_replicas or both


def _needed_shown(needed: int) -> dict[str, Shown]:
    return {"needed": Shown(value=needed, tolerance=NEEDED_TOLERANCE)}


def _percent(value: float) -> int | float:
    """Percent with two decimals; a whole one without any, so that 50 and 50.0 give one digest."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _fast(request: Request) -> bool:
    return request.options.get("fast") in (True, "yes", "true")


def _entry(service: Service) -> Entry:
    if service.canary is None:
        raise Refused(Code.NOT_BUILT, strategy="canary")
    return service.canary
