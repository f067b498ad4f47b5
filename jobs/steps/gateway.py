"""Reading routes of the Gateway API: which rules split between stable's and the canary's Service. Pure.

Routes of every kind have rules with weighted backends. An HTTPRoute's are moved; those of other kinds are only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.model import JsonObject
from bot.domain.weights import WHOLE
from jobs.clients.resources import HTTP_ROUTE, Kind, Raw
from jobs.steps.splits import Match, Pair, Route, Side, Split, chosen, labelled, sided

EVERYTHING: Final[tuple[Raw, ...]] = ({}, {"path": {"type": "PathPrefix", "value": "/"}}, {"path": {"value": "/"}})
"""Matches that every request meets. The API server fills in the second where a rule has none."""
ABSENT = 1
"""The weight of a backend that names none (the Gateway API's default)."""


@dataclass(frozen=True)
class Routes:
    """A kind of route: what leads to the canary's own Service is found in it, and nothing is moved."""

    kind: Kind
    figure: str
    protocol: str

    def flows(self, items: Iterable[Raw], pair: Pair, *, namespace: str) -> list[JsonObject]:
        """Every rule that still leads, or mirrors, to the canary's own Service."""
        found: list[JsonObject] = []
        for item in items:
            meta = item["metadata"]
            home = str(meta.get("namespace", namespace))
            for index, rule in enumerate(item.get("spec", {}).get("rules") or []):
                percent = _percent_to_canary(rule, pair, namespace=home)
                mirrored = any(_is(each, pair.canary_service, namespace=home) for each in _mirrors(rule))
                if percent > 0 or mirrored:
                    found.append(
                        {
                            self.figure: str(meta["name"]),
                            "protocol": self.protocol,
                            "route": labelled(str(rule.get("name", "")), index),
                            "index": index,
                            "percent": round(percent, 2),
                            "mirror": mirrored,
                        }
                    )
        return found


@dataclass(frozen=True)
class HttpRoutes(Routes):
    """The Gateway API: the sides are two Services, the backends of one HTTPRoute's rules."""

    kind: Kind = HTTP_ROUTE
    figure: str = "http_route"
    protocol: str = "http"

    def find(self, live: Raw, pair: Pair) -> Split:
        """The rules that name both Services, or the one with the catalog's name; and those that match testers.

        Raises:
            Refused: no-route, ambiguous-route (two have the name, or a side stands in one twice), route-shared (a third
                backend), bad-weights (all zero).
        """
        name, home = str(live["metadata"]["name"]), str(live["metadata"]["namespace"])
        rules: list[Raw] = live.get("spec", {}).get("rules") or []
        fitting = [index for index, rule in enumerate(rules) if _fits(rule, pair, namespace=home)]
        found = (_match(rule, index, pair, namespace=home) for index, rule in enumerate(rules) if index not in fitting)
        matches = tuple(match for match in found if match)
        names = [str(rule.get("name", "")) for rule in rules]
        chosen(fitting, matches, pair, names=names, http_route=name)
        routes = tuple(_read(rules[index], index, pair, namespace=home, owner=name) for index in fitting)
        return Split(routes=routes, matches=matches)

    def in_mesh(self, live: Raw) -> bool:
        """Whether a Service is among its parents: then proxies beside the clients obey it, no gateway."""
        parents = live.get("spec", {}).get("parentRefs") or []
        return any(parent.get("kind") == "Service" for parent in parents)


def _fits(rule: Raw, pair: Pair, *, namespace: str) -> bool:
    if pair.route:
        return bool(rule.get("name") == pair.route)
    roles = [_role(entry, pair, namespace=namespace) for entry in _backends(rule)]
    return "stable" in roles and "canary" in roles


def _read(rule: Raw, index: int, pair: Pair, *, namespace: str, owner: str) -> Route:
    path = f"/spec/rules/{index}"
    sides = [
        (_role(entry, pair, namespace=namespace), _side(entry, f"{path}/backendRefs/{place}"))
        for place, entry in enumerate(_backends(rule))
    ]
    return sided(sides, pair, index=index, path=path, name=str(rule.get("name", "")), http_route=owner)


def _match(rule: Raw, index: int, pair: Pair, *, namespace: str) -> Match | None:
    """A rule whose match sends all to the canary's Service; None for any other one, and for one that matches all."""
    entries, conditions = _backends(rule), rule.get("matches") or []
    if not conditions or any(each in EVERYTHING for each in conditions) or len(entries) != 1:
        return None
    if _role(entries[0], pair, namespace=namespace) != "canary" or _weight(entries[0]) <= 0:
        return None
    path = f"/spec/rules/{index}"
    side = _side(entries[0], f"{path}/backendRefs/0")
    name = str(rule.get("name", ""))
    return Match(index=index, path=path, name=name, canary=side, field="/name", to=pair.stable_service)


def _role(entry: Raw, pair: Pair, *, namespace: str) -> str:
    if _is(entry, pair.stable_service, namespace=namespace):
        return "stable"
    return "canary" if _is(entry, pair.canary_service, namespace=namespace) else ""


def _is(entry: Raw, service: str, *, namespace: str) -> bool:
    """Whether a backend is this Service of the route's own namespace."""
    kind = (entry.get("group", ""), entry.get("kind", "Service"))
    return kind == ("", "Service") and (entry.get("name"), entry.get("namespace", namespace)) == (service, namespace)


def _side(entry: Raw, path: str) -> Side:
    leads = {key: value for key, value in entry.items() if key != "weight"}
    return Side(path=path, entry=entry, weight=_weight(entry), leads=leads)


def _weight(entry: Raw) -> float:
    return float(entry.get("weight", ABSENT))


def _percent_to_canary(rule: Raw, pair: Pair, *, namespace: str) -> float:
    entries = _backends(rule)
    total = sum(_weight(entry) for entry in entries)
    named = [_weight(entry) for entry in entries if _is(entry, pair.canary_service, namespace=namespace)]
    return WHOLE * sum(named) / total if total else 0.0


def _backends(rule: Raw) -> list[Raw]:
    return list(rule.get("backendRefs") or [])


def _mirrors(rule: Raw) -> Iterator[Raw]:
    for holder in (rule, *_backends(rule)):
        for each in holder.get("filters") or []:
            if each.get("type") == "RequestMirror":
                yield each.get("requestMirror", {}).get("backendRef", {})
