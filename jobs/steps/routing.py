"""Reading a VirtualService: which route carries the canary, with which shares, and who else names it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bot.catalog.model import Canary
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from jobs.clients.resources import Raw

WHOLE = 100.0


@dataclass(frozen=True)
class Pair:
    """The two sides between which traffic moves, as routes name them: `stable` gets it, `canary` loses it.

    `host`: of both subsets. `route`: the name of the route, "" for the one that leads to both.
    `canary_service`: a host of the canary's own, through which it may be reached without any subset.
    """

    host: str
    stable: str
    canary: str
    route: str = ""
    canary_service: str = ""

    @classmethod
    def of(cls, entry: Canary) -> Pair:
        """The sides of a canary, from the catalog."""
        return cls(
            host=entry.host,
            stable=entry.stable.subset,
            canary=entry.canary.subset,
            route=entry.route,
            canary_service=entry.canary.deployment,
        )

    @classmethod
    def planned(cls, params: JsonObject) -> Pair:
        """The sides as a step's parameters name them."""
        found = params["pair"]
        if not isinstance(found, dict):
            raise TypeError(f"the sides are {found!r}, not an object")
        return cls(**{name: str(value) for name, value in found.items()})

    @property
    def params(self) -> JsonObject:
        """As a step's parameters keep it."""
        return asdict(self)


@dataclass(frozen=True)
class Side:
    """One destination of a route: its place in the list, the entry as read, its weight (absent: 0)."""

    index: int
    entry: Raw
    weight: float


@dataclass(frozen=True)
class Route:
    """One HTTP route: its place in the object, its name ("" for none), its sides (None: no destination of it)."""

    index: int
    name: str
    stable: Side | None
    canary: Side | None

    @property
    def canary_percent(self) -> float:
        """The canary's share of the sum of weights, in percent. Istio's rule: weights are relative to their sum."""
        if self.canary is None:
            return 0.0
        rest = self.stable.weight if self.stable else 0.0
        return WHOLE * self.canary.weight / (self.canary.weight + rest)

    @property
    def place(self) -> JsonObject:
        """Where it stands in the object: its index, and of each side the index and the entry as read (None: none)."""
        sides = {"stable": self.stable, "canary": self.canary}
        shown: JsonObject = {
            name: {"index": side.index, "entry": side.entry} if side else None for name, side in sides.items()
        }
        return {"index": self.index, **shown}

    @property
    def destinations(self) -> list[Any]:
        """The destinations, as read."""
        return [side.entry["destination"] for side in (self.stable, self.canary) if side]


def find(virtual_service: Raw, pair: Pair) -> Route:
    """The one route that carries stable and canary: by its name where the catalog gives one, else by its destinations.

    Raises:
        Refused: no-route, ambiguous-route (two fit, or a side stands in it twice), route-shared (a third destination),
            bad-weights (a negative one, or all zero).
    """
    name = str(virtual_service["metadata"]["name"])
    namespace = str(virtual_service["metadata"]["namespace"])
    http: list[Raw] = virtual_service.get("spec", {}).get("http") or []
    fitting = [i for i, route in enumerate(http) if _fits(route, pair, namespace=namespace)]
    if not fitting:
        raise Refused(Code.NO_ROUTE, virtual_service=name, route=pair.route, host=pair.host)
    if len(fitting) > 1:
        labels = [str(http[i].get("name", "")) or f"#{i + 1}" for i in fitting]
        raise Refused(Code.AMBIGUOUS_ROUTE, virtual_service=name, route=pair.route, routes=list(labels))
    return _read(http[fitting[0]], fitting[0], pair, namespace=namespace, owner=name)


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
                        "route": str(route.get("name", "")) or f"#{index + 1}",
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
        return route.get("name") == pair.route
    sides = [_subset(d, pair, namespace=namespace) for d in _destinations(route)]
    return pair.stable in sides and pair.canary in sides


def _read(route: Raw, index: int, pair: Pair, *, namespace: str, owner: str) -> Route:
    entries: list[Raw] = route.get("route") or []
    label = str(route.get("name", "")) or f"#{index + 1}"
    sides: dict[str, Side] = {}
    for place, entry in enumerate(entries):
        subset = _subset(entry.get("destination", {}), pair, namespace=namespace)
        if subset not in (pair.stable, pair.canary):
            raise Refused(Code.ROUTE_SHARED, virtual_service=owner, route=label, destination=entry.get("destination"))
        if subset in sides:
            raise Refused(Code.AMBIGUOUS_ROUTE, virtual_service=owner, route=label, routes=[label], subset=subset)
        sides[subset] = Side(index=place, entry=entry, weight=_weight(entry, alone=len(entries) == 1))
    weights = [side.weight for side in sides.values()]
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        raise Refused(Code.BAD_WEIGHTS, virtual_service=owner, route=label, weights=list(weights))
    stable, bad = sides.get(pair.stable), sides.get(pair.canary)
    if stable is None:
        raise Refused(Code.NO_ROUTE, virtual_service=owner, route=label, host=pair.host, subset=pair.stable)
    return Route(index=index, name=str(route.get("name", "")), stable=stable, canary=bad)


def _weight(entry: Raw, *, alone: bool) -> float:
    """Istio's rule: a destination that stands alone takes everything, else an absent weight is 0."""
    return float(entry.get("weight", WHOLE if alone else 0)) if not alone else WHOLE


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
