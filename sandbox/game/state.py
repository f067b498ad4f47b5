"""What GET /sandbox/state shows."""

from collections import defaultdict
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sandbox.game.behaviour import behaviour
from sandbox.game.controls import Controls
from sandbox.game.proxies import Proxies
from sandbox.game.traffic import Traffic
from sandbox.game.world import World


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True)


class Way(_Model):
    """A share (0 to 1) of the players' requests and the pods it goes to, as the proxies have it."""

    subset: str
    share: float
    pods: tuple[str, ...]


class Count(_Model):
    """Requests of a subset since the start."""

    requests: int = 0
    errors: int = 0


class PodState(_Model):
    """A pod's version, its load and capacity in requests a second, and its own error share (0 to 1)."""

    version: str
    ready: bool
    load_rps: float
    capacity_rps: float
    error_share: float


class State(_Model):
    """The game now."""

    rps: float
    stopped: bool
    frozen: Literal["nothing", "routes", "all"]
    lag_seconds: float
    routes: tuple[Way, ...]
    counts: dict[str, Count]
    pods: dict[str, PodState]


def state(*, traffic: Traffic, proxies: Proxies, controls: Controls, world: World) -> State:
    """Gather the state; `world` is what the API shows, the routes are what the proxies use."""
    return State(
        rps=controls.rps,
        stopped=controls.stopped,
        frozen=proxies.frozen.value,
        lag_seconds=proxies.lag_s,
        routes=tuple(
            Way(subset=each.subset, share=each.share, pods=tuple(pod.name for pod in each.pods))
            for each in traffic.ways()
        ),
        counts=_counts(traffic),
        pods={
            name: PodState(
                version=pod.version,
                ready=pod.ready,
                load_rps=round(traffic.load_rps(pod), 2),
                capacity_rps=(what := behaviour(pod, controls.overrides)).capacity_rps,
                error_share=what.error_share,
            )
            for name, pod in world.pods.items()
        },
    )


def _counts(traffic: Traffic) -> dict[str, Count]:
    requests: defaultdict[str, int] = defaultdict(int)
    errors: defaultdict[str, int] = defaultdict(int)
    for (subset, kind), count in traffic.counts.copy().items():
        requests[subset] += count
        errors[subset] += count if kind == "errors" else 0
    return {subset: Count(requests=count, errors=errors[subset]) for subset, count in requests.items()}
