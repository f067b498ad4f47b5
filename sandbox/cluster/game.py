"""The objects of the demo, for the demo's namespace or for one of a test's own."""

from pathlib import Path
from typing import Any

from sandbox.cluster.api import load

_OBJECTS = Path(__file__).resolve().parent / "objects"
_RBAC = Path(__file__).resolve().parent.parent.parent / "manifests" / "base" / "rbac.yaml"
_NAMESPACE = "game-production"


def game_objects(*, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """Namespace, stable and canary, Service, configuration and routing of the game, all in `namespace`."""
    return [_moved(document, namespace) for file in sorted(_OBJECTS.glob("*.yaml")) for document in load(file)]


def rbac_objects(*, namespace: str = _NAMESPACE) -> list[dict[str, Any]]:
    """The bot's namespace and what manifests/ grants it, the Role and RoleBinding moved to `namespace`."""
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "rollback-bot"}}
    return [home, *(_moved(document, namespace) for document in load(_RBAC))]


def _moved(document: dict[str, Any], namespace: str) -> dict[str, Any]:
    meta = document["metadata"]
    if document["kind"] == "Namespace" and meta["name"] == _NAMESPACE:
        return {**document, "metadata": {**meta, "name": namespace}}
    if meta.get("namespace") == _NAMESPACE:
        return {**document, "metadata": {**meta, "namespace": namespace}}
    return document
