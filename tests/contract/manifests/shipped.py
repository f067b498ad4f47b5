"""The manifests as kubectl renders and applies them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Final, TypeAlias

import yaml

from sandbox.cluster import Cluster
from sandbox.toolchain.build import tool

Raw: TypeAlias = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parents[3]
MANIFESTS: Final = ROOT / "manifests"
OVERLAYS: Final = ("http", "socket-mode")
WITHIN_S: Final = 120


def overlay(name: str) -> list[Raw]:
    """The objects of one of OVERLAYS."""
    return render(MANIFESTS / "overlays" / name)


def render(folder: Path) -> list[Raw]:
    """What kustomize makes of a folder."""
    return list(yaml.safe_load_all(_kubectl("kustomize", str(folder)).stdout))


def apply(cluster: Cluster, objects: list[Raw]) -> subprocess.CompletedProcess[str]:
    """Server-side apply by kubectl, as an administrator would; a field the API server does not know fails it."""
    return _as_admin(cluster, "apply", "--server-side", "--force-conflicts", "--validate=strict", objects=objects)


def take_away(cluster: Cluster, objects: list[Raw]) -> None:
    """Delete the objects again, but for the namespace and the ServiceAccount, which other tests stand on."""
    kept = {"Namespace", "ServiceAccount"}
    gone = [each for each in objects if each["kind"] not in kept]
    _as_admin(cluster, "delete", "--ignore-not-found", "--wait=false", objects=gone)


def of_kind(objects: list[Raw], kind: str) -> list[Raw]:
    """The objects of one kind."""
    return [each for each in objects if each["kind"] == kind]


def named(objects: list[Raw], kind: str, name: str) -> Raw:
    """The one object of that kind and name."""
    (found,) = [each for each in of_kind(objects, kind) if each["metadata"]["name"] == name]
    return found


def container(deployment: Raw) -> Raw:
    """The only container of a Deployment."""
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def _as_admin(cluster: Cluster, *words: str, objects: list[Raw]) -> subprocess.CompletedProcess[str]:
    return _kubectl(
        "--kubeconfig", str(cluster.kubeconfig("admin")), *words, "-f", "-", given=yaml.safe_dump_all(objects)
    )


def _kubectl(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [tool("kubectl"), *words], input=given, capture_output=True, text=True, check=False, timeout=WITHIN_S
    )
    assert done.returncode == 0, done.stderr
    return done
