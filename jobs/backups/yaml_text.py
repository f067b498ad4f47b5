"""YAML that somebody else wrote, as nodes: one document, no aliases, not too deep. Its values are never in an error.

PyYAML's own messages quote the text they stumble over, and that may be a password: only lines are passed on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final

import yaml

from jobs.backups.problems import BadBackup, Why

DEEPEST: Final = 40
"""`metadata.managedFields` is nested about ten deep."""
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT: Final = "tag:yaml.org,2002:str"
_NOTHING: Final = "tag:yaml.org,2002:null"
_BREAK: Final = re.compile(r"[\r\x85\u2028\u2029\ufeff]")
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class Members:
    """A mapping of the document, and where it stands in it ("" for the whole)."""

    def __init__(self, node: yaml.MappingNode, place: str = "") -> None:
        self._place = place
        self._members: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                raise BadBackup(Why.NO_STRING, place=place or "the document", line=_line(key))
            if name in self._members:
                raise BadBackup(Why.TWICE, place=self._at(name), line=_line(key))
            self._members[name] = value

    def text(self, name: str) -> str | None:
        """A member that is text; None without it.

        Raises:
            BadBackup: no-string.
        """
        node = self._members.get(name)
        if node is None or node.tag == _NOTHING:
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag != _TEXT:
            raise BadBackup(Why.NO_STRING, place=self._at(name), line=_line(node))
        return str(node.value)

    def texts(self, name: str) -> dict[str, str]:
        """A member that is a mapping of texts; {} without it.

        Raises:
            BadBackup: no-mapping, no-string, twice.
        """
        return self.mapping(name).all_texts()

    def all_texts(self) -> dict[str, str]:
        """Every member, each of which must be text.

        Raises:
            BadBackup: no-string.
        """
        found = {name: self.text(name) for name in self._members}
        for name, value in found.items():
            if value is None:
                raise BadBackup(Why.NO_STRING, place=self._at(name), line=_line(self._members[name]))
        return {name: value for name, value in found.items() if value is not None}

    def mapping(self, name: str) -> Members:
        """A member that is a mapping; an empty one without it.

        Raises:
            BadBackup: no-mapping, twice.
        """
        node = self._members.get(name)
        if node is None or node.tag == _NOTHING:
            return Members(yaml.MappingNode("", []), self._at(name))
        if not isinstance(node, yaml.MappingNode):
            raise BadBackup(Why.NO_MAPPING, place=self._at(name), line=_line(node))
        return Members(node, self._at(name))

    def flag(self, name: str) -> bool:
        """Whether a member is there and true."""
        node = self._members.get(name)
        return isinstance(node, yaml.ScalarNode) and str(node.value).lower() == "true"

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name in self._members

    def _at(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name


def read(text: str) -> Members:
    """The one document of a text.

    Raises:
        BadBackup: no-yaml, alias, deep, documents, no-object, twice.
    """
    try:
        _require_plain(text)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadBackup(Why.NO_YAML, line=mark.line + 1 if mark else 1) from None
    if not isinstance(root, yaml.MappingNode):
        raise BadBackup(Why.NO_OBJECT)
    return Members(root)


class _Dumper(yaml.SafeDumper):
    """Writes texts as they are: PyYAML's own folds those with a line break of another kind, and so changes them."""


def _as_it_is(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TEXT, text, style='"' if _BREAK.search(text) else None)


_Dumper.add_representer(str, _as_it_is)


def write(document: Mapping[str, object]) -> str:
    """One document as YAML that `read` reads back as it was."""
    return str(yaml.dump(dict(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf))


def _require_plain(text: str) -> None:
    """Look at the events alone: nothing is built that an alias could make large, or depth overflow."""
    documents = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise BadBackup(Why.ALIAS, line=_line(event))
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
        if depth > DEEPEST:
            raise BadBackup(Why.DEEP, line=_line(event))
    if documents != 1:
        raise BadBackup(Why.DOCUMENTS, found=documents)


def _line(at: yaml.Node | yaml.Event) -> int:
    mark = at.start_mark
    return int(mark.line) + 1 if mark else 1
