"""The kinds of Kubernetes objects that are read or written, and where the API server keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Raw: TypeAlias = dict[str, Any]
"""An object as the API server gives it: JSON, no model in between."""


@dataclass(frozen=True)
class Kind:
    """One kind: its API group ("" for core), version and plural name."""

    name: str
    group: str
    version: str
    plural: str

    @property
    def resource(self) -> str:
        """The name RBAC knows it by: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str, name: str = "") -> str:
        """The URL path of an object, or of the collection when `name` is empty."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        tail = f"/{name}" if name else ""
        return f"{root}/namespaces/{namespace}/{self.plural}{tail}"


@dataclass(frozen=True)
class Ref:
    """One object: kind, namespace, name."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.name}/{self.namespace}/{self.name}"


DEPLOYMENT = Kind("Deployment", "apps", "v1", "deployments")
REPLICA_SET = Kind("ReplicaSet", "apps", "v1", "replicasets")
POD = Kind("Pod", "", "v1", "pods")
SERVICE = Kind("Service", "", "v1", "services")
ENDPOINT_SLICE = Kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices")
AUTOSCALER = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
VIRTUAL_SERVICE = Kind("VirtualService", "networking.istio.io", "v1", "virtualservices")
DESTINATION_RULE = Kind("DestinationRule", "networking.istio.io", "v1", "destinationrules")
