"""What GET /sandbox/state shows."""

from collections import defaultdict
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sandbox.game.behaviour import behaviour
from sandbox.game.controls import Controls
from sandbox.game.proxies import Proxies, Proxy
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


class ProxyState(_Model):
    """One proxy: its lag, its requests since its lag was set, and those of them that it answered with 503.

    `no_endpoint`: its subset had none. `refused`: the pod it asked was gone.
    """

    lag_seconds: float
    requests: int
    no_endpoint: int
    refused: int
    routes: tuple[Way, ...]


class PodState(_Model):
    """A pod's version, its load and capacity in requests a second, and its own error share (0 to 1)."""

    version: str
    ready: bool
    load_rps: float
    capacity_rps: float
    error_share: float


class State(_Model):
    """The game now. `lag_seconds` and `routes` are those of the slowest of the `proxies`.

    `endpoints`: the game's pods in EndpointSlices as it has heard of them; a proxy knows them after its lag.
    """

    rps: float
    stopped: bool
    frozen: Literal["nothing", "routes", "all"]
    lag_seconds: float
    routes: tuple[Way, ...]
    proxies: tuple[ProxyState, ...]
    counts: dict[str, Count]
    endpoints: tuple[str, ...]
    pods: dict[str, PodState]


def state(*, traffic: Traffic, proxies: Proxies, controls: Controls, world: World) -> State:
    """Gather the state; `world` is what the API shows, the routes are what the proxies use."""
    return State(
        rps=controls.rps,
        stopped=controls.stopped,
        frozen=proxies.frozen.value,
        lag_seconds=proxies.slowest.lag_s,
        routes=_ways(traffic, proxies.slowest),
        proxies=tuple(_proxy(traffic, proxy) for proxy in proxies.each),
        counts=_counts(traffic),
        endpoints=_endpoints(world),
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


def _endpoints(world: World) -> tuple[str, ...]:
    named = {endpoint.pod for each in world.slices.values() for endpoint in each.endpoints}
    return tuple(sorted(named & world.pods.keys()))


def _ways(traffic: Traffic, proxy: Proxy) -> tuple[Way, ...]:
    return tuple(
        Way(subset=each.subset, share=each.share, pods=tuple(pod.name for pod in each.pods))
        for each in traffic.ways(proxy)
    )


def _proxy(traffic: Traffic, proxy: Proxy) -> ProxyState:
    return ProxyState(
        lag_seconds=proxy.lag_s,
        requests=proxy.tally.requests,
        no_endpoint=proxy.tally.no_endpoint,
        refused=proxy.tally.refused,
        routes=_ways(traffic, proxy),
    )


def _counts(traffic: Traffic) -> dict[str, Count]:
    requests: defaultdict[str, int] = defaultdict(int)
    errors: defaultdict[str, int] = defaultdict(int)
    for (subset, kind), count in traffic.counts.copy().items():
        requests[subset] += count
        errors[subset] += count if kind == "errors" else 0
    return {subset: Count(requests=count, errors=errors[subset]) for subset, count in requests.items()}
