"""The Gateway API and KEDA on the real API server: their kinds, and the objects of a game that uses them.

No controller of theirs runs: what one would do, a test does as "admin" and says so.
"""

from __future__ import annotations

from typing import Any

from sandbox.cluster import Api, ApiError, Cluster
from sandbox.toolchain import crds
from tests.contract.clients.scene import eventually

KINDS = {
    "httproutes.gateway.networking.k8s.io": "/apis/gateway.networking.k8s.io/v1",
    "grpcroutes.gateway.networking.k8s.io": "/apis/gateway.networking.k8s.io/v1",
    "tlsroutes.gateway.networking.k8s.io": "/apis/gateway.networking.k8s.io/v1",
    "tcproutes.gateway.networking.k8s.io": "/apis/gateway.networking.k8s.io/v1alpha2",
    "udproutes.gateway.networking.k8s.io": "/apis/gateway.networking.k8s.io/v1alpha2",
    "scaledobjects.keda.sh": "/apis/keda.sh/v1alpha1",
}
ROUTE = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes/game-server"
SCALED = "/apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects/{}"
BACKENDS = {"stable": "game-server-stable", "canary": "game-server-canary"}
TESTER = [{"headers": [{"name": "x-tester", "value": "yes"}], "path": {"type": "PathPrefix", "value": "/api"}}]


def install(cluster: Cluster) -> None:
    """Make the API server know the Gateway API's routes and ScaledObjects; nothing where it does already."""
    api = cluster.api()
    for name in KINDS:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
        api.apply_text(path, crds.path(name).read_text())
    eventually(lambda: all(_served(api, name, root) for name, root in KINDS.items()), within_s=30)


def gateway_objects(namespace: str, *, canary: int = 50) -> list[dict[str, Any]]:
    """A Service for each side, and an HTTPRoute: testers by a header, all others split."""
    services = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"selector": {"app": "game-server", "track": side}, "ports": [{"name": "http", "port": 8080}]},
        }
        for side, name in BACKENDS.items()
    ]
    header = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "x-by", "value": "gw"}]}}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "game-server", "namespace": namespace},
        "spec": {
            "parentRefs": [{"name": "public", "namespace": "gateways"}],
            "hostnames": ["game.example.com"],
            "rules": [
                {"name": "testers", "matches": TESTER, "backendRefs": [_backend("canary")]},
                {
                    "name": "players",
                    "filters": [header],
                    "timeouts": {"request": "3s"},
                    "backendRefs": [_backend("stable", 100 - canary), _backend("canary", canary)],
                },
            ],
        },
    }
    return [*services, route]


def scaled_object(namespace: str, name: str, target: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A ScaledObject of a Deployment."""
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"name": target},
            "triggers": [{"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}],
            **spec,
        },
    }


def _backend(side: str, weight: int = 1) -> dict[str, Any]:
    return {"name": BACKENDS[side], "port": 8080, "weight": weight}


def _served(api: Api, name: str, root: str) -> bool:
    """Whether it stands in the API's discovery, and its storage has been made ready."""
    plural = name.partition(".")[0]
    try:
        api.get(f"{root}/{plural}")
        return plural in {resource["name"] for resource in api.get(root)["resources"]}
    except ApiError:
        return False
