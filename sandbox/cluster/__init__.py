"""A real Kubernetes control plane on loopback, with kwok in the place of the kubelet."""

from sandbox.cluster.api import Api, ApiError
from sandbox.cluster.audit import AuditEvent
from sandbox.cluster.cluster import Cluster
from sandbox.cluster.game import backups, game_objects, rbac_objects, revisions, service_objects

__all__ = [
    "Api",
    "ApiError",
    "AuditEvent",
    "Cluster",
    "backups",
    "game_objects",
    "rbac_objects",
    "revisions",
    "service_objects",
]
