"""The watch process keeps the ledger beside its own work, which goes on whatever stands in the ledger's way."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis import Redis

from bot.store import Store
from sandbox.processes import Process
from sandbox.redis import Redis as Server
from sandbox.toxiproxy import Toxiproxy
from tests.contract.clients.reach import through
from tests.contract.cluster.scenes import eventually
from tests.integration.revisions.scene import SERVICE, SOON_S, Scene

CLOSED = "http://127.0.0.1:9"
WAITS = "the revision ledger waits"


@contextmanager
def watching(scene: Scene, server: Server, folder: Path, kubeconfig: Path) -> Iterator[Process]:
    """The real process; it ends well."""
    catalog = folder / "services.yaml"
    entry = scene.service.model_dump(mode="json", exclude_none=True)
    catalog.write_text(yaml.safe_dump({"services": {SERVICE: entry}}))
    environment = {
        "REDIS_URL": server.url,
        "ROLLBACK_CATALOG": str(catalog),
        "KUBECONFIG": str(kubeconfig),
        "PROMETHEUS_URL": CLOSED,
        "SLACK_API_URL": f"{CLOSED}/api/",
        "SLACK_BOT_TOKEN": "xoxb-none",
        "SLACK_SIGNING_SECRET": "none",
    }
    process = Process([sys.executable, "-m", "jobs.watch"], log=folder / "watch.log", name="watch", env=environment)
    try:
        process.wait_until(lambda: '"watching"' in process.log.read_text(), within_s=SOON_S)
        yield process
    finally:
        code = process.stop()
    assert code == 0


def lines(process: Process, event: str) -> list[dict[str, Any]]:
    """What the process logged about one thing."""
    found = (json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{"))
    return [line for line in found if line["event"] == event]


def hands_out(store: Store, redis: Redis) -> None:
    """Wait until a member that comes due now is a job in the queue."""
    before = redis.llen("rq:queue:rollbacks")
    store.set_due(f"advance:rb-{before}", 0)
    eventually(lambda: redis.llen("rq:queue:rollbacks") > before, within_s=SOON_S)


def test_it_keeps_the_ledger(scene: Scene, server: Server, tmp_path: Path) -> None:
    """A deploy is in the ledger and is proven, with nobody else running."""
    with watching(scene, server, tmp_path, scene.cluster.kubeconfig("bot")):
        scene.deploy("v1")
        scene.until(("v1", 1, "good"))


def test_kubernetes_is_away(scene: Scene, server: Server, redis: Redis, tmp_path: Path) -> None:
    """It says so once, hands out what is due, and the ledger is there once Kubernetes is."""
    with Toxiproxy(tmp_path) as toxiproxy:
        way = toxiproxy.proxy(scene.cluster.url.removeprefix("https://"))
        way.down()
        scene.deploy("v1")
        kubeconfig = through(scene.cluster.kubeconfig("bot"), way.listen, tmp_path)
        with watching(scene, server, tmp_path, kubeconfig) as process:
            eventually(lambda: lines(process, WAITS), within_s=SOON_S)
            begun = scene.store.now()
            hands_out(scene.store, redis)
            eventually(lambda: scene.store.now() > begun + 4_000, within_s=SOON_S)
            assert len(lines(process, WAITS)) == 1
            way.heal()
            scene.until(("v1", 1, "good"))
            assert len(lines(process, "the revision ledger is kept again")) == 1


def test_a_right_is_missing(unlicensed: Scene, server: Server, redis: Redis, tmp_path: Path) -> None:
    """It names the verb and the resource, once, and hands out what is due."""
    with watching(unlicensed, server, tmp_path, unlicensed.cluster.kubeconfig("bot")) as process:
        event = "a right is missing to keep the revision ledger"
        (line,) = eventually(lambda: lines(process, event), within_s=SOON_S)
        assert (line["verb"], line["resource"]) == ("list", "deployments.apps")
        hands_out(unlicensed.store, redis)


@pytest.mark.parametrize("text", ["", "{", "[1]", "clusters: nothing", None])
def test_there_is_no_way_to_kubernetes(
    scene: Scene, server: Server, redis: Redis, tmp_path: Path, text: str | None
) -> None:
    """A kubeconfig that is missing or makes no sense: it says that there is no ledger, and hands out what is due."""
    scene = replace(scene, good_after_s=60.0)
    kubeconfig = tmp_path / "kubeconfig"
    if text is not None:
        kubeconfig.write_text(text)
    with watching(scene, server, tmp_path, kubeconfig) as process:
        assert "no revision ledger is kept" in process.log.read_text()
        hands_out(scene.store, redis)
    assert scene.store.revisions(SERVICE).version == 0
