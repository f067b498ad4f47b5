"""YAML as data plus the line each value stands on, so that a problem can be shown where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TypeAlias

import yaml
from pydantic import JsonValue

Place: TypeAlias = tuple[str | int, ...]
"""A path into the data: names of mappings and indexes of lists."""

JSON_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str")}
DEEPEST = 20


@dataclass(frozen=True)
class Found:
    """One thing wrong with the text itself."""

    line: int
    what: str
    mend: str


@dataclass(frozen=True)
class Lines:
    """The data of a text, the 1-based lines of its values and keys, and what is wrong with the text."""

    data: JsonValue = None
    values: dict[Place, int] = field(default_factory=dict)
    keys: dict[Place, int] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)

    def of(self, place: Place) -> int:
        """The line of a value, or of the nearest thing around it."""
        while place and place not in self.values:
            place = place[:-1]
        return self.values.get(place, 1)


def read(text: str) -> Lines:
    """Parse one document. Problems are collected in `found`; `data` is None when there is nothing to go on with."""
    lines = Lines()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        lines.found.append(_syntax(error))
        return lines
    if root is None:
        return lines
    return Lines(data=_Reader(lines).value(root, ()), values=lines.values, keys=lines.keys, found=lines.found)


def _syntax(error: yaml.YAMLError) -> Found:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Found(
        line=mark.line + 1 if mark else 1,
        what=f"this is no YAML: {what}",
        mend="Look at the indentation, the colons and the quotes of this line and the one above.",
    )


class _Reader:
    """Walks the nodes of one document."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._scalars = yaml.SafeLoader("")
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, place: Place) -> JsonValue:
        self._lines.values.setdefault(place, _line(node))
        if not isinstance(node, yaml.ScalarNode):
            if id(node) in self._seen:
                self._wrong(node, "it is an alias (*name)", "Write the value out where it is used.")
                return None
            self._seen.add(id(node))
        if len(place) > DEEPEST:
            self._wrong(node, f"it is nested more than {DEEPEST} deep", "A catalog is flat: see the example.")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> JsonValue:
        data: dict[str, JsonValue] = {}
        for key, value in node.value:
            name = str(key.value)
            here = (*place, name)
            if not isinstance(key, yaml.ScalarNode) or name == "<<":
                self._wrong(key, "a key is a plain name", "Write each key out.")
            elif name in data:
                first = self._lines.keys[here]
                self._wrong(key, f"`{name}` stands here twice, first in line {first}", "Keep one of the two.")
            else:
                self._lines.keys[here] = _line(key)
                data[name] = self.value(value, here)
        return data

    def _scalar(self, node: yaml.Node) -> JsonValue:
        if node.tag not in JSON_TAGS:
            return str(node.value)
        try:
            data = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._wrong(node, f"`{node.value}` is no value of its kind", "Put it in quotes if it is text.")
            return None
        if isinstance(data, float) and not isfinite(data):
            self._wrong(node, f"`{node.value}` is no number to work with", "Write a finite number.")
            return None
        return data if isinstance(data, str | int | float | bool) else None

    def _wrong(self, node: yaml.Node, what: str, mend: str) -> None:
        self._lines.found.append(Found(line=_line(node), what=what, mend=mend))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
