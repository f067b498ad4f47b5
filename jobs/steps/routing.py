"""Reading a VirtualService: which routes carry the canary, with which shares, and who else names it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bot.domain.model import JsonObject
from bot.domain.weights import WHOLE
from jobs.clients.resources import VIRTUAL_SERVICE, Kind, Raw
from jobs.steps.splits import Match, Pair, Route, Side, Split, chosen, labelled, sided

__all__ = ["WHOLE", "Pair", "VirtualServices", "flows", "service_of"]

MESH = "mesh"
"""What a VirtualService's `gateways` calls the proxies beside the clients; they are meant when it has none."""

EVERYTHING: Final[tuple[Raw, ...]] = ({}, {"uri": {"prefix": "/"}}, {"uri": {"regex": ".*"}}, {"uri": {"regex": "/.*"}})
"""Conditions that every request meets."""


class VirtualServices:
    """Istio: the sides are subsets of one host."""

    kind: Kind = VIRTUAL_SERVICE
    figure = "virtual_service"

    def find(self, live: Raw, pair: Pair) -> Split:
        """The HTTP routes that name both subsets, or the one with the catalog's name; and those that match testers.

        Raises:
            Refused: no-route, ambiguous-route (two have the name, or a side stands in one twice), route-shared (a third
                destination), bad-weights (a negative one, or all zero).
        """
        name, home = str(live["metadata"]["name"]), str(live["metadata"]["namespace"])
        http: list[Raw] = live.get("spec", {}).get("http") or []
        fitting = [index for index, route in enumerate(http) if _fits(route, pair, namespace=home)]
        found = (_match(route, index, pair, namespace=home) for index, route in enumerate(http) if index not in fitting)
        matches = tuple(match for match in found if match)
        names = [str(route.get("name", "")) for route in http]
        chosen(fitting, matches, pair, names=names, virtual_service=name)
        routes = tuple(_read(http[index], index, pair, namespace=home, owner=name) for index in fitting)
        return Split(routes=routes, matches=matches)

    def flows(self, items: Iterable[Raw], pair: Pair, *, namespace: str) -> list[JsonObject]:
        """Every place where requests may still reach the canary; a protocol is http, tcp or tls."""
        return flows(items, pair, namespace=namespace)

    def in_mesh(self, live: Raw) -> bool:
        """Whether it is meant for the clients' own proxies, not for ingress gateways alone."""
        gateways = live.get("spec", {}).get("gateways") or [MESH]
        return MESH in gateways


def flows(virtual_services: Iterable[Raw], pair: Pair, *, namespace: str) -> list[JsonObject]:
    """Every place where requests (or mirrored copies) may still reach the canary, by what the objects say.

    A destination names the canary when it names its subset, or its host without any subset. `percent` is its share.
    """
    found: list[JsonObject] = []
    for virtual_service in virtual_services:
        meta = virtual_service["metadata"]
        home = str(meta.get("namespace", namespace))
        for protocol, route, index in _routes(virtual_service):
            percent = _percent_to_canary(route, pair, namespace=home)
            mirrored = any(_names_canary(m, pair, namespace=home) for m in _mirrors(route))
            if percent > 0 or mirrored:
                found.append(
                    {
                        "virtual_service": str(meta["name"]),
                        "protocol": protocol,
                        "route": labelled(str(route.get("name", "")), index),
                        "index": index,
                        "percent": round(percent, 2),
                        "mirror": mirrored,
                    }
                )
    return found


def service_of(host: str, *, namespace: str) -> tuple[str, str]:
    """The Service a host means, as (name, namespace); a host outside the cluster's names stands for itself."""
    name, _, rest = host.partition(".")
    if not rest:
        return name, namespace
    home, _, tail = rest.partition(".")
    inside = tail in ("", "svc") or tail.startswith("svc.")
    return (name, home) if inside else (host, "")


