"""What one weight does to each route: planned shares against live ones, and the patch that moves all of them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.model import Json, JsonObject
from bot.domain.weights import WHOLE, as_weights
from jobs.steps import patches
from jobs.steps.model import AlreadySo, AsPlanned, Look, Moved
from jobs.steps.splits import Split, labelled

CLOSE = 0.01
"""Percent: shares are planned with two decimals."""


@dataclass(frozen=True)
class Share:
    """One route's canary percent before and after a step; `name`: "" for a route without one."""

    name: str
    was: float
    to: float


@dataclass(frozen=True)
class Moves:
    """One step: the share of each route that splits, in the object's order, and the names of the routes it switches.

    `to`: the weight, in percent of the canary: a route that has less already stays where it is. `left`: labels of the
    routes whose match still sends everything to the canary after the step.
    """

    to: float
    shares: tuple[Share, ...]
    switched: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @classmethod
    def planned(cls, params: JsonObject) -> Moves:
        """As a step's parameters keep it."""
        shares = (
            Share(str(each["name"]), _number(each["from"]), _number(each["to"])) for each in _objects(params["routes"])
        )
        switched = (str(each["name"]) for each in _objects(params.get("switch")))
        left = (str(each["label"]) for each in _objects(params.get("left")))
        return cls(to=_number(params["to"]), shares=tuple(shares), switched=tuple(switched), left=tuple(left))

    @property
    def span(self) -> tuple[float, float] | None:
        """The least and the most percent that any route leads to the canary afterwards; None when it is one figure."""
        after = [share.to for share in self.shares] + [WHOLE for _ in self.left]
        return (min(after), max(after)) if after and min(after) < max(after) else None


def params(split: Split, *, was: float, to: float, last: bool) -> JsonObject:
    """The parameters of one step downwards; `split`: the routes as they were when it was planned."""
    shares = [(min(route.canary_percent, was), min(route.canary_percent, to)) for route in split.routes]
    return written(split, shares, was=was, to=to, switch=last)


def written(split: Split, shares: Sequence[tuple[float, float]], *, was: float, to: float, switch: bool) -> JsonObject:
    """The parameters from which `Moves.planned` reads it. `shares`: of each route, before and after.

    `was`, `to`: the highest of them. `switch`: whether the routes that a match leads to the canary go to stable.
    """
    routes: list[Json] = [
        {"name": route.name, "label": route.label, "from": percent(before), "to": percent(after)}
        for route, (before, after) in zip(split.routes, shares, strict=True)
    ]
    matches: list[Json] = [{"name": match.name, "label": match.label} for match in split.matches]
    return {
        "from": was,
        "to": to,
        "stable_to": percent(WHOLE - to),
        "routes": routes,
        "switch": matches if switch else [],
        "left": [] if switch else matches,
    }


def compare(split: Split, moves: Moves) -> Look:
    """The live shares against the two that the plan knows of each route."""
    names = [route.name for route in split.routes]
    planned = [share.name for share in moves.shares]
    if names != planned:
        return Moved("route", list[Json](planned), _labels(split))
    for route, share in zip(split.routes, moves.shares, strict=True):
        if not _close(route.canary_percent, share.was) and not _close(route.canary_percent, share.to):
            return Moved("canary_weight", share.was, round(route.canary_percent, 2))
    matches = [match.name for match in split.matches]
    if moves.switched and matches and matches != list(moves.switched):
        return Moved("match_routes", list[Json](moves.switched), list[Json](matches))
    return AlreadySo(figures(split)) if arrived(split, moves) else AsPlanned(figures(split))


def arrived(split: Split, moves: Moves) -> bool:
    """Whether every route is where the step wants it."""
    there = all(
        _close(route.canary_percent, share.to) for route, share in zip(split.routes, moves.shares, strict=False)
    )
    return there and len(split.routes) == len(moves.shares) and not (moves.switched and split.matches)


def operations(split: Split, moves: Moves) -> list[patches.Operation]:
    """One patch for all routes that are not where the step wants them; each is tested against what was read."""
    made: list[patches.Operation] = []
    for route, share in zip(split.routes, moves.shares, strict=True):
        if not _close(route.canary_percent, share.to):
            stable, canary = as_weights(share.to)
            made += patches.weights(route, stable=stable, canary=canary)
    for match in split.matches if moves.switched else ():
        made += patches.switch(match)
    return made


def leading(split: Split, moves: Moves) -> float:
    """The canary's live percent: the highest of all routes; everything, while one that was switched is back."""
    return WHOLE if moves.switched and split.matches else split.canary_percent


def figures(split: Split) -> JsonObject:
    """The canary's highest percent now, and what it leaves for stable."""
    now = split.canary_percent
    return {"canary": now, "stable": WHOLE - now}


def percent(value: float) -> int | float:
    """Percent with two decimals; a whole one without any, so that 50 and 50.0 give one digest."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, abs_tol=CLOSE)


def _labels(split: Split) -> list[Json]:
    return [labelled(route.name, route.index) for route in split.routes]


def _objects(value: Json) -> Sequence[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no percent")
    return value
