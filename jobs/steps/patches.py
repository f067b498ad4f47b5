"""JSON patches as data (RFC 6902): first what must still be true, then the change. A failed test answers 422."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from jobs.steps.claims import FENCE
from jobs.steps.splits import Match, Route

Operation: TypeAlias = dict[str, Any]


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def test(path: str, value: object) -> Operation:
    """The value at `path` must be this one; None: there must be none."""
    return {"op": "test", "path": path, "value": value}


def replace(path: str, value: object) -> Operation:
    """The value at `path`, which must exist, becomes this one."""
    return {"op": "replace", "path": path, "value": value}


def guarded(*, uid: str, fence: int, operations: Sequence[Operation]) -> list[Operation]:
    """Operations that only this very object accepts, and only from whoever wrote this fence onto it."""
    return [
        test("/metadata/uid", uid),
        test(pointer("metadata", "annotations", FENCE), str(fence)),
        *operations,
    ]


def value(path: str, *, old: object, new: object) -> list[Operation]:
    """Replace one value, if it still is the old one."""
    return [test(path, old), replace(path, new)]


def member(path: str, *, old: object, new: object) -> list[Operation]:
    """Set one member of an object, if it still is the old one; None for one that is not there yet."""
    return [test(path, old), {"op": "add" if old is None else "replace", "path": path, "value": new}]


def weights(route: Route, *, stable: int, canary: int) -> list[Operation]:
    """Set the two weights of a route, if it still is as read: its name, both destinations, both weights.

    Nothing else of the object is touched: other routes, matches, headers, retries and mirrors stay as they are.
    """
    operations = _named(route.path, route.name)
    for side, weight in ((route.stable, stable), (route.canary, canary)):
        if side is None:
            raise ValueError("only a route to both sides has weights to set")
        operations.append(test(side.path, side.entry))
        # "add" replaces a member that exists and makes one that does not.
        operations.append({"op": "add", "path": f"{side.path}/weight", "value": weight})
    return operations


def switch(match: Match) -> list[Operation]:
    """Lead to stable what a route's match has led to the canary, if it still is as read: its name, its destination.

    The match itself, and whatever else the route says, is not touched.
    """
    side = match.canary
    return [
        *_named(match.path, match.name),
        test(side.path, side.entry),
        replace(f"{side.path}{match.field}", match.to),
    ]


def _named(path: str, name: str) -> list[Operation]:
    return [test(f"{path}/name", name)] if name else []
