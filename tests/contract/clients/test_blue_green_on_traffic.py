"""Blue-green without a mesh, the bad side kept, and the way back from it, under simulated traffic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.catalog import load
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Request
from bot.domain.verdict import Verdict
from jobs.clients import build
from jobs.steps import Context
from jobs.strategies import STRATEGIES
from sandbox.stack import Stack
from tests.contract.clients.playing import carried
from tests.contract.clients.scene import Scene

NAME = "lobby"
QUICK: dict[str, Any] = {"metrics": {"scrape_interval_s": 0.5}, "validation": {"health_every_s": 0.1}}
UNMESHED = {"virtual_service": "", "host": "", "keep_at_zero": True, "settle_s": 3, "drain_s": 3}
ROUTING = "/apis/networking.istio.io/v1/namespaces/game-production"


@pytest.fixture
def lobby(tmp_path: Path) -> Iterator[Scene]:
    """Lobby with players and nothing that routes but the Service: its VirtualService is taken away."""
    with Stack(tmp_path, services=(NAME,), catalog=QUICK, product=False, scrape_s=0.5, rps=100) as stack:
        admin = stack.cluster.api()
        admin.delete(f"{ROUTING}/virtualservices/lobby-vs")
        service = load(stack.folder / "services.yaml").services[NAME]
        assert service.blue_green is not None
        changed = type(service.blue_green).model_validate({**service.blue_green.model_dump(), **UNMESHED})
        clients = build(kubeconfig=stack.cluster.kubeconfig("bot"), prometheus_url=stack.prometheus.url)
        entry = service.model_copy(update={"blue_green": changed})
        yield Scene(stack.cluster, "game-production", clients, entry, admin)


class Later(Scene):
    """The same scene under later leases, whose fences are higher than those of the first rollback."""

    def context(self, plan: Plan, index: int, *, fence: int = 1, **more: Any) -> Context:  # noqa: ANN401 - Context's
        """A step of the plan, under such a lease."""
        return super().context(plan, index, fence=fence + 100, **more)


def planned(scene: Scene, **options: JsonObject) -> Plan:
    """A plan from what is live now."""
    by = Person(team="T1", id="U1", name="ann")
    asked = Request(service=NAME, strategy="blue-green", by=by, channel="C1", options=dict(options))
    way = STRATEGIES["blue-green"]
    return way.plan(way.observe(scene.clients, asked, scene.service), asked, scene.service, NAME)


def selector(scene: Scene) -> dict[str, str]:
    """The live selector of the Service."""
    found: dict[str, str] = scene.admin.get(f"/api/v1/namespaces/{scene.namespace}/services/{NAME}")["spec"]["selector"]
    return found


def replicas(scene: Scene, name: str) -> int:
    """Desired pods of one side."""
    return int(scene.deployment(name)["spec"]["replicas"])


def carry(scene: Scene, plan: Plan) -> None:
    """All steps in order; none of their checks fails."""
    for index in range(len(plan.steps)):
        checks = carried(scene, plan, index)
        assert [check for check in checks if check.verdict is Verdict.FAIL] == []


def test_one_patch_moves_the_traffic_and_the_side_that_is_kept_is_the_way_back(lobby: Scene) -> None:
    """Blue takes over, green stays with 0 pods; taken back, green is scaled up first and takes over again."""
    there = planned(lobby)
    assert [step.kind for step in there.steps[:3]] == ["scale_up", "select", "see_version"]
    carry(lobby, there)
    assert selector(lobby)["version"] == "blue"
    assert (replicas(lobby, "lobby-blue"), replicas(lobby, "lobby-green")) == (4, 0)

    back = planned(lobby, undo={**there.undo, "id": "rb-1"})
    assert (back.from_version, back.to_version) == (there.to_version, there.from_version)
    carry(Later(lobby.cluster, lobby.namespace, lobby.clients, lobby.service, lobby.admin), back)
    assert selector(lobby)["version"] == "green"
    assert (replicas(lobby, "lobby-green"), replicas(lobby, "lobby-blue")) == (4, 0)
