"""What is wrong with a backup: a code from a closed list, and figures that never hold a value of it."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.model import Json, JsonObject


class Why(StrEnum):
    """Why a backup cannot be used."""

    LARGE = "large"  # the file is larger than any object can be: size, limit (bytes)
    NO_TEXT = "no-text"  # it is no UTF-8
    NO_YAML = "no-yaml"  # line
    ALIAS = "alias"  # it uses YAML aliases: line
    DEEP = "deep"  # it is nested too deep: line
    DOCUMENTS = "documents"  # it holds none, or several: found
    NO_OBJECT = "no-object"  # the document is no object
    TWICE = "twice"  # a key stands twice: place, line
    KIND = "kind"  # found, wanted
    NAME = "name"  # found, wanted
    NAMESPACE = "namespace"  # found, wanted
    NO_MAPPING = "no-mapping"  # a member is no mapping: place
    NO_STRING = "no-string"  # a value is no text: place
    KEY = "key"  # Kubernetes does not take this key: place
    BASE64 = "base64"  # a value is no base64: place
    FULL = "full"  # all values together are more than an object holds: size, limit (bytes)
    FIXED = "fixed"  # it is of an immutable object
    NO_KEY = "no-key"  # it is sealed, and there is no key
    WRONG_KEY = "wrong-key"  # it is sealed with another key, or was changed


class BadBackup(Exception):  # noqa: N818 - names what is wrong with a file, not a fault of ours
    """A backup that cannot be used. Nothing was changed."""

    def __init__(self, why: Why, **figures: Json) -> None:
        super().__init__(f"{why}: {figures}")
        self.why = why
        self.figures: JsonObject = figures
