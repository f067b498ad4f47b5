"""The API server takes every object, knows every field, and its own rules let every pod start."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cluster import ApiError, Cluster
from sandbox.toolchain import crds
from tests.contract.cluster.scenes import eventually
from tests.contract.manifests.shipped import (
    MANIFESTS,
    OVERLAYS,
    ROOT,
    Raw,
    apply,
    named,
    of_kind,
    overlay,
    render,
    take_away,
)

SERVICE_MONITORS = "servicemonitors.monitoring.coreos.com"
MONITORING = "/apis/monitoring.coreos.com/v1"
DEPLOYMENT = "/apis/apps/v1/namespaces/rollback-bot/deployments/{}"
SITE = re.compile(r"```yaml\n# (site/\S+)\n(.*?)```", re.DOTALL)
CREATED_BEFORE = {"game-production", "arena-production"}
"""The namespaces of the services are there before the bot is; the page's example names these."""


@pytest.fixture(scope="module")
def operated(cluster: Cluster) -> Cluster:
    """The cluster, with the Prometheus Operator's definition of a ServiceMonitor."""
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{SERVICE_MONITORS}"
    cluster.api().apply_text(path, crds.path(SERVICE_MONITORS).read_text())
    eventually(lambda: _serves_monitors(cluster), within_s=60)
    return cluster


@pytest.fixture
def cleared(operated: Cluster) -> Iterator[Cluster]:
    """The cluster, from which what the test applied is taken away again."""
    yield operated
    for name in OVERLAYS:
        take_away(operated, overlay(name))


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_is_accepted_whole_and_its_pods_start(cleared: Cluster, name: str) -> None:
    """Strictly validated; the namespace enforces the restricted pod security standard, and all Deployments come up."""
    objects = overlay(name)
    done = apply(cleared, objects)
    assert "Warning" not in done.stderr
    assert done.stdout.count("serverside-applied") == len(objects)
    paths = [DEPLOYMENT.format(each["metadata"]["name"]) for each in of_kind(objects, "Deployment")]
    eventually(lambda: all(_is_up(cleared.api().get(path)) for path in paths), within_s=60)


def test_a_pod_that_asks_for_more_is_kept_out_of_the_namespace(cleared: Cluster) -> None:
    """The rule the test before rests on is really in force: as root, no pod of the worker starts."""
    objects = overlay("http")
    rooted = named(objects, "Deployment", "worker")
    rooted["spec"]["template"]["spec"]["securityContext"] = {"runAsUser": 0}
    apply(cleared, [each for each in objects if each["kind"] == "Namespace"])
    assert "would violate PodSecurity" in apply(cleared, [rooted]).stderr
    path = DEPLOYMENT.format("worker")
    said = eventually(lambda: _message(cleared.api().get(path), "ReplicaFailure"), within_s=60)
    assert "violates PodSecurity" in said


@pytest.mark.parametrize("folder", ["target", "policy"])
def test_what_stands_beside_the_bot_is_accepted(cluster: Cluster, folder: str, namespace: str) -> None:
    """Roles, bindings and the admission policy, strictly validated; the Roles moved to the test's namespace."""
    cluster.apply(of_kind(overlay("http"), "Namespace"))
    objects = render(MANIFESTS / folder)
    for each in objects:
        if each["metadata"].get("namespace") == "game-production":
            each["metadata"]["namespace"] = namespace
    try:
        assert apply(cluster, objects).stdout.count("serverside-applied") == len(objects)
    finally:
        take_away(cluster, objects)


def test_the_site_of_the_documentation_renders_and_is_accepted(cleared: Cluster, tmp_path: Path) -> None:
    """docs/deploying.md: the files it shows, beside a catalog, are a whole deployment, with its own image and names."""
    for namespace in CREATED_BEFORE:
        cleared.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}])
    objects = _site(tmp_path)
    try:
        done = apply(cleared, objects)
        assert done.stdout.count("serverside-applied") == len(objects)
    finally:
        take_away(cleared, objects)
    catalog = next(each for each in of_kind(objects, "ConfigMap") if "services.yaml" in each["data"])
    for deployment in of_kind(objects, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        assert spec["containers"][0]["image"] == "registry.example.com/rollback-bot:0.1.0"
        assert catalog["metadata"]["name"] in [v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v]
    roles = {each["metadata"]["namespace"] for each in of_kind(objects, "Role")}
    assert roles == CREATED_BEFORE
    subjects = [s["namespace"] for each in of_kind(objects, "RoleBinding") for s in each["subjects"]]
    assert set(subjects) == {"rollback-bot"}


def _site(folder: Path) -> list[Raw]:
    """The page's files as a person would lay them down, beside the manifests and with the shipped catalog."""
    shutil.copytree(MANIFESTS, folder / "manifests")
    shown = SITE.findall((ROOT / "docs" / "deploying.md").read_text())
    assert [name for name, _ in shown] == ["site/kustomization.yaml", "site/arena/kustomization.yaml"]
    for name, text in shown:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(ROOT / "catalog" / "services.yaml", folder / "site")
    return render(folder / "site")


def _serves_monitors(cluster: Cluster) -> bool:
    try:
        return any(each["kind"] == "ServiceMonitor" for each in cluster.api().get(MONITORING)["resources"])
    except ApiError:
        return False


def _is_up(deployment: Raw) -> bool:
    """Whether the present template is what runs, as many pods of it available as are wanted."""
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    return bool(
        status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
        and status.get("updatedReplicas", 0) == wanted
        and status.get("availableReplicas", 0) >= wanted
    )


def _message(deployment: Raw, kind: str) -> str:
    """What a condition that is true says; "" while it is not."""
    conditions: list[Raw] = deployment.get("status", {}).get("conditions", [])
    return next((each["message"] for each in conditions if each["type"] == kind and each["status"] == "True"), "")
