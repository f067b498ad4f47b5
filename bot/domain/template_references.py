"""What a pod template needs to be there beside itself: ConfigMaps, Secrets, claims, a ServiceAccount. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.model import Json, JsonObject, Value

CONFIG_MAP: Final = "ConfigMap"
SECRET: Final = "Secret"  # noqa: S105 - the kind's name, no secret
CLAIM: Final = "PersistentVolumeClaim"
SERVICE_ACCOUNT: Final = "ServiceAccount"

_NAMED_BY: Final = {
    "configMap": (CONFIG_MAP, "name"),
    "secret": (SECRET, "secretName"),
    "persistentVolumeClaim": (CLAIM, "claimName"),
    "azureFile": (SECRET, "secretName"),
}
"""Volume sources that name an object in a field of their own."""
_SECRET_IN: Final = ("secretRef", "nodePublishSecretRef")
"""Members by which any other volume source (csi, iscsi, rbd, flexVolume, ...) points to a Secret."""


class Reference(Value):
    """An object of the template's own namespace that it names.

    `optional`: pods start without it, in every place that names it. `keys`: those of a ConfigMap or Secret without
    which they do not start, sorted.
    """

    kind: str
    name: str
    optional: bool = False
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def references(template: JsonObject) -> tuple[Reference, ...]:
    """Everything a pod template names, each object once, by kind and name."""
    spec = as_object(template.get("spec"))
    found: dict[tuple[str, str], Reference] = {}
    for one in _all(spec):
        same = found.get((one.kind, one.name))
        found[one.kind, one.name] = one if same is None else _both(same, one)
    return tuple(found[key] for key in sorted(found))


def of_volume(volume: JsonObject) -> tuple[Reference, ...]:
    """What one volume names."""
    return tuple(_of_volume(volume))


def of_env_from(entry: JsonObject) -> tuple[Reference, ...]:
    """What one entry of a container's envFrom names."""
    return tuple(
        one
        for member, kind in (("configMapRef", CONFIG_MAP), ("secretRef", SECRET))
        for one in _named(kind, as_object(entry.get(member)))
    )


def of_variable(entry: JsonObject) -> tuple[Reference, ...]:
    """What one variable of a container takes its value from."""
    source = as_object(entry.get("valueFrom"))
    return tuple(
        one
        for member, kind in (("configMapKeyRef", CONFIG_MAP), ("secretKeyRef", SECRET))
        for one in _named(kind, as_object(source.get(member)), keys=[as_object(source.get(member)).get("key")])
    )


def of_pull_secret(entry: JsonObject) -> tuple[Reference, ...]:
    """What one entry of imagePullSecrets names."""
    return tuple(_named(SECRET, entry))


def containers(spec: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The containers of a pod's spec, each with the list it stands in."""
    for place in ("initContainers", "containers", "ephemeralContainers"):
        for container in objects(spec.get(place)):
            yield place, container


def objects(value: Json) -> list[JsonObject]:
    """The objects of a JSON list; none where it is something else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_object(value: Json) -> JsonObject:
    """A JSON object; an empty one where it is something else."""
    return value if isinstance(value, dict) else {}


def text(value: Json) -> str:
    """A JSON value as text; "" for nothing."""
    return "" if value is None else str(value)


def _all(spec: JsonObject) -> Iterator[Reference]:
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    yield from _named(SERVICE_ACCOUNT, {"name": account})
    for secret in objects(spec.get("imagePullSecrets")):
        yield from _named(SECRET, secret)
    for volume in objects(spec.get("volumes")):
        yield from _of_volume(volume)
    for _, container in containers(spec):
        for entry in objects(container.get("envFrom")):
            yield from of_env_from(entry)
        for entry in objects(container.get("env")):
            yield from of_variable(entry)


def _of_volume(volume: JsonObject) -> Iterator[Reference]:
    for source, described in volume.items():
        said = as_object(described)
        items: list[Json] = [item.get("key") for item in objects(said.get("items"))]
        if source in _NAMED_BY:
            kind, field = _NAMED_BY[source]
            yield from _named(kind, {"name": said.get(field), "optional": said.get("optional")}, keys=items)
        elif source == "projected":
            for part in objects(said.get("sources")):
                yield from _of_projection(part)
        else:
            for member in _SECRET_IN:
                yield from _named(SECRET, as_object(said.get(member)))


def _of_projection(part: JsonObject) -> Iterator[Reference]:
    for source, kind in (("configMap", CONFIG_MAP), ("secret", SECRET)):
        said = as_object(part.get(source))
        yield from _named(kind, said, keys=[item.get("key") for item in objects(said.get("items"))])


def _named(kind: str, said: JsonObject, *, keys: list[Json] | None = None) -> Iterator[Reference]:
    name = said.get("name")
    if isinstance(name, str) and name:
        optional = said.get("optional") is True
        needed = () if optional else tuple(sorted({key for key in keys or [] if isinstance(key, str)}))
        yield Reference(kind=kind, name=name, optional=optional, keys=needed)


def _both(one: Reference, other: Reference) -> Reference:
    return Reference(
        kind=one.kind,
        name=one.name,
        optional=one.optional and other.optional,
        keys=tuple(sorted({*one.keys, *other.keys})),
    )
