"""Deciding how a canary is taken back: the gates in order, then capacity, routes and weights. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalog.model import Canary as Entry
from bot.catalog.model import Service
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from bot.domain.weights import WHOLE
from jobs.checks.measure import Seen
from jobs.clients.objects import desired, targeting
from jobs.clients.resources import Raw
from jobs.steps import routers
from jobs.steps.moves import percent
from jobs.steps.splits import Pair, Split
from jobs.strategies import canary_gates, capacity
from jobs.strategies.canary_facts import Objects, Owned
from jobs.strategies.model import Facts


@dataclass(frozen=True)
class CanaryFacts(Facts):
    """The objects as read, the pods each side owns, and the figures of the last hold's length."""

    objects: Objects
    owned: Owned
    seen: Seen


@dataclass(frozen=True)
class Decision:
    """What the facts come to, before it is written down as steps. Percent and pods.

    `routing`: the object whose routes are moved. `left_out`: configured weights not below the live one; `leapt`: those
    that a fast rollback does not stop at. `unsure`: nobody knows whether the mesh obeys the object.
    """

    stable: Raw
    canary: Raw
    routing: Raw
    split: Split
    hpa: JsonObject | None
    scaler: JsonObject | None
    needed: int
    weights: tuple[int, ...]
    left_out: tuple[int, ...]
    leapt: tuple[int, ...]
    unsure: bool

    @property
    def live(self) -> int | float:
        """The canary's highest percent when it was planned."""
        return percent(self.split.canary_percent)


def decide(facts: CanaryFacts, request: Request, service: Service) -> Decision:
    """The gates in order, cheapest explanation first; then capacity and weights.

    Raises:
        Refused: with what was found.
    """
    entry, objects, namespace = entry_of(service), facts.objects, service.kubernetes.namespace
    stable = canary_gates.stable_there(objects, service)
    canary_gates.version_asked(stable, request, service)
    pods = len(facts.owned.canary)
    canary_gates.canary_there(objects, percent=None, pods=pods, service=service)
    routing = canary_gates.routed(objects, entry)
    canary_gates.owner_allows(objects, entry)
    router, _ = routers.named_by(entry)
    split = router.find(routing, Pair.of(entry))
    live = WHOLE if split.matches else round(split.canary_percent, 2)
    canary = canary_gates.canary_there(objects, percent=live, pods=pods, service=service)
    others = routers.flows(objects.routing, Pair.of(entry), namespace=namespace)
    canary_gates.nobody_else_routes(others, split, entry)
    canary_gates.obeyed(objects, routing, entry, namespace=namespace)
    canary_gates.backends_apart(objects, canary, entry)
    canary_gates.stable_fit(stable)
    needed = pods_needed(objects, entry)
    autoscaler = targeting(objects.autoscalers, entry.stable.deployment)
    weights, leapt = _weights(split, entry, fast=_fast(request))
    return Decision(
        stable=stable,
        canary=canary,
        routing=routing,
        split=split,
        hpa=capacity.autoscaler(autoscaler, needed=needed, allow_above_max=entry.allow_above_max),
        scaler=capacity.scaler(objects.autoscalers, entry.canary.deployment),
        needed=needed,
        weights=weights,
        left_out=tuple(weight for weight in entry.weights if weight not in (*weights, *leapt)),
        leapt=leapt,
        unsure=canary_gates.may_be_ambient(objects, routing, entry),
    )


def pods_needed(objects: Objects, entry: Entry) -> int:
    """Pods stable needs to carry everything: the catalog's figure, else its own desired ones plus the canary's."""
    mine = desired(objects.stable) if objects.stable else 0
    both = mine + (desired(objects.canary) if objects.canary else 0)
    return entry.stable_replicas or both


def entry_of(service: Service) -> Entry:
    """The catalog's canary section.

    Raises:
        Refused: not-built.
    """
    if service.canary is None:
        raise Refused(Code.NOT_BUILT, strategy="canary")
    return service.canary


def _weights(split: Split, entry: Entry, *, fast: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The weights to set, and those not stopped at: all below the highest live one; 0 too while a match leads there."""
    below = [weight for weight in entry.weights if weight < round(split.canary_percent, 2)]
    if not below and split.matches:
        below = [0]
    leapt = below[:-1] if fast else []
    return tuple(below[len(leapt) :]), tuple(leapt)


def _fast(request: Request) -> bool:
    return request.options.get("fast") in (True, "yes", "true")
