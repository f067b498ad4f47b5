"""The smallest parts in which two JSON values differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.model import Json, JsonObject


def leaves(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    """The smallest parts that differ: the place, and what stands there on both sides, None for nothing.

    Places read as `spec.volumes[data].emptyDir`: entries of a list by their name where all have one of their own,
    else the list is one part. Nothing is yielded when, and only when, both are the same.
    """
    if old == new:
        return
    told = [leaf for place, was, now in _inner(path, old, new) for leaf in leaves(place, was, now)]
    yield from told or [(path, old, new)]


def keyed(value: Json) -> dict[str, JsonObject] | None:
    """The entries of a list by their names; None where it is no list, or not each entry has a name of its own."""
    if not isinstance(value, list):
        return None
    named = {item["name"]: item for item in value if isinstance(item, dict) and isinstance(item.get("name"), str)}
    return {str(name): item for name, item in named.items()} if len(named) == len(value) else None


def _inner(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield _place(path, name), old.get(name), new.get(name)
        return
    was, now = keyed(old), keyed(new)
    if was is not None and now is not None:
        for name in was | now:
            yield f"{path}[{name}]", was.get(name), now.get(name)


def _place(path: str, name: str) -> str:
    if not path:
        return name
    return f"{path}[{name}]" if "." in name or "/" in name else f"{path}.{name}"
