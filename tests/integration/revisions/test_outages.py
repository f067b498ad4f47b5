"""The ledger while something it needs is away: Redis, what Redis knew, rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bot.domain.revisions import Revision
from bot.store import Store, connect, keys
from jobs.clients import KubernetesClient
from jobs.clients.resources import STATEFUL_SET
from sandbox.redis import Redis as Server
from sandbox.toxiproxy import Toxiproxy
from tests.contract.clients.reach import through
from tests.contract.clients.rules import grant
from tests.contract.cluster.scenes import eventually
from tests.integration.revisions.scene import NAME, SERVICE, SOON_S, Scene, let_look


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Server]:
    """A Redis that a test may stop."""
    with Server(tmp_path) as server:
        yield server


def test_redis_is_away_for_a_while(scene: Scene, own_redis: Server) -> None:
    """What was deployed meanwhile is in the ledger once Redis answers again."""
    store = Store(connect(own_redis.url))
    store.accept()
    scene = replace(scene, store=store)
    scene.deploy("v1")
    with scene.keeping():
        scene.until(("v1", 1, "good"))
        own_redis.stop()
        scene.deploy("v2")
        eventually(lambda: scene.owned()[0].version == "v2", within_s=SOON_S)
        own_redis.start()
        scene.until(("v2", 2, "good"), ("v1", 1, "good"))


def test_kubernetes_goes_away_in_the_middle(scene: Scene, tmp_path: Path) -> None:
    """What was deployed meanwhile is in the ledger once the API server can be reached again."""
    with Toxiproxy(tmp_path) as toxiproxy:
        way = toxiproxy.proxy(scene.cluster.url.removeprefix("https://"))
        scene.kubernetes = KubernetesClient.connect(through(scene.cluster.kubeconfig("bot"), way.listen, tmp_path))
        scene.deploy("v1")
        with scene.keeping():
            scene.until(("v1", 1, "good"))
            way.down()
            scene.rolled_out("v2")
            assert scene.told() == [("v1", 1, "good")]
            way.heal()
            scene.until(("v2", 2, "good"), ("v1", 1, "good"))


def test_redis_forgot_everything(scene: Scene, redis: Redis) -> None:
    """An emptied store is left alone until it is accepted; then the ledger begins anew from what the cluster has."""
    scene.deploy("v1")
    with scene.keeping():
        scene.until(("v1", 1, "good"))
        scene.deploy("v2")
        scene.until(("v2", 2, "good"), ("v1", 1, "good"))
        redis.flushall()
        let_look(redis, times=2)
        assert not redis.exists(keys.revisions(SERVICE))
        scene.store.accept()
        scene.until(("v2", 2, "good"), ("v1", 1, "unknown"))


def test_a_history_that_cannot_be_read_stops_no_other(scene: Scene, redis: Redis) -> None:
    """It is not written over; once it is removed the ledger begins anew."""
    redis.hset(keys.revisions(SERVICE), mapping={"value": "{", "version": "7"})
    scene.deploy("v1")
    with scene.keeping(more={"beside": scene.service}):
        eventually(lambda: scene.store.revisions("beside").history.current, within_s=SOON_S)
        assert redis.hget(keys.revisions(SERVICE), "value") == "{"
        redis.delete(keys.revisions(SERVICE))
        scene.until(("v1", 1, "good"))


def test_rights_that_come_later(unlicensed: Scene) -> None:
    """Without the right to follow there is no ledger; without that to list ReplicaSets it lacks what came before."""
    scene = unlicensed
    scene.rolled_out("v1")
    scene.rolled_out("v2")
    with scene.keeping():
        grant(scene.cluster, scene.namespace, [rule("deployments")])
        (alone,) = scene.until(("v2", 2, "good"))
        assert alone.name == ""
        grant(scene.cluster, scene.namespace, [rule("deployments"), rule("replicasets")])
        named, _ = scene.until(("v2", 2, "good"), ("v1", 1, "unknown"))
    assert named.name.startswith(f"{NAME}-")


def test_a_right_on_one_name_is_enough(unlicensed: Scene) -> None:
    """Where one service of a kind is followed in a namespace, only its own workload is asked for."""
    one = {**rule("deployments"), "resourceNames": [NAME]}
    grant(unlicensed.cluster, unlicensed.namespace, [one, rule("replicasets")])
    unlicensed.deploy("v1")
    with unlicensed.keeping():
        unlicensed.until(("v1", 1, "good"))


def test_services_of_several_kinds_in_one_namespace(scene: Scene) -> None:
    """Each is followed by its own kind and name, and has its own revisions though all carry the same labels."""
    beside = {"stateful": replace(scene, kind=STATEFUL_SET), "canary": replace(scene, name="web-canary")}
    scene.deploy("v1")
    beside["stateful"].deploy("v7")
    beside["canary"].deploy("v9")
    with scene.keeping(more={name: other.service for name, other in beside.items()}):
        scene.until(("v1", 1, "good"))
        for name, version in (("stateful", "v7"), ("canary", "v9")):
            assert [(r.version, r.number) for r in known(scene, name)] == [(version, 1)]


def known(scene: Scene, service: str) -> tuple[Revision, ...]:
    """What the ledger has of another service, once it has anything with a number."""

    def look() -> tuple[Revision, ...]:
        found = scene.store.revisions(service).history.revisions
        return found if found and found[0].number else ()

    return eventually(look, within_s=SOON_S)


def rule(resource: str) -> dict[str, Any]:
    """The right to read and follow one kind."""
    return {"apiGroups": ["apps"], "resources": [resource], "verbs": ["get", "list", "watch"]}
