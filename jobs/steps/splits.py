"""Which routes lead to the canary and with which shares, whatever kind of object holds them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from bot.catalog.model import Canary
from bot.domain.model import Json, JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.weights import WHOLE
from jobs.clients.resources import Kind, Raw


@dataclass(frozen=True)
class Pair:
    """The two sides between which traffic moves: `stable` gets it, `canary` loses it.

    `stable`, `canary`: their subsets, as metrics name them, and as a VirtualService's routes do. `host`: of both
    subsets. `route`: the name of the route, "" for all that split between the two.
    `canary_service`: a Service of the canary's own, through which it may be reached without any subset;
    `stable_service`: stable's own, "" where routes tell the sides by subset.
    """

    host: str
    stable: str
    canary: str
    route: str = ""
    canary_service: str = ""
    stable_service: str = ""

    @classmethod
    def of(cls, entry: Canary) -> Pair:
        """The sides of a canary, from the catalog."""
        return cls(
            host=entry.host,
            stable=entry.stable.subset,
            canary=entry.canary.subset,
            route=entry.route,
            canary_service=entry.canary.service or entry.canary.deployment,
            stable_service=entry.stable.service,
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
    """One destination of a route: its JSON pointer, the entry as read, its weight, and where it leads."""

    path: str
    entry: Raw
    weight: float
    leads: Json


@dataclass(frozen=True)
class Route:
    """A route that names both sides: its place in the object's list, its JSON pointer, its name ("" for none)."""

    index: int
    path: str
    name: str
    stable: Side
    canary: Side | None

    @property
    def canary_percent(self) -> float:
        """The canary's share of the sum of weights, in percent: weights are relative to their sum."""
        if self.canary is None:
            return 0.0
        return WHOLE * self.canary.weight / (self.canary.weight + self.stable.weight)

    @property
    def label(self) -> str:
        """What people call it."""
        return labelled(self.name, self.index)

    @property
    def place(self) -> JsonObject:
        """Where it stands in the object: pointers, and both entries as read (None: no such destination)."""
        sides = {"stable": self.stable, "canary": self.canary}
        shown: JsonObject = {
            name: {"path": side.path, "entry": side.entry} if side else None for name, side in sides.items()
        }
        return {"path": self.path, "name": self.name, **shown}


@dataclass(frozen=True)
class Match:
    """A route that sends all that it matches to the canary alone: testers by a header, a path.

    It has no share to move. It is switched to stable in one go: `field` of its only entry becomes `to`.
    """

    index: int
    path: str
    name: str
    canary: Side
    field: str
    to: str

    @property
    def label(self) -> str:
        """What people call it."""
        return labelled(self.name, self.index)

    @property
    def place(self) -> JsonObject:
        """Where it stands in the object, and what becomes of it."""
        entry: JsonObject = {"path": self.canary.path, "entry": self.canary.entry}
        return {"path": self.path, "name": self.name, "canary": entry, "field": self.field, "to": self.to}


@dataclass(frozen=True)
class Split:
    """All routes of one object that are moved together, and those that are switched with the last weight."""

    routes: tuple[Route, ...]
    matches: tuple[Match, ...] = ()

    @property
    def canary_percent(self) -> float:
        """The canary's highest share of all routes, in percent: by this one a plan is made."""
        return max((route.canary_percent for route in self.routes), default=0.0)

    @property
    def indices(self) -> set[int]:
        """The places of all of them in the object's list."""
        return {route.index for route in self.routes} | {match.index for match in self.matches}

    @property
    def places(self) -> list[Json]:
        """Where the routes stand in the object, in order."""
        return [route.place for route in self.routes]


class Leads(Protocol):
    """One kind of object that may lead requests to the canary, as far as it is only read."""

    @property
    def kind(self) -> Kind:
        """The kind."""

    @property
    def figure(self) -> str:
        """What parameters, figures and the catalog call its name."""

    def flows(self, items: Iterable[Raw], pair: Pair, *, namespace: str) -> list[JsonObject]:
        """Every place where requests (or mirrored copies) may still reach the canary, by what the objects say.

        Each with the object's name under `figure`, `protocol`, `route` (a label), `index`, `percent`, `mirror`.
        """


class Router(Leads, Protocol):
    """One kind of object whose routes are moved between the two sides; one file a vendor."""

    def find(self, live: Raw, pair: Pair) -> Split:
        """The routes that carry stable and canary.

        Raises:
            Refused: no-route, ambiguous-route, route-shared (a third destination), bad-weights.
        """

    def in_mesh(self, live: Raw) -> bool:
        """Whether proxies beside the clients have to obey it: an ambient mesh without a waypoint has none."""


def labelled(name: str, index: int) -> str:
    """A route's name, or its place for people where it has none."""
    return name or f"#{index + 1}"


def chosen(fitting: Sequence[int], matches: Sequence[Match], pair: Pair, *, names: Sequence[str], **owner: str) -> None:
    """Whether these routes (by index) may be moved together. `names`: of all routes. `owner`: the object's figure.

    Raises:
        Refused: no-route (none splits, and where one is named, or none leads to the canary by its match either),
            ambiguous-route (two have the name).
    """
    if not fitting and (pair.route or not matches):
        raise Refused(Code.NO_ROUTE, **owner, route=pair.route, host=pair.host)
    if pair.route and len(fitting) > 1:
        labels: list[Json] = [labelled(names[index], index) for index in fitting]
        raise Refused(Code.AMBIGUOUS_ROUTE, **owner, route=pair.route, routes=labels)


def sided(sides: Sequence[tuple[str, Side]], pair: Pair, *, index: int, path: str, name: str, **owner: str) -> Route:
    """A route from its destinations, each with its role: "stable", "canary", or "" for another one.

    Raises:
        Refused: route-shared, ambiguous-route (a side twice), bad-weights (a negative one, or all zero), no-route
            (stable is none of them).
    """
    label, found = labelled(name, index), dict[str, Side]()
    for role, side in sides:
        if not role:
            raise Refused(Code.ROUTE_SHARED, **owner, route=label, destination=side.leads)
        if role in found:
            raise Refused(Code.AMBIGUOUS_ROUTE, **owner, route=label, routes=[label], subset=role)
        found[role] = side
    weights = [side.weight for side in found.values()]
    if not weights or min(weights) < 0 or sum(weights) <= 0:
        raise Refused(Code.BAD_WEIGHTS, **owner, route=label, weights=list[Json](weights))
    if "stable" not in found:
        raise Refused(Code.NO_ROUTE, **owner, route=label, host=pair.host, subset=pair.stable)
    return Route(index=index, path=path, name=name, stable=found["stable"], canary=found.get("canary"))
