"""Commands in pods and their logs: what a kubelet would answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client
from kubernetes.stream import stream

from sandbox.cluster import Cluster
from tests.answering import Echo, answering
from tests.contract.cluster.scenes import deployment, deployment_path, eventually, pods, rolled_out

HEALTH = ["curl", "-s", "http://localhost:8080/health"]


@pytest.fixture
def listener() -> Iterator[str]:
    """The address of a pod's own listener, as an HTTP proxy."""
    with answering(Echo) as address:
        yield address


@pytest.fixture
def pod(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """A running pod."""
    cluster.apply([deployment(namespace)])
    eventually(lambda: rolled_out(cluster.api(), deployment_path(namespace)), within_s=10)
    return pods(cluster.api(), namespace)[0]


def _settings(cluster: Cluster) -> client.Configuration:
    settings = client.Configuration(host=cluster.url)
    settings.ssl_ca_cert = str(cluster.ca)
    settings.api_key = {"authorization": f"Bearer {cluster.token('admin')}"}
    return settings


def _execute(cluster: Cluster, pod: dict[str, Any], command: list[str]) -> str:
    with client.ApiClient(_settings(cluster)) as connection:
        channel = stream(
            client.CoreV1Api(connection).connect_get_namespaced_pod_exec,
            pod["metadata"]["name"],
            pod["metadata"]["namespace"],
            command=command,
            stdout=True,
            stderr=True,
            _preload_content=False,
        )
        channel.run_forever(timeout=10)
        said: str = channel.read_all()
        channel.close()
        channel.sock.shutdown()  # close() leaves the socket open once the server has said goodbye
    return said


def test_a_command_in_a_pod_reaches_the_pods_own_listener(cluster: Cluster, pod: dict[str, Any], listener: str) -> None:
    """The health command runs unmodified, and localhost is the listener that the pod's Exec object names."""
    meta = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    local = {"envs": [{"name": "http_proxy", "value": listener}, {"name": "no_proxy"}, {"name": "NO_PROXY"}]}
    document = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Exec",
        "metadata": meta,
        "spec": {"execs": [{"local": local}]},
    }
    cluster.apply([document])
    eventually(lambda: "localhost:8080/health" in _execute(cluster, pod, HEALTH), within_s=10)


def test_a_pod_without_an_exec_object_runs_commands(cluster: Cluster, pod: dict[str, Any]) -> None:
    """Commands run on this machine by default."""
    assert _execute(cluster, pod, ["echo", "here"]) == "here\n"


def test_a_pods_log_is_what_was_written_to_it(cluster: Cluster, pod: dict[str, Any]) -> None:
    """Lines come back in order, the last ones when asked for the tail; a pod nobody wrote for has an empty log."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    api, path = cluster.api(), f"/api/v1/namespaces/{namespace}/pods/{name}/log"
    assert api.text(path) == ""
    cluster.write_log(namespace=namespace, pod=name, lines=["started", "ERROR lost a player", "ready"])
    eventually(lambda: api.text(path).count("\n") == 3, within_s=10)
    assert api.text(path, tailLines="2") == "ERROR lost a player\nready\n"
