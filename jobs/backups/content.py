"""What a ConfigMap or Secret holds, apart from what it is called: its values, and what tells them from others."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.model import sha256

MEMBERS: Final = ("data", "binaryData")
"""Where an object keeps its values. A Secret's `data` and every `binaryData` hold base64."""


@dataclass(frozen=True)
class Content:
    """The values of one object, by key, as the API server writes them. They never show when it is printed."""

    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    binary: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Content:
        """The content of an object as read from the API server."""
        return cls(data=dict(item.get("data") or {}), binary=dict(item.get("binaryData") or {}))

    @property
    def digest(self) -> str:
        """SHA-256 over all keys and values: 64 hex digits. Labels, annotations and names do not move it."""
        return sha256({"data": dict(self.data), "binaryData": dict(self.binary)})

    def member(self, name: str) -> dict[str, str]:
        """The values of one of `MEMBERS`."""
        return dict(self.data if name == "data" else self.binary)

    @property
    def members(self) -> list[str]:
        """Those of `MEMBERS` that hold something."""
        return [name for name in MEMBERS if self.member(name)]

    @property
    def secrets(self) -> set[str]:
        """All values as they might stand in somebody's message: as written, and what they are the base64 of."""
        written = {*self.data.values(), *self.binary.values()}
        return written | {plain for value in written if (plain := _plain(value))}


def canonical(value: str) -> str:
    """Base64 as the API server writes it; line breaks in it are passed over, as by Go's decoder.

    Raises:
        ValueError: it is no base64.
    """
    return base64.b64encode(decoded(value)).decode()


def encoded(text: str) -> str:
    """A text as base64."""
    return base64.b64encode(text.encode()).decode()


def decoded(value: str) -> bytes:
    """What base64 stands for.

    Raises:
        ValueError: it is no base64.
    """
    try:
        return base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        # Without the cause: its text is not ours, and it must not tell anything of the value.
        raise ValueError("no base64") from None


def _plain(value: str) -> str:
    try:
        return decoded(value).decode()
    except ValueError:
        return ""
