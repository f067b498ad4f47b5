"""The objects of the demo, for the demo's namespace or for one of a test's own."""

from pathlib import Path
from typing import Any

from sandbox.cluster.api import load

_OBJECTS = Path(__file__).resolve().parent / "objects"
_MANIFESTS = Path(__file__).resolve().parent.parent.parent / "manifests"
_RBAC = (
    _MANIFESTS / "base" / "serviceaccount.yaml",
    *(_MANIFESTS / "target" / name for name in ("role.yaml", "configuration.yaml", "exec.yaml")),
)
_NAMESPACE = "game-production"
_CONFIGURATION = {"ConfigMap": "configmaps", "Secret": "secrets"}


def game_objects(*, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """Namespace, stable and canary, Service, configuration and routing of the game, all in `namespace`."""
    return [_moved(document, namespace) for file in sorted(_OBJECTS.glob("*.yaml")) for document in load(file)]


def service_objects(service: str, *, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """What stands around a service of the demo that has a folder of its own, and the bot's rights to it."""
    found = [each for file in sorted((_OBJECTS / service).glob("*.yaml")) for each in load(file)]
    return [_moved(document, namespace) for document in [*found, *_configuration_rights(service, found)]]


def revisions(service: str, *, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """The revisions of such a service's Deployment, in the order in which they were deployed; [] for most."""
    folder = _OBJECTS / service / "revisions"
    return [_moved(document, namespace) for file in sorted(folder.glob("*.yaml")) for document in load(file)]


def backups(service: str) -> Path:
    """The folder with the backups of such a service's configuration."""
    return _OBJECTS / service / "backups"


def rbac_objects(*, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """The bot's namespace and what manifests/ grants it, the Roles and RoleBindings moved to `namespace`."""
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rollback-bot"}}
    return [home, *(_moved(document, namespace) for file in _RBAC for document in load(file))]


def _configuration_rights(service: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Role and RoleBinding that manifests/ ships for a configuration, with the names of this service's objects."""
    named = [(_CONFIGURATION.get(each["kind"]), each["metadata"]["name"]) for each in objects]
    names = {resource: [name] for resource, name in named if resource}
    if not names:
        return []
    role, binding = load(_MANIFESTS / "target" / "configuration.yaml")
    name = f"{role['metadata']['name']}-{service}"
    rules = [{**rule, "resourceNames": names.get(rule["resources"][0], [])} for rule in role["rules"]]
    return [
        {**role, "metadata": {**role["metadata"], "name": name}, "rules": rules},
        {
            **binding,
            "metadata": {**binding["metadata"], "name": name},
            "roleRef": {**binding["roleRef"], "name": name},
        },
    ]


def _moved(document: dict[str, Any], namespace: str) -> dict[str, Any]:
    meta = document["metadata"]
    if document["kind"] == "Namespace" and meta["name"] == _NAMESPACE:
        return {**document, "metadata": {**meta, "name": namespace}}
    if meta.get("namespace") == _NAMESPACE:
        return {**document, "metadata": {**meta, "namespace": namespace}}
    return document
