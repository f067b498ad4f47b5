"""The kinds of Kubernetes objects that are read or written, and where the API server keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Raw: TypeAlias = dict[str, Any]
"""An object as the API server gives it: JSON, no model in between."""


@dataclass(frozen=True)
class Kind:
    """One kind: its API group ("" for core), version and plural name; `namespaced`: it lives in a namespace."""

    name: str
    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As an object names it: `apps/v1`, `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The name RBAC knows it by: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str, name: str = "") -> str:
        """The URL path of an object, or of the collection when `name` is empty."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        tail = f"/{name}" if name else ""
        home = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}{home}/{self.plural}{tail}"


@dataclass(frozen=True)
class Ref:
    """One object: kind, namespace, name."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.name}/{self.namespace}/{self.name}"


CONFIG_MAP = Kind("ConfigMap", "", "v1", "configmaps")
EVENT = Kind("Event", "", "v1", "events")
NAMESPACE = Kind("Namespace", "", "v1", "namespaces", namespaced=False)
POD = Kind("Pod", "", "v1", "pods")
PVC = Kind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims")
RESOURCE_QUOTA = Kind("ResourceQuota", "", "v1", "resourcequotas")
SECRET = Kind("Secret", "", "v1", "secrets")
SERVICE = Kind("Service", "", "v1", "services")
SERVICE_ACCOUNT = Kind("ServiceAccount", "", "v1", "serviceaccounts")
CONTROLLER_REVISION = Kind("ControllerRevision", "apps", "v1", "controllerrevisions")
DAEMON_SET = Kind("DaemonSet", "apps", "v1", "daemonsets")
DEPLOYMENT = Kind("Deployment", "apps", "v1", "deployments")
REPLICA_SET = Kind("ReplicaSet", "apps", "v1", "replicasets")
STATEFUL_SET = Kind("StatefulSet", "apps", "v1", "statefulsets")
ENDPOINT_SLICE = Kind("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices")
AUTOSCALER = Kind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers")
SCALED_OBJECT = Kind("ScaledObject", "keda.sh", "v1alpha1", "scaledobjects")
HTTP_ROUTE = Kind("HTTPRoute", "gateway.networking.k8s.io", "v1", "httproutes")
GRPC_ROUTE = Kind("GRPCRoute", "gateway.networking.k8s.io", "v1", "grpcroutes")
TLS_ROUTE = Kind("TLSRoute", "gateway.networking.k8s.io", "v1", "tlsroutes")
TCP_ROUTE = Kind("TCPRoute", "gateway.networking.k8s.io", "v1alpha2", "tcproutes")
UDP_ROUTE = Kind("UDPRoute", "gateway.networking.k8s.io", "v1alpha2", "udproutes")
VIRTUAL_SERVICE = Kind("VirtualService", "networking.istio.io", "v1", "virtualservices")
DESTINATION_RULE = Kind("DestinationRule", "networking.istio.io", "v1", "destinationrules")
CONFIGURATION: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (CONFIG_MAP, SECRET)}
"""What holds a service's configuration, by the kind's name."""
