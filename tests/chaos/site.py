"""Where it happens: the sandbox without the game, lanes in it, and the product twice over behind breakable ways."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from redis import Redis

from bot.store import Store, connect
from sandbox.mariadb import MariaDB
from sandbox.processes import Process, responds
from sandbox.product import Product
from sandbox.stack import Stack
from sandbox.toxiproxy import Proxy
from tests.chaos import drills, lanes
from tests.chaos.counter import SETTLE_S, Counter
from tests.chaos.gateway import Gateway
from tests.chaos.lanes import Lane

SLACK_UNLIMITED = 1000.0
DRILLED = "tests.chaos.roots.worker"
READY_S = 60.0
CAST: Mapping[str, str] = {
    "web": "web",
    "worker-1": "worker",
    "worker-2": "worker",
    "long-1": "long",
    "long-2": "long",
    "narrator-1": "narrator",
    "narrator-2": "narrator",
    "watch-1": "watch",
    "watch-2": "watch",
}
"""The product's processes by the names they have here, and the line of the Procfile of each."""


@dataclass(frozen=True)
class Site:
    """The running whole. `store` reads Redis straight; `to_api`, `to_redis`, `to_slack` are the product's own ways."""

    stack: Stack
    lanes: Sequence[Lane]
    store: Store
    gateway: Gateway
    counter: Counter
    mariadb: MariaDB
    to_api: Proxy
    to_redis: Proxy
    to_slack: Proxy
    folder: Path
    cast: Sequence[str]
    own: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def product(self) -> Product:
        """The bot's processes."""
        return self.stack.product

    @cached_property
    def redis(self) -> Redis:
        """The store's Redis, straight."""
        return connect(self.stack.redis.url)

    def start(self, name: str) -> Process:
        """Start one of CAST; from the main thread, because a child ends with the thread that started it."""
        return self.product.start_one(CAST[name], as_name=name, env=self.own.get(name))

    def ready(self) -> bool:
        """Whether the web process says it is."""
        return responds(f"{self.product.url}/readyz")

    def heal(self) -> None:
        """Take every fault of the ways away."""
        for way in (self.to_api, self.to_redis, self.to_slack):
            way.heal()
        self.gateway.heal()


@contextmanager
def site(
    folder: Path,
    *,
    on: Sequence[Lane],
    cast: Sequence[str] = tuple(CAST),
    roots: Mapping[str, str] | None = None,
    settle_s: float = SETTLE_S,
    breakable: bool = True,
) -> Iterator[Site]:
    """Start everything. `cast`: which processes of the bot; `roots`: the module that stands for a line of the Procfile.

    The workers of queue `rollbacks` and `long` know the drills; whatever else they are is the product's own. Where it
    is not to be `breakable`, the product reaches its systems straight.
    """
    channels = [lane.channel for lane in on]
    entries = {lane.name: lane.entry() for lane in on}
    with ExitStack() as parts:
        stack = parts.enter_context(
            Stack(
                folder,
                more=entries,
                slack_limits=SLACK_UNLIMITED,
                faults=True,
                product=False,
                game=False,
                channels=channels,
            )
        )
        gateway = parts.enter_context(Gateway(folder, upstream=stack.cluster.url, ca=stack.cluster.ca))
        made = Site(
            stack=stack,
            lanes=on,
            store=Store(connect(stack.redis.url)),
            gateway=gateway,
            to_api=stack.toxiproxy.proxy(gateway.url.removeprefix("http://"), name="gateway"),
            counter=parts.enter_context(Counter(folder, settle_s=settle_s)),
            mariadb=parts.enter_context(MariaDB(folder)),
            to_redis=stack.toxiproxy.proxy(stack.redis.url.split("//")[1].split("/")[0], name="redis"),
            to_slack=stack.toxiproxy.proxy(stack.slack_url.removeprefix("http://"), name="slack"),
            folder=folder,
            cast=cast,
        )
        lanes.make(stack.cluster, list(on))
        _point(made, roots or {})
        if not breakable:
            made.product.environment |= _straight(stack)
        drills.prepare(made.mariadb)
        parts.callback(made.product.stop)
        made.product.run("accept", [sys.executable, "-m", "cli", "store", "accept"])
        for name in cast:
            made.start(name)
        if "web" in cast:
            made.product.processes["web"].wait_until(made.ready, within_s=READY_S)
        yield made


def _straight(stack: Stack) -> dict[str, str]:
    return {
        "KUBECONFIG": str(stack.cluster.kubeconfig("bot")),
        "REDIS_URL": stack.redis.url,
        "SLACK_API_URL": f"{stack.slack_url}/api/",
    }


def _point(made: Site, roots: Mapping[str, str]) -> None:
    """Lead the product to its systems through the breakable ways, and its workers to their roots."""
    stack, product = made.stack, made.product
    kubeconfig = made.folder / "gateway.kubeconfig"
    straight = stack.cluster.kubeconfig("bot").read_text()
    kubeconfig.write_text(straight.replace(stack.cluster.url, f"http://{made.to_api.listen}"))
    product.environment |= {
        "KUBECONFIG": str(kubeconfig),
        "REDIS_URL": f"redis://{made.to_redis.listen}/0",
        "SLACK_API_URL": f"http://{made.to_slack.listen}/api/",
        **drills.environment(made.counter, made.mariadb, {lane.name: lane.drills for lane in made.lanes}),
    }
    for name, queue in (("worker", "rollbacks"), ("long", "long"), ("narrator", "slack")):
        root = roots.get(name, DRILLED)
        product.commands[name] = f"python -m {root} {queue}"
    if "web" in roots:
        product.commands["web"] = product.commands["web"].replace("bot.app:from_environment", roots["web"])
