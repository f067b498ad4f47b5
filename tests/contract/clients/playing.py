"""The scene with players in it: simulated traffic, a real Prometheus, and steps carried out as the runner does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.domain.plan import Plan
from bot.domain.verdict import Check
from jobs.clients import PrometheusClient
from jobs.steps import CARRIERS, AlreadySo, AsPlanned, Done, Waiting
from sandbox.game.process import GameProcess
from sandbox.prometheus import Prometheus
from tests.contract.clients.scene import Scene, entry, eventually, now

HOLD_S = 10.0
WHOLE_S = 60.0


@dataclass(frozen=True)
class Played:
    """The scene with players in it."""

    scene: Scene
    game: GameProcess
    prometheus: Prometheus


@contextmanager
def playing(scene: Scene, folder: Path, **canary: Any) -> Iterator[Played]:  # noqa: ANN401 - the catalog's fields
    """The game running for as long as a hold, so that there is a "before"; `canary`: what its section says besides."""
    config = scene.cluster.kubeconfig("game")
    with (
        GameProcess(kubeconfig=config, folder=folder, namespace=scene.namespace) as game,
        Prometheus(folder / "prometheus", {"game-server": game.address}, interval_s=1.0) as prometheus,
    ):
        service = entry(scene.namespace, **{"hold_s": HOLD_S, "drain_s": 4, **canary})
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


def carried(scene: Scene, plan: Plan, index: int, *, written: Callable[[], None] = lambda: None) -> list[Check]:
    """One step as the runner carries it out, hold included; its checks. `written` is called after its write."""
    ctx = scene.context(plan, index, fence=index + 1)
    carrier = CARRIERS[ctx.step.kind]
    look = carrier.look(ctx)
    if not isinstance(look, AlreadySo):
        assert isinstance(look, AsPlanned), look
        carrier.claim(ctx)
        ctx = replace(ctx, figures={**ctx.figures, **carrier.apply(ctx)})
        written()
    ctx = replace(ctx, applied_at=now())
    deadline = time.monotonic() + WHOLE_S
    while isinstance(found := carrier.settle(ctx), Waiting):
        assert time.monotonic() < deadline, found
        ctx = replace(ctx, figures={**ctx.figures, **found.figures})
        time.sleep(found.again_s)
    assert isinstance(found, Done), found
    time.sleep(ctx.step.hold_s)
    return carrier.check(replace(ctx, figures={**ctx.figures, **found.figures}))
