"""The revision ledger, kept by watching real rollouts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from bot.domain.revisions import last_good, merged, named
from bot.store import Store, connect
from jobs.clients import KubernetesClient
from jobs.clients.resources import Kind, Raw
from jobs.clients.workloads import KINDS, rolled_out, template_key
from sandbox.redis import Redis as Server
from tests.contract.cluster.scenes import eventually
from tests.integration.revisions.scene import GOOD_AFTER_S, NAME, SERVICE, SOON_S, STUCK, Scene, let_look, told


class Counting(KubernetesClient):
    """The client, counting its lists."""

    lists = 0

    def collection(self, *args: Any, **kwargs: Any) -> Raw:  # noqa: ANN401 - whatever the client takes
        """The client's own answer."""
        self.lists += 1
        return super().collection(*args, **kwargs)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_bad_deploy_and_its_undo(scene: Scene, kind: Kind) -> None:
    """v1 proves itself, v2 never comes up, and undoing it brings v1 back under a new number, as good as it was."""
    scene = replace(scene, kind=kind)
    scene.deploy("v1")
    with scene.keeping():
        (first,) = scene.until(("v1", 1, "good"))
        assert first.name.startswith(f"{NAME}-")
        assert first.key == template_key(scene.live()["spec"]["template"])
        assert first.available_at is not None
        assert first.good_at is not None
        assert first.good_at - first.available_at >= GOOD_AFTER_S * 1000
        scene.deploy(f"v2{STUCK}")
        bad, _ = scene.until((f"v2{STUCK}", 2, "never-available"), ("v1", 1, "good"))
        found = last_good(scene.history().revisions, current_key=bad.key)
        assert found is not None
        scene.put_back(found)
        again, left = scene.until(("v1", 3, "good"), (f"v2{STUCK}", 2, "never-available"))
    assert (again.key, again.seen_at, again.left_at) == (first.key, first.seen_at, None)
    assert left.left_at is not None
    assert {(r.key, r.number, r.name) for r in scene.owned()} == {(r.key, r.number, r.name) for r in (again, left)}


def test_a_history_that_the_cluster_does_not_keep(scene: Scene) -> None:
    """With revisionHistoryLimit 0 the cluster forgets v1 at once; the ledger has its template, and it is taken back."""
    scene.deploy("v1", revisionHistoryLimit=0)
    with scene.keeping():
        (first,) = scene.until(("v1", 1, "good"))
        scene.deploy("v2", revisionHistoryLimit=0)
        eventually(lambda: [r.version for r in scene.owned()] == ["v2"], within_s=SOON_S)
        history = scene.until(("v2", 2, "good"), ("v1", 1, "good"))
        known = merged(history, scene.owned())
        assert told(known) == told(history)
        (wanted,) = named(known, "1")
        scene.put_back(wanted)
        again, _ = scene.until(("v1", 3, "good"), ("v2", 2, "good"))
    assert again.key == first.key
    assert named(scene.history().revisions, "1") == ()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_ran_before_anybody_watched(scene: Scene, kind: Kind) -> None:
    """A keeper that begins finds what the cluster has: the present one to be proven, the others unknown."""
    scene = replace(scene, kind=kind)
    for version in ("v1", "v2", "v3"):
        scene.rolled_out(version)
    with scene.keeping():
        history = scene.until(("v3", 3, "good"), ("v2", 2, "unknown"), ("v1", 1, "unknown"))
    assert all(revision.created_at for revision in history)
    assert last_good(history, current_key=history[0].key) is None


def test_two_keepers_write_one_history(scene: Scene, server: Server, redis: Redis) -> None:
    """Side by side they write each revision once, and then nothing more; when one goes the other goes on."""
    scene.deploy("v1")
    with connect(server.url) as client, scene.keeping():
        with scene.keeping(store=Store(client)):
            scene.until(("v1", 1, "good"))
            scene.deploy("v2")
            scene.until(("v2", 2, "good"), ("v1", 1, "good"))
            scene.deploy(f"v3{STUCK}")
            before = scene.until((f"v3{STUCK}", 3, "never-available"), ("v2", 2, "good"), ("v1", 1, "good"))
            scene.put_back(before[2])
            scene.until(("v1", 4, "good"), (f"v3{STUCK}", 3, "never-available"), ("v2", 2, "good"))
            eventually(lambda: rolled_out("Deployment", scene.live()), within_s=SOON_S)
            let_look(redis, times=4)
            written = scene.store.revisions(SERVICE).version
            let_look(redis, times=6)
            assert scene.store.revisions(SERVICE).version == written
        scene.deploy("v4")
        scene.until(("v4", 5, "good"), ("v1", 4, "good"), (f"v3{STUCK}", 3, "never-available"), ("v2", 2, "good"))


