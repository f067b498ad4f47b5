"""A backup as a document: one ConfigMap or Secret, reduced to what can be put back, or the reason why it cannot.

Raw `kubectl get -o yaml` is taken as it is: resourceVersion, uid, managedFields, owners and status belong to the object
that was backed up, not to its backup, and are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from jobs.backups import yaml_text
from jobs.backups.content import Content, canonical, decoded, encoded
from jobs.backups.problems import BadBackup, Why
from jobs.backups.sealing import SEALED_KIND, SEALED_MEMBER, SEALED_VERSION, Seal
from jobs.backups.timestamps import TIMESTAMP

CONFIG_MAP: Final = "ConfigMap"
SECRET: Final = "Secret"  # noqa: S105 - the kind's name, no secret
FILES: Final[Mapping[str, str]] = {CONFIG_MAP: "configmap", SECRET: "secret"}
"""How the file of a kind begins: `configmap-TIMESTAMP.yaml`."""
OPAQUE: Final = "Opaque"
"""The type of a Secret that names none."""
LARGEST_FILE: Final = 1_900_000
"""Bytes. An object of 1 MiB as YAML, sealed, is just below."""
LARGEST_CONTENT: Final = 1024 * 1024
"""Bytes of all values together, decoded; Kubernetes takes no more (validation.MaxSecretSize)."""

_KEY: Final = re.compile(r"(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}")
"""Kubernetes' IsConfigMapKey."""
_PASSED_OVER: Final = ("kubectl.kubernetes.io/last-applied-configuration",)
_OWN: Final = "rollback/"
"""The bot's own annotations: a fence of then says nothing now."""
SNAPSHOT: Final = f"{_OWN}snapshot"
"""The annotation by which the bot marks what it wrote to a backup folder."""
ALONE: Final = "without-secret"
_SHOWN: Final = 60


@dataclass(frozen=True)
class Backup:
    """What can be put back of one object.

    `sealed`: the file held it sealed. `alone`: the bot took it without the Secret that goes with it, for want of a key.
    """

    kind: str
    name: str
    content: Content
    type: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    sealed: bool = False
    alone: bool = False

    def body(self) -> dict[str, Any]:
        """The object to create where there is none: labels, annotations, type and values."""
        metadata = {"labels": dict(self.labels), "annotations": dict(self.annotations)}
        made: dict[str, Any] = {"metadata": {key: value for key, value in metadata.items() if value}}
        made |= {member: self.content.member(member) for member in self.content.members}
        return made | ({"type": self.type} if self.type else {})


def file_name(kind: str, timestamp: str) -> str:
    """The file that holds the backup of an object of this kind."""
    return f"{FILES[kind]}-{timestamp}.yaml"


def of_kind(file: str, kind: str) -> str:
    """The timestamp of a backup of this kind by its file's name; "" for any other file."""
    found = file.removeprefix(f"{FILES[kind]}-").removesuffix(".yaml")
    return found if TIMESTAMP.fullmatch(found) and file == file_name(kind, found) else ""


def kinds_by_time(files: Iterable[str], kinds: Collection[str]) -> dict[str, set[str]]:
    """The timestamps of all backups among these files, and of which of `kinds` there is one of that time."""
    found: dict[str, set[str]] = {}
    for file in files:
        for kind in kinds:
            if time := of_kind(file, kind):
                found.setdefault(time, set()).add(kind)
    return found


def of_live(item: Mapping[str, Any], *, kind: str) -> Backup:
    """What is to be kept of a live object."""
    metadata = item["metadata"]
    return Backup(
        kind=kind,
        name=str(metadata["name"]),
        content=Content.of(item),
        type=str(item.get("type") or OPAQUE) if kind == SECRET else "",
        labels=dict(metadata.get("labels") or {}),
        annotations={key: value for key, value in (metadata.get("annotations") or {}).items() if _kept(key)},
    )


def written(backup: Backup, *, namespace: str, seal: Seal | None, mark: str) -> str:
    """The text of a file that `parse` reads. With a `seal`, it is sealed; `mark` says whose it is."""
    body = backup.body()
    metadata = {**body["metadata"], "name": backup.name, "namespace": namespace}
    marked = {**metadata, "annotations": {**backup.annotations, SNAPSHOT: mark}}
    whole = yaml_text.write({"apiVersion": "v1", "kind": backup.kind, **body, "metadata": marked})
    if seal is None:
        return whole
    outside = {"name": backup.name, "namespace": namespace, "annotations": {SNAPSHOT: mark}}
    envelope = {"apiVersion": SEALED_VERSION, "kind": SEALED_KIND, "metadata": outside}
    return yaml_text.write({**envelope, SEALED_MEMBER: seal.close(whole)})


