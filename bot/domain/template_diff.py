"""What is different between two pod templates: codes and figures, and never a secret's value. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.concealing import HIDDEN, names_secret, shown, words_shown
from bot.domain.json_leaves import keyed, leaves
from bot.domain.model import Json, JsonObject, Value
from bot.domain.template_references import (
    SERVICE_ACCOUNT,
    Reference,
    as_object,
    containers,
    objects,
    of_env_from,
    of_pull_secret,
    of_variable,
    of_volume,
    text,
)

_ASKS: Final = ("httpGet", "tcpSocket", "grpc", "exec")
_SECRET_PARTS: Final = frozenset({"exec", "httpHeaders"})
"""Parts of a probe in which a secret may stand."""
_NAMES: Final = frozenset({"name", "secretName", "claimName", "secretRef", "nodePublishSecretRef"})
"""Members by which volumes name objects."""
_KEYS: Final = ("key", "fieldPath", "resource")
"""What a variable's source says about which part of it is meant."""
_CONTAINERS: Final = frozenset({"containers", "initContainers", "ephemeralContainers"})

Part: TypeAlias = Callable[[str, Json, Json], Iterator["Difference"]]
"""Tells what is different in one part of a template, by its place and what stood and stands there."""


class Change(StrEnum):
    """What is different."""

    CONTAINER_ADDED = "container-added"
    CONTAINER_REMOVED = "container-removed"
    IMAGE = "image"
    ENV_ADDED = "env-added"
    ENV_REMOVED = "env-removed"
    ENV_CHANGED = "env-changed"
    RESOURCES = "resources"
    COMMAND = "command"
    ARGS = "args"
    PROBE = "probe"
    REFERENCE = "reference"
    OTHER = "other"


class Difference(Value):
    """One difference.

    `container`: "" for the pod itself. `name`: the variable's; the resource ("limits.cpu"); the probe's field
    ("readinessProbe.periodSeconds"); for references and others the place in the template or container
    ("spec.volumes[data]"). Values at those other places are never given.
    `before`, `after`: as text, "" where there is none or it is not shown: images as "name@digest" or "name:tag",
    objects as "Secret/name", a variable's source as "Secret/name:key".
    `hidden`: a value was left out because it may be a secret.
    """

    code: Change
    container: str = ""
    name: str = ""
    before: str = ""
    after: str = ""
    hidden: bool = False


def differences(before: JsonObject, after: JsonObject) -> tuple[Difference, ...]:
    """Everything that is different from one template to another; () when, and only when, they are the same."""
    found = (*_of_containers(before, after), *_of_pod(before, after))
    return found or (() if before == after else (Difference(code=Change.OTHER),))


def _of_containers(before: JsonObject, after: JsonObject) -> Iterator[Difference]:
    old, new = ({str(c.get("name")): (place, c) for place, c in containers(_spec(t))} for t in (before, after))
    for name in dict.fromkeys((*new, *old)):
        if name not in old or name not in new:
            yield _container_came_or_went(name, old.get(name), new.get(name))
            continue
        (place, was), (there, now) = old[name], new[name]
        if place != there:
            yield Difference(code=Change.OTHER, container=name, name=there)
        yield from (found.model_copy(update={"container": name}) for found in _of_container(was, now))


def _container_came_or_went(
    name: str, old: tuple[str, JsonObject] | None, new: tuple[str, JsonObject] | None
) -> Difference:
    before, after = (str(stood[1].get("image", "")) if stood else "" for stood in (old, new))
    code = Change.CONTAINER_ADDED if old is None else Change.CONTAINER_REMOVED
    return Difference(code=code, container=name, before=before, after=after)


def _of_container(was: JsonObject, now: JsonObject) -> Iterator[Difference]:
    for field in sorted({*was, *now}):
        if was.get(field) != now.get(field):
            yield from _FIELDS.get(field, _others)(field, was.get(field), now.get(field))


def _of_pod(before: JsonObject, after: JsonObject) -> Iterator[Difference]:
    old, new = _spec(before), _spec(after)
    for field in sorted({*old, *new} - _CONTAINERS):
        was, now, place = old.get(field), new.get(field), f"spec.{field}"
        if was != now and not _mirrored(field, old, new):
            yield from _POD_FIELDS.get(field, _others)(place, was, now)
    for field in sorted({*before, *after} - {"spec"}):
        yield from _others(field, before.get(field), after.get(field))


def _mirrored(field: str, *specs: JsonObject) -> bool:
    """The API server writes the ServiceAccount under its old name as well."""
    return field == "serviceAccount" and all(spec.get(field) == spec.get("serviceAccountName") for spec in specs)


def _spec(template: JsonObject) -> JsonObject:
    return as_object(template.get("spec"))


def _image(_: str, old: Json, new: Json) -> Iterator[Difference]:
    yield Difference(code=Change.IMAGE, before=text(old), after=text(new))


