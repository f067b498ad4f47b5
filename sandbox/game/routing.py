"""Where a request goes: a snapshot becomes legs with shares, and a draw becomes a pod. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.game.world import Destination, Match, Pod, VirtualService, World

NO_SUBSET = "none"


@dataclass(frozen=True, slots=True)
class Leg:
    """One way a request can take: a share (0 to 1) of the route, and the pods that can answer it (perhaps none)."""

    subset: str
    share: float
    pods: tuple[Pod, ...]


def legs(world: World, *, service: str, path: str = "/") -> tuple[Leg, ...]:
    """The ways of a request for `path` of `service`; their shares sum to 1. Empty when no route takes it.

    Without a VirtualService the Service decides: every ready endpoint alike. A share is a weight by the sum of weights;
    zero and negative weights carry nothing, and when none is left the route has no way. A single destination takes
    everything, whatever its weight (Istio's rule for HTTPRouteDestination.weight).
    """
    routed = _destinations(world, service=service, path=path)
    if routed is None:
        routed = (Destination(service=service, subset="", weight=1),)
    weights = [1] if len(routed) == 1 else [max(each.weight, 0) for each in routed]
    total = sum(weights)
    return tuple(
        Leg(
            subset=each.subset or NO_SUBSET,
            share=weight / total,
            pods=subset_pods(world, service=each.service, subset=each.subset),
        )
        for each, weight in zip(routed, weights, strict=True)
        if weight
    )


def choose(ways: Sequence[Leg], draw: float) -> Leg | None:
    """The leg that a draw (0 ≤ draw < 1) falls on; None when there is no way at all."""
    passed = 0.0
    for leg in ways:
        passed += leg.share
        if draw < passed:
            return leg
    return ways[-1] if ways else None


def subset_pods(world: World, *, service: str, subset: str) -> tuple[Pod, ...]:
    """The ready pods of a Service's subset, by name; of the whole Service when `subset` is empty.

    A subset that no DestinationRule defines has no pods, as in Envoy, where its cluster does not exist.
    """
    wanted: Mapping[str, str] | None = {} if not subset else _subsets(world, service).get(subset)
    if wanted is None:
        return ()
    ready = (
        world.pods[endpoint.pod]
        for each in world.slices.values()
        if each.service == service
        for endpoint in each.endpoints
        if endpoint.ready and endpoint.pod in world.pods and endpoint.uid in ("", world.pods[endpoint.pod].uid)
    )
    # Slices overlap for a moment while the controller moves endpoints between them.
    return tuple({pod.name: pod for pod in sorted(ready, key=lambda pod: pod.name) if carries(pod, wanted)}.values())


def subset_of(world: World, *, service: str, pod: Pod) -> str:
    """The first subset of the Service that a pod belongs to, or `none`."""
    return next((name for name, labels in _subsets(world, service).items() if carries(pod, labels)), NO_SUBSET)


def has_subsets(world: World, *, service: str) -> bool:
    """Whether a DestinationRule divides the Service's pods into subsets."""
    return bool(_subsets(world, service))


def carries(pod: Pod, labels: Mapping[str, str]) -> bool:
    """Whether a pod carries all of these labels."""
    return all(pod.labels.get(key) == value for key, value in labels.items())


def _subsets(world: World, service: str) -> Mapping[str, Mapping[str, str]]:
    rules = (rule for rule in world.destination_rules.values() if rule.service == service)
    return {name: labels for rule in rules for name, labels in rule.subsets.items()}


def _destinations(world: World, *, service: str, path: str) -> tuple[Destination, ...] | None:
    candidates = [each for each in world.virtual_services.values() if service in each.hosts]
    if not candidates:
        return None
    # Istio lets the oldest VirtualService of a host win in a sidecar.
    winner: VirtualService = min(candidates, key=lambda each: (each.created, each.name))
    for route in winner.routes:
        if not route.matches or any(_matches(each, path) for each in route.matches):
            return route.destinations
    return ()


def _matches(match: Match, path: str) -> bool:
    if match.other:
        return False
    if match.how == "exact":
        return path == match.uri
    if match.how == "regex":
        try:
            return re.fullmatch(match.uri, path) is not None
        except re.error:  # the API takes any text; a proxy refuses what does not compile
            return False
    return path.startswith(match.uri)
