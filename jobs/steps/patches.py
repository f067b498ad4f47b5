"""JSON patches as data (RFC 6902): first what must still be true, then the change. A failed test answers 422."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from jobs.steps.claims import FENCE
from jobs.steps.routing import Route

Operation: TypeAlias = dict[str, Any]


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) from its parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def test(path: str, value: object) -> Operation:
    """The value at `path` must be this one."""
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


def weights(route: Route, *, stable: int, canary: int) -> list[Operation]:
    """Set the two weights of a route, if it still is as read: its name, both destinations, both weights.

    Nothing else of the object is touched: other routes, matches, headers, retries and mirrors stay as they are.
    """
    operations: list[Operation] = []
    if route.name:
        operations.append(test(pointer("spec", "http", route.index, "name"), route.name))
    for side, weight in ((route.stable, stable), (route.canary, canary)):
        if side is None:
            raise ValueError("only a route to both sides has weights to set")
        at = ("spec", "http", route.index, "route", side.index)
        operations.append(test(pointer(*at), side.entry))
        # "add" replaces a member that exists and makes one that does not: an absent weight means 0.
        operations.append({"op": "add", "path": pointer(*at, "weight"), "value": weight})
    return operations
