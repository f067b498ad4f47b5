"""Taking a canary back (REQUIREMENTS.md R3), as a runbook: look at production, then decide what will be done.

The order is DESIGN.md's principle 9: capacity, traffic, drain, scale to 0 and delete, autoscaler, validate.
"""

from __future__ import annotations

from typing import cast

from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.plan import Plan, Shown
from bot.domain.rollback import Request
from jobs.checks.measure import Seen, look
from jobs.clients import Clients
from jobs.clients.objects import desired, image, ready, targeting, version
from jobs.clients.together import together
from jobs.steps import routers
from jobs.steps.splits import Pair
from jobs.strategies import canary_back, canary_facts, canary_notes, canary_steps, capacity, reading, two_sides
from jobs.strategies.canary_back import Back
from jobs.strategies.canary_decision import CanaryFacts, Decision, decide, entry_of, pods_needed
from jobs.strategies.canary_facts import Members, Objects
from jobs.strategies.model import Facts

__all__ = ["Canary", "CanaryFacts", "binding"]

NEEDED_TOLERANCE = 0.5
"""Capacity is worked out when planned; half as much again since then is another plan."""


class Canary:
    """The way back from a canary: stable takes the traffic, the canary's Deployment goes."""

    def observe(self, clients: Clients, request: Request, service: Service) -> Facts:
        """Read both Deployments with their pods, routing, Services, autoscalers, and Prometheus' figures."""
        del request
        entry = entry_of(service)
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
        """The objects read anew, side by side: what the digest covers, and the capacity that is needed now."""
        del plan
        objects = canary_facts.objects(clients.kubernetes, service)
        return binding(objects, service), _needed_shown(pods_needed(objects, entry_of(service)))

    def production(self, clients: Clients, plan: Plan, service: Service) -> JsonObject:
        """Weights, versions, pods and the autoscaler's bounds as they are now."""
        return two_sides.canary(clients, service, plan)

    def plan(self, facts: Facts, request: Request, service: Service, name: str) -> Plan:
        """Refuse, or write down the steps."""
        if not isinstance(facts, CanaryFacts):
            raise TypeError(f"canary plans from CanaryFacts, not {type(facts).__name__}")
        decision = decide(facts, request, service)
        container, digest = service.kubernetes.container, facts.owned.digest("stable", service.kubernetes.container)
        forth = Plan(
            strategy="canary",
            service=name,
            from_version=version(image(decision.canary, container)),
            to_version=version(image(decision.stable, container)),
            steps=canary_steps.steps(decision, service, digest=digest),
            binding=binding(facts.objects, service),
            shown=shown(decision, facts, service),
            entry=service.digest,
            targets=targets(decision, service),
            changes=canary_notes.changes(decision, service),
            left_out=canary_notes.left_out(decision),
            risks=canary_notes.risks(decision, facts, service),
            budget_s=entry_of(service).budget_s,
            undo=canary_back.left(decision),
        )
        return _back(forth, Back.decided(decision, service, request), digest) if request.undoes else forth


def _back(forth: Plan, back: Back, digest: str) -> Plan:
    """The other way: from stable's version to the canary's, by the shares that it had."""
    return forth.model_copy(
        update={
            "from_version": forth.to_version,
            "to_version": forth.from_version,
            "steps": back.steps(digest=digest),
            "changes": back.changes(),
            "risks": back.risks(),
            "left_out": (),
            "shown": {**forth.shown, "reversed": Shown(value=True)},
        }
    )


def binding(objects: Objects, service: Service) -> JsonObject:
    """What the plan rests on: identities, templates, routes with their shares, who is behind them, autoscaler bounds.

    Never a resourceVersion, a count or a status: those move by themselves (DESIGN.md, principle 2).
    """
    entry = entry_of(service)
    autoscaler = targeting(objects.autoscalers, entry.stable.deployment)
    scaler = capacity.scaler(objects.autoscalers, entry.canary.deployment)
    return {
        **canary_facts.workload_binding("stable", objects.stable),
        **canary_facts.workload_binding("canary", objects.canary),
        **canary_facts.route_binding(objects, entry),
        **canary_facts.sides_binding(objects, entry),
        "selector": objects.service["spec"].get("selector") if objects.service else None,
        "autoscaler_uid": autoscaler["metadata"]["uid"] if autoscaler else None,
        "autoscaler_max": autoscaler["spec"]["maxReplicas"] if autoscaler else None,
        "canary_autoscaler_uid": scaler["uid"] if scaler else None,
    }


def shown(decision: Decision, facts: CanaryFacts, service: Service) -> dict[str, Shown]:
    """What moves by itself: replicas, readiness, rates, where the routes stand, and when the bad version came."""
    container, owned = service.kubernetes.container, facts.owned
    values: JsonObject = {
        **facts.seen.figures(),
        "canary_weight": decision.live,
        "route_places": decision.split.places,
        "match_places": [match.place for match in decision.split.matches],
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
    entry, namespace = entry_of(service), service.kubernetes.namespace
    router, name = routers.named_by(entry)
    names = [
        f"Deployment/{namespace}/{entry.stable.deployment}",
        f"Deployment/{namespace}/{entry.canary.deployment}",
        f"{router.kind.name}/{namespace}/{name}",
    ]
    if decision.hpa:
        names.append(f"{decision.hpa['kind']}/{namespace}/{decision.hpa['name']}")
    if decision.scaler:
        names.append(f"ScaledObject/{namespace}/{decision.scaler['name']}")
    return tuple(names)


def _needed_shown(needed: int) -> dict[str, Shown]:
    return {"needed": Shown(value=needed, tolerance=NEEDED_TOLERANCE)}