def _words(field: str, old: Json, new: Json) -> Iterator[Difference]:
    before, after = (words_shown([text(w) for w in given] if isinstance(given, list) else []) for given in (old, new))
    hidden = HIDDEN in before + after
    yield Difference(code=Change(field), before=before, after=after, hidden=hidden)


def _env(field: str, old: Json, new: Json) -> Iterator[Difference]:
    was, now = keyed(old or []), keyed(new or [])
    if was is None or now is None or all(was.get(name) == now.get(name) for name in was | now):
        yield Difference(code=Change.OTHER, name=field)
        return
    for name in was | now:
        if was.get(name) != now.get(name):
            yield _variable(name, was.get(name), now.get(name))


def _variable(name: str, old: JsonObject | None, new: JsonObject | None) -> Difference:
    code = Change.ENV_ADDED if old is None else Change.ENV_REMOVED if new is None else Change.ENV_CHANGED
    before, after = _source(old or {}), _source(new or {})
    hidden = HIDDEN in before + after
    return Difference(code=code, name=name, before=before, after=after, hidden=hidden)


def _source(entry: JsonObject) -> str:
    """What a variable has its value from, or the value as it may be shown."""
    for source, said in as_object(entry.get("valueFrom")).items():
        of = next((str(reference) for reference in of_variable(entry)), source)
        key = next((text(as_object(said)[name]) for name in _KEYS if name in as_object(said)), "")
        return f"{of}:{key}"
    value = text(entry.get("value"))
    return HIDDEN if value and names_secret(text(entry.get("name"))) else shown(value)


def _listed(of: Callable[[JsonObject], tuple[Reference, ...]]) -> Part:
    """Lists whose entries are nothing but references."""

    def told(field: str, old: Json, new: Json) -> Iterator[Difference]:
        was, now = ([str(one) for entry in objects(given) for one in of(entry)] for given in (old, new))
        gone, come = [one for one in was if one not in now], [one for one in now if one not in was]
        yield from (Difference(code=Change.REFERENCE, name=field, before=one) for one in gone)
        yield from (Difference(code=Change.REFERENCE, name=field, after=one) for one in come)
        if not gone and not come:
            yield Difference(code=Change.OTHER, name=field)

    return told


def _account(field: str, old: Json, new: Json) -> Iterator[Difference]:
    before, after = (f"{SERVICE_ACCOUNT}/{name}" if name else "" for name in (old, new))
    yield Difference(code=Change.REFERENCE, name=field, before=before, after=after)


def _volumes(field: str, old: Json, new: Json) -> Iterator[Difference]:
    was, now = keyed(old or []), keyed(new or [])
    if was is None or now is None:
        yield Difference(code=Change.OTHER, name=field)
        return
    for name in was | now:
        one, other, place = was.get(name), now.get(name), f"{field}[{name}]"
        before, after = (", ".join(map(str, of_volume(volume or {}))) for volume in (one, other))
        if before == after:
            yield from _others(place, one, other)
            continue
        yield Difference(code=Change.REFERENCE, name=place, before=before, after=after)
        if one is not None and other is not None:
            yield from _others(place, _unnamed(one), _unnamed(other))


def _unnamed(value: Json) -> Json:
    """A volume without the names in it, which were told already."""
    if isinstance(value, dict):
        return {key: _unnamed(inner) for key, inner in value.items() if key not in _NAMES}
    return [_unnamed(item) for item in value] if isinstance(value, list) else value


def _resources(field: str, old: Json, new: Json) -> Iterator[Difference]:
    for path, was, now in leaves(field, old or {}, new or {}) if old and new else leaves(field, old, new):
        name = path.removeprefix(f"{field}.")
        if name.startswith(("limits", "requests")):
            yield Difference(code=Change.RESOURCES, name=name, before=text(was), after=text(now))
        else:
            yield Difference(code=Change.OTHER, name=path)


def _probe(field: str, old: Json, new: Json) -> Iterator[Difference]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        before, after = (next((ask for ask in _ASKS if ask in as_object(given)), "") for given in (old, new))
        yield Difference(code=Change.PROBE, name=field, before=before, after=after)
        return
    for path, was, now in leaves(field, old, new):
        secret = any(part in path for part in _SECRET_PARTS)
        before, after = ("", "") if secret else (shown(text(was)), shown(text(now)))
        hidden = secret or HIDDEN in before + after
        yield Difference(code=Change.PROBE, name=path, before=before, after=after, hidden=hidden)


def _others(path: str, old: Json, new: Json) -> Iterator[Difference]:
    yield from (Difference(code=Change.OTHER, name=place) for place, _, _ in leaves(path, old, new))


_FIELDS: Final[Mapping[str, Part]] = {
    "image": _image,
    "env": _env,
    "envFrom": _listed(of_env_from),
    "resources": _resources,
    "command": _words,
    "args": _words,
    "livenessProbe": _probe,
    "readinessProbe": _probe,
    "startupProbe": _probe,
}
_POD_FIELDS: Final[Mapping[str, Part]] = {
    "imagePullSecrets": _listed(of_pull_secret),
    "serviceAccountName": _account,
    "volumes": _volumes,
}