def _fits(route: Raw, pair: Pair, *, namespace: str) -> bool:
    if pair.route:
        return bool(route.get("name") == pair.route)
    sides = [_subset(d, pair, namespace=namespace) for d in _destinations(route)]
    return pair.stable in sides and pair.canary in sides


def _read(route: Raw, index: int, pair: Pair, *, namespace: str, owner: str) -> Route:
    entries: list[Raw] = route.get("route") or []
    roles = {pair.stable: "stable", pair.canary: "canary"}
    path = f"/spec/http/{index}"
    sides = [
        (
            roles.get(_subset(entry.get("destination", {}), pair, namespace=namespace), ""),
            _side(entry, f"{path}/route/{place}", alone=len(entries) == 1),
        )
        for place, entry in enumerate(entries)
    ]
    return sided(sides, pair, index=index, path=path, name=str(route.get("name", "")), virtual_service=owner)


def _match(route: Raw, index: int, pair: Pair, *, namespace: str) -> Match | None:
    """A route whose match sends all to the canary's subset; None for any other one.

    One that matches everything is none: what all requests take is no matter of a few testers.
    """
    entries: list[Raw] = route.get("route") or []
    conditions: list[Raw] = route.get("match") or []
    if not conditions or any(_matches_all(each) for each in conditions) or len(entries) != 1:
        return None
    if _subset(entries[0].get("destination", {}), pair, namespace=namespace) != pair.canary:
        return None
    path = f"/spec/http/{index}"
    side = _side(entries[0], f"{path}/route/0", alone=True)
    name = str(route.get("name", ""))
    return Match(index=index, path=path, name=name, canary=side, field="/destination/subset", to=pair.stable)


def _matches_all(condition: Raw) -> bool:
    return {key: value for key, value in condition.items() if key != "name"} in EVERYTHING


def _side(entry: Raw, path: str, *, alone: bool) -> Side:
    return Side(path=path, entry=entry, weight=_weight(entry, alone=alone), leads=entry.get("destination"))


def _weight(entry: Raw, *, alone: bool) -> float:
    """Istio's rule: a destination that stands alone takes everything, else an absent weight is 0."""
    return WHOLE if alone else float(entry.get("weight", 0))


def _subset(destination: Raw, pair: Pair, *, namespace: str) -> str:
    """The subset a destination names, "" when it is of another host or names none."""
    same = service_of(str(destination.get("host", "")), namespace=namespace) == service_of(
        pair.host, namespace=namespace
    )
    return str(destination.get("subset", "")) if same else ""


def _names_canary(destination: Raw, pair: Pair, *, namespace: str) -> bool:
    host = service_of(str(destination.get("host", "")), namespace=namespace)
    if host == service_of(pair.canary_service, namespace=namespace):
        return True
    return host == service_of(pair.host, namespace=namespace) and destination.get("subset", "") in (
        "",
        pair.canary,
    )


def _percent_to_canary(route: Raw, pair: Pair, *, namespace: str) -> float:
    entries: list[Raw] = route.get("route") or []
    weights = [max(0.0, _weight(entry, alone=len(entries) == 1)) for entry in entries]
    named = [
        weight
        for entry, weight in zip(entries, weights, strict=True)
        if _names_canary(entry.get("destination", {}), pair, namespace=namespace)
    ]
    total = sum(weights)
    return WHOLE * sum(named) / total if total else 0.0


def _routes(virtual_service: Raw) -> Iterator[tuple[str, Raw, int]]:
    spec = virtual_service.get("spec", {})
    for protocol in ("http", "tcp", "tls"):
        for index, route in enumerate(spec.get(protocol) or []):
            yield protocol, route, index


def _destinations(route: Raw) -> list[Raw]:
    return [entry.get("destination", {}) for entry in route.get("route") or []]


def _mirrors(route: Raw) -> list[Raw]:
    mirrors = [m.get("destination", {}) for m in route.get("mirrors") or []]
    return [*mirrors, *([route["mirror"]] if route.get("mirror") else [])]
