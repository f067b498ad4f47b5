"""Small worlds for the tests of the game's pure parts."""

from collections.abc import Mapping, Sequence

from sandbox.game.world import (
    Destination,
    DestinationRule,
    Endpoint,
    Match,
    Pod,
    Route,
    Slice,
    VirtualService,
    World,
)

SERVICE = "game-server"
MIB = 1024 * 1024


def a_pod(
    name: str,
    *,
    track: str = "stable",
    version: str = "v2.0.5",
    env: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    running: bool = True,
) -> Pod:
    """A running pod of the game."""
    return Pod(
        name=name,
        uid=f"uid-{name}",
        container="game-server",
        image=f"registry.example/game-server:{version}",
        labels={"app": "game-server", "track": track, "version": version},
        annotations=annotations or {},
        env=env or {},
        running=running,
        ready=running,
        stops_at=None,
        cpu_cores=1.0,
        memory_bytes=512 * MIB,
    )


def stable(count: int) -> tuple[Pod, ...]:
    """Good pods."""
    return tuple(a_pod(f"stable-{number}") for number in range(count))


def canary(count: int) -> tuple[Pod, ...]:
    """Pods with the feature that fails."""
    flag = {"FEATURE_FLAG_GUILD_WAR_V2": "true"}
    return tuple(a_pod(f"canary-{number}", track="canary", version="v2.1.0", env=flag) for number in range(count))


def a_virtual_service(
    weights: Mapping[str, int], *, extra: Sequence[Route] = (), created: str = "2026-01-01"
) -> VirtualService:
    """The game's VirtualService: first what is `extra`, then the route with these weights by subset."""
    destinations = tuple(Destination(service=SERVICE, subset=name, weight=weight) for name, weight in weights.items())
    primary = Route(name="primary", matches=(), destinations=destinations)
    return VirtualService(name="game-server-vs", created=created, hosts=frozenset({SERVICE}), routes=(*extra, primary))


def admin_route() -> Route:
    """A route that only /admin takes, all to stable."""
    return Route(
        name="admin",
        matches=(Match(how="prefix", uri="/admin", other=False),),
        destinations=(Destination(service=SERVICE, subset="stable", weight=0),),
    )


def a_world(
    pods: Sequence[Pod], *, virtual_service: VirtualService | None = None, not_ready: frozenset[str] = frozenset()
) -> World:
    """These pods as endpoints of the game, its two subsets, and a VirtualService if given."""
    endpoints = tuple(Endpoint(pod=pod.name, uid=pod.uid, ready=pod.name not in not_ready) for pod in pods)
    subsets = {"stable": {"track": "stable"}, "canary": {"track": "canary"}}
    return World(
        pods={pod.name: pod for pod in pods},
        slices={"game-server-abcde": Slice(service=SERVICE, endpoints=endpoints)},
        virtual_services={virtual_service.name: virtual_service} if virtual_service else {},
        destination_rules={SERVICE: DestinationRule(service=SERVICE, subsets=subsets)},
    )
