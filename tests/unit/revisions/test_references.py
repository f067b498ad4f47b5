"""What a pod template needs to be there beside itself."""

from __future__ import annotations

from typing import Any

from bot.domain.template_references import Reference, references

TEMPLATE: dict[str, Any] = {
    "spec": {
        "serviceAccountName": "game",
        "imagePullSecrets": [{"name": "registry"}, {}],
        "initContainers": [
            {"name": "init", "envFrom": [{"secretRef": {"name": "both", "optional": True}}, {"prefix": "X_"}]}
        ],
        "containers": [
            {
                "name": "game",
                "envFrom": [{"configMapRef": {"name": "settings"}}],
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "both", "key": "a"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "maybe", "key": "b", "optional": True}}},
                    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "c"}}},
                    {"name": "D", "value": "d"},
                ],
            }
        ],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "files", "configMap": {"name": "files", "items": [{"key": "z", "path": "z"}, {"key": "y"}]}},
            {"name": "tls", "secret": {"secretName": "tls", "optional": True, "items": [{"key": "crt", "path": "c"}]}},
            {"name": "azure", "azureFile": {"secretName": "azure", "shareName": "s"}},
            {"name": "csi", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "csi"}}},
            {"name": "rbd", "rbd": {"secretRef": {"name": "rbd"}}},
            {"name": "tmp", "emptyDir": {}},
            {
                "name": "all",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "files", "items": [{"key": "x"}]}},
                        {"secret": {"name": "projected"}},
                        {"serviceAccountToken": {"path": "t"}},
                    ]
                },
            },
        ],
    }
}


def test_everything_that_a_template_names() -> None:
    """Each object once, with the keys it must have; optional only where every place can do without it."""
    assert references(TEMPLATE) == (
        Reference(kind="ConfigMap", name="files", keys=("x", "y", "z")),
        Reference(kind="ConfigMap", name="maybe", optional=True),
        Reference(kind="ConfigMap", name="settings", keys=("c",)),
        Reference(kind="PersistentVolumeClaim", name="data"),
        Reference(kind="Secret", name="azure"),
        Reference(kind="Secret", name="both", keys=("a",)),
        Reference(kind="Secret", name="csi"),
        Reference(kind="Secret", name="projected"),
        Reference(kind="Secret", name="rbd"),
        Reference(kind="Secret", name="registry"),
        Reference(kind="Secret", name="tls", optional=True),
        Reference(kind="ServiceAccount", name="game"),
    )


def test_a_template_that_names_nothing() -> None:
    """Neither an empty one nor one that makes no sense names anything."""
    assert references({}) == ()
    assert references({"spec": {"containers": "none", "volumes": [None, {"configMap": []}]}}) == ()