def test_pods_that_were_lost_prove_nothing(scene: Scene) -> None:
    """A revision whose pods go before its time has passed begins anew once they are back."""
    scene = replace(scene, good_after_s=4.0)
    scene.deploy("v1")
    with scene.keeping():
        eventually(lambda: scene.history().steady_since, within_s=SOON_S)
        began = scene.history().steady_since
        scene.deploy("v1", replicas=0)
        eventually(lambda: scene.history().steady_since is None, within_s=SOON_S)
        assert scene.told() == [("v1", 1, "unproven")]
        scene.deploy("v1", replicas=3)
        (proven,) = scene.until(("v1", 1, "good"))
    assert began is not None
    assert proven.good_at is not None
    assert proven.available_at == began
    assert proven.good_at - began > 4_000


def test_a_workload_that_is_deleted_and_comes_back(scene: Scene) -> None:
    """It is left when it goes; its numbers begin anew, and what it ran before is known all the same."""
    with scene.keeping():
        scene.deploy("v1")
        scene.until(("v1", 1, "good"))
        scene.cluster.api().delete(scene.kind.path(scene.namespace, NAME))
        eventually(lambda: scene.history().current is None, within_s=SOON_S)
        scene.deploy("v2")
        scene.until(("v2", 1, "good"), ("v1", 0, "good"))


def test_a_paused_deployment_runs_what_it_ran(scene: Scene, redis: Redis) -> None:
    """A template that is not rolled out is no revision; once resumed it is."""
    with scene.keeping():
        scene.deploy("v1")
        scene.until(("v1", 1, "good"))
        scene.deploy("v2", paused=True)
        eventually(lambda: scene.live()["status"].get("observedGeneration") == 2, within_s=SOON_S)
        let_look(redis, times=3)
        assert scene.told() == [("v1", 1, "good")]
        scene.deploy("v2", paused=False)
        scene.until(("v2", 2, "good"), ("v1", 1, "good"))


def test_a_pause_before_it_was_proven(scene: Scene) -> None:
    """A revision whose time passes while a pause hides it is not proven, and nobody asks again and again meanwhile."""
    scene = replace(scene, good_after_s=3.0)
    counting = Counting.connect(scene.cluster.kubeconfig("bot"))
    assert isinstance(counting, Counting)
    scene.kubernetes = counting
    scene.deploy("v1")
    with scene.keeping():
        began = eventually(lambda: scene.history().steady_since, within_s=SOON_S) or 0
        scene.deploy("v2", paused=True)
        eventually(lambda: scene.store.now() > began + 3_500, within_s=SOON_S)
        lists = counting.lists
        eventually(lambda: scene.store.now() > began + 9_500, within_s=SOON_S)
        assert scene.told() == [("v1", 1, "unproven")]
        assert 1 <= counting.lists - lists <= 12
        scene.deploy("v2", paused=False)
        scene.until(("v2", 2, "good"), ("v1", 1, "unproven"))


def test_a_restart_by_hand_is_nothing_to_go_back_to(scene: Scene) -> None:
    """`kubectl rollout restart` makes a revision of the same template: the last good one is another than that."""
    with scene.keeping():
        scene.deploy("v1")
        scene.until(("v1", 1, "good"))
        note = {"kubectl.kubernetes.io/restartedAt": "2026-01-02T03:04:05Z"}
        patch = {"spec": {"template": {"metadata": {"annotations": note}}}}
        scene.cluster.api().patch(scene.kind.path(scene.namespace, NAME), patch)
        history = scene.until(("v1", 2, "good"), ("v1", 1, "good"))
    assert last_good(history, current_key=history[0].key) is None
