"""What the sandbox knows of each service of the shipped catalog: how it is deployed, and what its people say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """One service at the start of a run: a good version, and a bad one that gets `bad_share` of the requests.

    `deployments`: all of its Deployments. `routes`: share of requests (0..1) by subset, as the proxies have them.
    `pods_for_all`: so many pods of one version take all of its traffic. `virtual_service`: whose weights say how much
    goes to `bad_subset`; "" where only the pods say it. `to`: what a strategy has to be told, by its name.
    """

    name: str
    channel: str
    scene: str
    good: str
    bad: str
    bad_share: float
    deployments: tuple[str, ...]
    routes: Mapping[str, float]
    pods_for_all: int
    virtual_service: str = ""
    bad_subset: str = ""
    to: Mapping[str, str] = field(default_factory=dict)

    def bad_requests(self, window: str) -> str:
        """PromQL: the bad version's share of the requests of a window, such as "6s"."""
        bad, whole = f'service="{self.name}", version="{self.bad}"', f'service="{self.name}"'
        of = "sum(increase(game_requests_total{{{}}}[{}]))"
        return f"{of.format(bad, window)} / {of.format(whole, window)}"

    def error_share(self, window: str) -> str:
        """PromQL: the share of the requests of a window that failed."""
        of = 'sum(increase({}{{service="' + self.name + '"}}[' + window + "]))"
        return f"{of.format('game_errors_total')} / {of.format('game_requests_total')}"


SERVICES: Mapping[str, Service] = {
    service.name: service
    for service in (
        Service(
            name="game-server",
            channel="C0GAMESERVER",
            scene="v2.0.5 on stable, v2.1.0 on the canary at 50 %",
            good="v2.0.5",
            bad="v2.1.0",
            bad_share=0.5,
            deployments=("game-server", "game-server-canary"),
            routes={"stable": 0.5, "canary": 0.5},
            pods_for_all=5,
            virtual_service="game-server-vs",
            bad_subset="canary",
        ),
        Service(
            name="match-server",
            channel="C0MATCHSERVER",
            scene="v1.8.2, then v1.9.0",
            good="v1.8.2",
            bad="v1.9.0",
            bad_share=1.0,
            deployments=("match-server",),
            routes={"none": 1.0},
            pods_for_all=3,
            to={"config": "20261120-0300"},
        ),
        Service(
            name="lobby",
            channel="C0LOBBY",
            scene="v3.1.4 on blue, v3.2.0 on green with all traffic",
            good="v3.1.4",
            bad="v3.2.0",
            bad_share=1.0,
            deployments=("lobby-blue", "lobby-green"),
            routes={"green": 1.0},
            pods_for_all=3,
            virtual_service="lobby-vs",
            bad_subset="green",
        ),
    )
}
"""By name, in the order of the catalog."""
