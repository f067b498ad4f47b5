"""The Kubernetes client against a real API server: rights, lost answers, and writes that are sent once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from jobs.clients import KubernetesClient
from jobs.clients.errors import Ambiguous, Forbidden, Moved, NotFound, Unreachable
from jobs.clients.resources import DEPLOYMENT, POD, VIRTUAL_SERVICE, Ref
from sandbox.toxiproxy import Proxy, Toxiproxy
from tests.contract.clients.scene import Scene, eventually


@pytest.fixture
def proxy(scene: Scene, tmp_path: Path) -> Iterator[Proxy]:
    """A way to the API server that can be broken."""
    with Toxiproxy(tmp_path) as toxiproxy:
        yield toxiproxy.proxy(scene.cluster.url.removeprefix("https://"))


@pytest.fixture
def through(scene: Scene, proxy: Proxy, tmp_path: Path) -> KubernetesClient:
    """The bot's client, by that way."""
    config = yaml.safe_load(scene.cluster.kubeconfig("bot").read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://{proxy.listen}"
    file = tmp_path / "through.kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return KubernetesClient.connect(file)


def refs(scene: Scene) -> tuple[Ref, Ref]:
    """The VirtualService and the canary's Deployment."""
    return (
        Ref(VIRTUAL_SERVICE, scene.namespace, "game-server-vs"),
        Ref(DEPLOYMENT, scene.namespace, "game-server-canary"),
    )


def test_a_403_names_verb_resource_and_object(scene: Scene) -> None:
    """What has to be granted can be read off it."""
    with pytest.raises(Forbidden) as caught:
        scene.clients.kubernetes.get(Ref(DEPLOYMENT, "kube-system", "dns"))
    refused = caught.value
    assert (refused.verb, refused.resource, refused.namespace, refused.name) == (
        "get",
        "deployments.apps",
        "kube-system",
        "dns",
    )
    with pytest.raises(Forbidden) as caught:
        scene.clients.kubernetes.list(POD, "kube-system")
    assert (caught.value.verb, caught.value.resource) == ("list", "pods")
    with pytest.raises(Forbidden) as caught:
        scene.clients.kubernetes.delete(Ref(POD, "kube-system", "x"), uid="u", resource_version="1")
    assert caught.value.verb == "delete"


def test_an_absent_object_is_not_found(scene: Scene) -> None:
    """404 has a name of its own."""
    with pytest.raises(NotFound):
        scene.clients.kubernetes.get(Ref(DEPLOYMENT, scene.namespace, "nothing"))


def test_a_merge_patch_with_an_old_resource_version_is_moved(scene: Scene) -> None:
    """HTTP 409: the claim is read again."""
    ref = refs(scene)[0]
    live = scene.clients.kubernetes.get(ref)
    mark = {"metadata": {"resourceVersion": live["metadata"]["resourceVersion"], "annotations": {"a": "1"}}}
    scene.clients.kubernetes.merge_patch(ref, mark, manager="test")
    mark["metadata"]["annotations"] = {"a": "2"}
    with pytest.raises(Moved):
        scene.clients.kubernetes.merge_patch(ref, mark, manager="test")


def test_a_deletion_needs_uid_and_version(scene: Scene) -> None:
    """Either one wrong and nothing is deleted."""
    ref = refs(scene)[1]
    meta = scene.clients.kubernetes.get(ref)["metadata"]
    for uid, version in (("other", meta["resourceVersion"]), (meta["uid"], "1")):
        with pytest.raises(Moved):
            scene.clients.kubernetes.delete(ref, uid=uid, resource_version=version)
    assert scene.clients.kubernetes.get(ref)["metadata"]["uid"] == meta["uid"]


def test_a_write_whose_answer_is_lost_is_ambiguous_and_was_sent_once(
    scene: Scene, through: KubernetesClient, proxy: Proxy
) -> None:
    """The server acted, the answer was dropped: one PATCH in the audit log."""
    ref = refs(scene)[0]
    through.get(ref)
    proxy.limit_data(0)
    with pytest.raises(Ambiguous):
        through.merge_patch(ref, {"metadata": {"annotations": {"lost": "yes"}}}, manager="rb-1/1/1")
    proxy.heal()
    eventually(lambda: scene.writes("rb-1/1/1"))
    assert scene.writes("rb-1/1/1") == ["patch virtualservices/game-server-vs"]
    assert through.get(ref)["metadata"]["annotations"]["lost"] == "yes"


def test_a_deletion_whose_answer_is_lost_is_ambiguous_and_was_sent_once(
    scene: Scene, through: KubernetesClient, proxy: Proxy
) -> None:
    """urllib3's default would have sent it four times."""
    ref = refs(scene)[1]
    meta = through.get(ref)["metadata"]
    proxy.limit_data(0)
    with pytest.raises(Ambiguous):
        through.delete(ref, uid=meta["uid"], resource_version=meta["resourceVersion"])
    proxy.heal()
    with pytest.raises(NotFound):
        through.get(ref)
    sent = [
        e for e in scene.cluster.audit() if e.verb == "delete" and (e.namespace, e.name) == (ref.namespace, ref.name)
    ]
    assert len(sent) == 1


def test_a_server_that_is_away_is_unreachable_for_reads_and_writes(
    scene: Scene, through: KubernetesClient, proxy: Proxy
) -> None:
    """Nothing was sent, so a write is no riddle; and nobody waits long."""
    ref = refs(scene)[0]
    proxy.down()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        through.get(ref)
    with pytest.raises(Unreachable):
        through.merge_patch(ref, {"metadata": {"annotations": {"x": "y"}}}, manager="rb-1/1/2")
    assert time.monotonic() - began < 5
    proxy.heal()
    assert through.get(ref)["metadata"]["name"] == "game-server-vs"
    assert scene.writes("rb-1/1/2") == []
