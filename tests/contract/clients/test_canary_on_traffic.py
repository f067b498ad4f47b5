"""A canary taken back step by step under simulated traffic, counted by a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.domain.plan import Plan
from bot.domain.verdict import Check, Verdict, worst
from jobs.clients import PrometheusClient
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Stuck, Waiting
from jobs.strategies.two_sides import canary as production
from sandbox.game.process import GameProcess
from sandbox.prometheus import Prometheus
from tests.contract.clients.scene import Scene, entry, eventually, now

HOLD_S = 8.0
WHOLE_S = 60.0


@dataclass(frozen=True)
class Played:
    """The scene with players in it."""

    scene: Scene
    game: GameProcess
    prometheus: Prometheus


@pytest.fixture
def played(scene: Scene, tmp_path: Path) -> Iterator[Played]:
    """The game running for as long as a hold, so that there is a "before"."""
    config = scene.cluster.kubeconfig("game")
    with (
        GameProcess(kubeconfig=config, folder=tmp_path, namespace=scene.namespace) as game,
        Prometheus(tmp_path / "prometheus", {"game-server": game.address}, interval_s=1.0) as prometheus,
    ):
        service = entry(scene.namespace, hold_s=HOLD_S, drain_s=4)
        service = service.model_copy(
            update={
                "metrics": service.metrics.model_copy(update={"scrape_interval_s": 1.0}),
                "validation": service.validation.model_copy(
                    update={"health_url": f"{game.url}/health", "health_times": 3, "health_every_s": 0.2}
                ),
            }
        )
        client = PrometheusClient(prometheus.url)
        clients = replace(scene.clients, prometheus=client)
        eventually(lambda: (client.instant("sum(game_requests_total)") or 0) > 50 * (HOLD_S + 2), within_s=40)
        yield Played(replace(scene, clients=clients, service=service), game, prometheus)


def carried(scene: Scene, plan: Plan, index: int) -> list[Check]:
    """One step as the runner carries it out, hold included; its checks."""
    ctx = scene.context(plan, index, fence=index + 1)
    carrier = CARRIERS[ctx.step.kind]
    look = carrier.look(ctx)
    if not isinstance(look, AlreadySo):
        assert isinstance(look, AsPlanned), look
        carrier.claim(ctx)
        ctx = replace(ctx, figures={**ctx.figures, **carrier.apply(ctx)})
    ctx = replace(ctx, applied_at=now())
    deadline = time.monotonic() + WHOLE_S
    while isinstance(found := carrier.settle(ctx), Waiting):
        assert time.monotonic() < deadline, found
        ctx = replace(ctx, figures={**ctx.figures, **found.figures})
        time.sleep(found.again_s)
    assert isinstance(found, Done), found
    time.sleep(ctx.step.hold_s)
    return carrier.check(replace(ctx, figures={**ctx.figures, **found.figures}))


def test_the_error_rate_falls_as_the_weights_move_and_the_canary_goes(played: Played) -> None:
    """Every check passes on the way, and validation passes at the end."""
    scene = played.scene
    plan = scene.observe_and_plan()
    assert isinstance(plan.shown["stable_error_share"].value, float)
    checks = [carried(scene, plan, index) for index in range(len(plan.steps))]
    assert [c for step in checks for c in step if c.verdict is not Verdict.PASS] == []
    judged = [step for step in checks if step]
    assert [c.code for c in judged[-1]] == ["image", "pods", "endpoints", "health", "up"]
    shares = [step[0].figures["seen_canary_share"] for step in judged[:-1]]
    assert shares == [pytest.approx(0.25, abs=0.1), pytest.approx(0.10, abs=0.08), 0]
    seen = production(scene.clients, scene.service, plan)
    assert (seen["canary_weight"], seen["canary_deleted"], seen["stable_ready"]) == (0, True, 8)


def test_a_frozen_data_plane_never_passes(played: Played) -> None:
    """The weight moves in the API and traffic stays where it was."""
    scene = played.scene
    plan = scene.observe_and_plan()
    index = next(i for i, step in enumerate(plan.steps) if step.kind == "set_weight")
    played.game.freeze()
    checks = {c.code: c for c in carried(scene, plan, index)}
    assert checks["weight_held"].verdict is Verdict.PASS
    assert (checks["seen_share"].verdict, checks["seen_share"].saw) == (Verdict.FAIL, "not-arrived")
    assert worst(checks.values()) is Verdict.FAIL


def test_stable_short_of_pods_gets_worse_and_fails(played: Played) -> None:
    """Four pods cannot carry everything: the destination is what is judged."""
    scene = played.scene
    plan = scene.observe_and_plan(fast="yes")
    index = next(i for i, step in enumerate(plan.steps) if step.kind == "set_weight")
    checks = {c.code: c for c in carried(scene, plan, index)}
    assert checks["pods_ready"].verdict is Verdict.FAIL


def test_requests_that_still_arrive_keep_the_canary_undrained(played: Played) -> None:
    """Weights at 0 in the API with frozen proxies: waits, and never says it is drained."""
    scene = played.scene
    plan = scene.observe_and_plan(fast="yes")
    played.game.freeze()
    weight = scene.step(plan, "set_weight")
    CARRIERS["set_weight"].claim(weight)
    CARRIERS["set_weight"].apply(weight)
    drain = scene.step(plan, "drain")
    assert isinstance(CARRIERS["drain"].look(drain), AsPlanned)
    found = CARRIERS["drain"].settle(drain)
    assert isinstance(found, Waiting)
    assert found.figures == {"saw": "still-requests"}
    late = replace(drain, started_at=now() - 60_000)
    stuck = CARRIERS["drain"].settle(late)
    assert isinstance(stuck, Stuck)
    assert stuck.code == "still-requests"
    assert float(str(stuck.figures["requests"])) > 0


def test_a_prometheus_that_stops_answering_is_unknown_and_stops_the_deletion(played: Played) -> None:
    """Checks say Unknown, the drain cannot be proven, and production is told all the same."""
    scene = played.scene
    plan = scene.observe_and_plan(fast="yes")
    weight = scene.step(plan, "set_weight")
    CARRIERS["set_weight"].claim(weight)
    CARRIERS["set_weight"].apply(weight)
    played.prometheus.stop()
    checks = {c.code: c for c in CARRIERS["set_weight"].check(weight)}
    assert (checks["error_rate_at_most"].verdict, checks["error_rate_at_most"].saw) == (Verdict.UNKNOWN, "unreachable")
    drain = replace(scene.step(plan, "drain"), started_at=now() - 40_000)
    stuck = CARRIERS["drain"].settle(drain)
    assert isinstance(stuck, Stuck)
    assert (stuck.code, stuck.figures["why"]) == ("cannot-prove-drained", "unreachable")
    assert production(scene.clients, scene.service, plan)["requests"] is None
