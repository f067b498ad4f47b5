"""A canary taken back step by step under simulated traffic, counted by a real Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.verdict import Verdict, worst
from jobs.steps import CARRIERS, AsPlanned, Stuck, Waiting
from jobs.strategies.two_sides import canary as production
from tests.contract.clients.playing import Played, carried, playing
from tests.contract.clients.scene import Scene, now

DRAIN_S = 20


@pytest.fixture
def played(scene: Scene, tmp_path: Path) -> Iterator[Played]:
    """The game with players."""
    with playing(scene, tmp_path) as made:
        yield made


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
    assert played.scene.service.canary is not None
    slow = played.scene.service.canary.model_copy(update={"drain_s": DRAIN_S})
    scene = replace(played.scene, service=played.scene.service.model_copy(update={"canary": slow}))
    plan = scene.observe_and_plan(fast="yes")
    played.game.freeze()
    weight = scene.step(plan, "set_weight")
    CARRIERS["set_weight"].claim(weight)
    CARRIERS["set_weight"].apply(weight)
    drain = scene.step(plan, "drain")
    quiet_ms = round(drain.number("quiet_s") * 1000)
    assert isinstance(CARRIERS["drain"].look(drain), AsPlanned)
    early = CARRIERS["drain"].settle(replace(drain, started_at=now()))
    assert isinstance(early, Waiting)
    assert early.figures == {"saw": "proxies-lag"}
    found = CARRIERS["drain"].settle(replace(drain, started_at=now() - quiet_ms))
    assert isinstance(found, Waiting)
    assert found.figures == {"saw": "still-requests"}
    late = replace(drain, started_at=now() - quiet_ms - 10 * DRAIN_S * 1000)
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