def parse(raw: bytes, *, kind: str, name: str, namespace: str, seal: Seal) -> Backup:
    """Read and validate a file that has to hold the object of this kind, name and namespace.

    Raises:
        BadBackup: what is wrong with it; it never quotes a value.
    """
    document = yaml_text.read(_text(raw))
    if document.text("kind") != SEALED_KIND or document.text("apiVersion") != SEALED_VERSION:
        return _object(document, kind=kind, name=name, namespace=namespace)
    inner = yaml_text.read(seal.open(document.text(SEALED_MEMBER) or ""))
    found = _object(inner, kind=kind, name=name, namespace=namespace)
    return replace(found, sealed=True)


def _text(raw: bytes) -> str:
    if len(raw) > LARGEST_FILE:
        raise BadBackup(Why.LARGE, size=len(raw), limit=LARGEST_FILE)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadBackup(Why.NO_TEXT) from None


def _object(document: yaml_text.Members, *, kind: str, name: str, namespace: str) -> Backup:
    metadata = document.mapping("metadata")
    _require_this(document, metadata, kind=kind, name=name, namespace=namespace)
    if document.flag("immutable"):
        raise BadBackup(Why.FIXED)
    content = _secret(document) if kind == SECRET else _config_map(document)
    _require_fitting(content, secret=kind == SECRET)
    annotations = metadata.texts("annotations")
    return Backup(
        kind=kind,
        name=name,
        content=content,
        type=(document.text("type") or OPAQUE) if kind == SECRET else "",
        labels=metadata.texts("labels"),
        annotations={key: value for key, value in annotations.items() if _kept(key)},
        alone=annotations.get(SNAPSHOT) == ALONE,
    )


def _require_this(
    document: yaml_text.Members, metadata: yaml_text.Members, *, kind: str, name: str, namespace: str
) -> None:
    found = f"{document.text('apiVersion') or '-'} {document.text('kind') or '-'}"
    if found != f"v1 {kind}":
        raise BadBackup(Why.KIND, found=found[:_SHOWN], wanted=f"v1 {kind}")
    if metadata.text("name") != name:
        raise BadBackup(Why.NAME, found=(metadata.text("name") or "-")[:_SHOWN], wanted=name)
    if metadata.text("namespace") not in {None, namespace}:
        raise BadBackup(Why.NAMESPACE, found=(metadata.text("namespace") or "-")[:_SHOWN], wanted=namespace)


def _config_map(document: yaml_text.Members) -> Content:
    if document.has("stringData"):
        raise BadBackup(Why.NO_MAPPING, place="stringData of a ConfigMap")
    data, binary = document.texts("data"), document.texts("binaryData")
    for key in data.keys() & binary.keys():
        raise BadBackup(Why.TWICE, place=f"{key} in data and binaryData")
    return Content(data=data, binary=_in_base64(binary, "binaryData"))


def _secret(document: yaml_text.Members) -> Content:
    """A Secret's `stringData` is written over its `data`, as the API server does."""
    plain = {key: encoded(value) for key, value in document.texts("stringData").items()}
    return Content(data=_in_base64(document.texts("data"), "data") | plain)


def _in_base64(values: Mapping[str, str], member: str) -> dict[str, str]:
    made = {}
    for key, value in values.items():
        try:
            made[key] = canonical(value)
        except ValueError:
            raise BadBackup(Why.BASE64, place=f"{member}.{key}") from None
    return made


def _require_fitting(content: Content, *, secret: bool) -> None:
    for member in content.members:
        for key in content.member(member):
            if not _KEY.fullmatch(key):
                raise BadBackup(Why.KEY, place=f"{member}.{key[:_SHOWN]}")
    data = (len(decoded(value)) if secret else len(value.encode()) for value in content.data.values())
    size = sum(data) + sum(len(decoded(value)) for value in content.binary.values())
    if size > LARGEST_CONTENT:
        raise BadBackup(Why.FULL, size=size, limit=LARGEST_CONTENT)


def _kept(annotation: str) -> bool:
    return annotation not in _PASSED_OVER and not annotation.startswith(_OWN)
