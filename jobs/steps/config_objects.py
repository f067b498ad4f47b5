"""The ConfigMap and the Secret of a plan, each as planned and as it stands. Pure, but for the reads of `current`."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.concealing import HIDDEN
from bot.domain.model import JsonObject, canonical
from jobs.backups.content import MEMBERS, Content
from jobs.clients import errors
from jobs.clients.resources import CONFIG_MAP, CONFIGURATION, SECRET, Raw, Ref
from jobs.steps import patches
from jobs.steps.model import Context
from jobs.steps.patches import Operation

SLUGS: Final[Mapping[str, str]] = {CONFIG_MAP.name: "config_map", SECRET.name: "secret"}
"""How facts about an object of each kind are named: `config_map_data`."""
KEPT: Final = "rollback/before"
"""The annotation that keeps what a ConfigMap held, while the Secret is still to be written."""
MOST_ANNOTATIONS: Final = 256 * 1024
"""Characters of all annotations together; Kubernetes takes no more (validation.TotalAnnotationSizeLimitB)."""
_MOST_UNPACKED: Final = 8 * 1024 * 1024
_LEAST_HIDDEN: Final = 4
"""Shorter values are left in messages: taking them out would hide nothing and spoil every word."""


@dataclass(frozen=True)
class Planned:
    """One object as the plan has it. `uid`: None where it is to be created. `before`, `after`: digests of contents."""

    kind: str
    name: str
    uid: str | None
    before: str | None
    after: str
    file: str
    file_sha256: str

    @property
    def changes(self) -> bool:
        """Whether anything is to be written to it."""
        return self.before != self.after

    def ref(self, namespace: str) -> Ref:
        """The object."""
        return Ref(CONFIGURATION[self.kind], namespace, self.name)

    def fact(self, what: str) -> str:
        """The name of a fact about it."""
        return f"{SLUGS[self.kind]}_{what}"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Stands(StrEnum):
    """How an object stands."""

    AFTER = "after"
    BEFORE = "before"
    OTHER = "other"


def planned(params: JsonObject) -> tuple[Planned, ...]:
    """The objects of a step, in the order in which they are written: the ConfigMap, then the Secret."""
    given = params["objects"]
    listed = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    return tuple(
        Planned(
            kind=str(item["kind"]),
            name=str(item["name"]),
            uid=_text(item, "uid"),
            before=_text(item, "before_sha256"),
            after=str(item["after_sha256"]),
            file=str(item["file"]),
            file_sha256=str(item["file_sha256"]),
        )
        for item in listed
    )


def current(ctx: Context, one: Planned, *, afresh: bool = True) -> Raw | None:
    """The live object; None where there is none. Unless `afresh`: as this turn read or wrote it last."""
    ref = one.ref(ctx.text("namespace"))
    try:
        return ctx.read(ref) if afresh else ctx.last(ref)
    except errors.NotFound:
        return None


def stands(one: Planned, live: Raw | None) -> Stands:
    """Whether an object is as wanted, as it was, or as somebody else made it. Another uid is another object."""
    if live is None:
        return Stands.BEFORE if one.uid is None else Stands.OTHER
    if one.uid is not None and live["metadata"]["uid"] != one.uid:
        return Stands.OTHER
    digest = Content.of(live).digest
    if digest == one.after:
        return Stands.AFTER
    return Stands.BEFORE if one.uid is not None and digest == one.before else Stands.OTHER


def moved(one: Planned, live: Raw | None) -> tuple[str, str | None, str | None]:
    """What is neither as planned nor as wanted: the fact's name, as planned, now."""
    uid = live["metadata"]["uid"] if live else None
    if live is None or uid != one.uid:
        return one.fact("uid"), one.uid, uid
    return one.fact("data"), one.before, Content.of(live).digest


def replacing(live: Raw, new: Content) -> list[Operation]:
    """Replace all values of an object, if they still are those that were read. What is to hold nothing is removed."""
    operations: list[Operation] = []
    for member in MEMBERS:
        path, old, wanted = f"/{member}", live.get(member), new.member(member)
        # Absent is tested as null, as the API server's patches have it.
        operations.append(patches.test(path, old))
        if wanted and wanted != old:
            operations.append({"op": "add", "path": path, "value": wanted})
        elif old is not None and not wanted:
            operations.append({"op": "remove", "path": path})
    return operations


def keeping(live: Raw, *, by: str) -> list[Operation]:
    """Keep what the object holds in an annotation of its own; nothing where it does not fit in there."""
    value = f"{by} {_packed(Content.of(live))}"
    given: Mapping[str, str] = live["metadata"].get("annotations") or {}
    others = sum(len(key.encode()) + len(text.encode()) for key, text in given.items() if key != KEPT)
    if others + len(KEPT) + len(value) > MOST_ANNOTATIONS:
        return []
    return [{"op": "add", "path": patches.pointer("metadata", "annotations", KEPT), "value": value}]


def kept_by(live: Raw) -> str:
    """Which step has written the object and may have to put it back, as `keeping` was told; "" for none."""
    return _kept(live).partition(" ")[0]


def kept(live: Raw) -> Content | None:
    """What the object held before that; None where it was not there."""
    return _unpacked(_kept(live).partition(" ")[2])


def forgetting(live: Raw) -> list[Operation]:
    """Take away what was kept, whoever kept it."""
    path = patches.pointer("metadata", "annotations", KEPT)
    return [{"op": "remove", "path": path}] if _kept(live) else []


@contextmanager
def unsaid(*contents: Content) -> Iterator[None]:
    """No client's error leaves this with a value in it, whatever a policy or webhook quotes in its refusal."""
    try:
        yield
    except errors.ClientError as error:
        values = {value for content in contents for value in content.secrets if len(value) >= _LEAST_HIDDEN}
        ordered = sorted(values, key=len, reverse=True)
        error.args = tuple(_without(str(part), ordered) for part in error.args)
        for name in ("detail", "message"):
            if hasattr(error, name):
                setattr(error, name, _without(str(getattr(error, name)), ordered))
        raise


def _without(text: str, values: list[str]) -> str:
    for value in values:
        text = text.replace(value, HIDDEN)
    return text


def _kept(live: Raw) -> str:
    return str((live["metadata"].get("annotations") or {}).get(KEPT, ""))


def _packed(content: Content) -> str:
    text = canonical({member: dict(content.member(member)) for member in MEMBERS})
    return base64.b64encode(zlib.compress(text.encode())).decode()


def _unpacked(packed: str) -> Content | None:
    """None where somebody changed it: then nothing is known of what was there."""
    try:
        text = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), _MOST_UNPACKED)
        return Content.of(json.loads(text))
    except (ValueError, zlib.error):
        return None


def _text(item: JsonObject, name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None
