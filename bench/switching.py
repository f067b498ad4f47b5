"""Requests lost while traffic moves, on the sandbox's simulated data plane.

Three simulated proxies learn of every change 0, 1 and 5 s late, and players' requests come through them in turn. Lost
is what a proxy had to answer with 503: no endpoint in the subset it chose, or a pod that had ended. A version's own
errors are not among them. The pods end 1 s after they are deleted, sooner than in the demo, as a server does that goes
at SIGTERM: their grace must not do the bot's work.

Blue-green of lobby and the canary of game-server are run as they are; then with one guard taken out (bench/weak.py), in
a worker of its own, which has to lose something. Two guards do nothing visible under lags of 0, 1 and 5 s, since others
stand behind them, so what each of them is there for is run too, with the guard and without it:

- Constant lags keep the order of things: a proxy hears of the route before it hears of the narrowed selector, however
  late. In `late_routes` the proxies' routes are held for 5 s after the write while endpoints follow, as in a mesh that
  sends them by streams of their own.
- The hold at weight 0 outlasts a lag of 5 s. In `late_proxy` one proxy is 20 s behind, longer than the hold and than
  the catalog says of any: only the wait for the last request is left. The canary then goes to 0 in one step, as it is
  asked to with fast=yes; with several, the check after a hold halts it: the requests did not arrive as they should.
"""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench import people
from bench.figures import Figure
from bench.site import SHORT, SLACK_UNLIMITED, Site
from bench.waiting import until
from bench.weak import GUARDS
from bot.domain.rollback import TERMINAL, State
from bot.store import Store, connect
from sandbox import scene
from sandbox.cluster import game_objects, service_objects
from sandbox.game.process import GameProcess
from sandbox.outside import Outside
from sandbox.services import SERVICES
from sandbox.stack import Stack

PLANE: Final = "simulated data plane"
LAGS_S: Final = (0.0, 1.0, 5.0)
LATE_PROXY_S: Final = (0.0, 1.0, 20.0)
LATE_ROUTES_S: Final = 5.0
LEAST_REQUESTS: Final = 3_000
RPS: Final = 150.0
GRACE_S: Final = 1
_SCRAPE_S: Final = 0.5
_CATALOG: Final = {
    **SHORT,
    "metrics": {"scrape_interval_s": _SCRAPE_S},
    "limits": {"share_tolerance": 0.1, "worse_by_share": 0.02},
}
_BY_SERVICE: Final[dict[str, Any]] = {
    "lobby": {"blue_green": {"propagation_s": 6, "settle_s": 6, "drain_s": 6}},
    "game-server": {
        "canary": {"propagation_s": 6, "hold_s": 12, "drain_s": 6},
        "limits": {"share_tolerance": 0.2},
    },
}
"""Holds as short as lags of 5 s allow: an arrival is judged over a whole hold. A proxy that is 20 s behind still sends
a third of the weight before, which must not halt what is measured here."""
_ROUTES: Final = f"/apis/networking.istio.io/v1/namespaces/{scene.NAMESPACE}/virtualservices"
_END_S, _MOVED_S, _QUIET_S, _CALM_S = 240.0, 60.0, 2.0, 120.0


@dataclass(frozen=True)
class Run:
    """One run: its strategy and service, the guard that is taken out ("" for none), and how late proxies are.

    `late_routes`: routes come later than endpoints. `lags_s`: a proxy each. `more`: what else is asked for.
    """

    name: str
    way: str
    service: str
    guard: str = ""
    late_routes: bool = False
    lags_s: tuple[float, ...] = LAGS_S
    more: str = ""


RUNS: Final = (
    Run("blue_green", "blue-green", "lobby"),
    Run("blue_green_late_routes", "blue-green", "lobby", late_routes=True),
    Run("no_widening", "blue-green", "lobby", guard="widening"),
    Run("no_propagation", "blue-green", "lobby", guard="propagation"),
    Run("no_propagation_late_routes", "blue-green", "lobby", guard="propagation", late_routes=True),
    Run("canary", "canary", "game-server"),
    Run("canary_late_proxy", "canary", "game-server", lags_s=LATE_PROXY_S, more="fast=yes"),
    Run("no_drain", "canary", "game-server", guard="drain"),
    Run("no_drain_late_proxy", "canary", "game-server", guard="drain", lags_s=LATE_PROXY_S, more="fast=yes"),
)


@dataclass(frozen=True)
class Seen:
    """Of one run: requests, and those lost at each proxy for want of an endpoint and for a pod that had ended."""

    state: str
    requests: int
    no_endpoint: tuple[int, ...]
    refused: tuple[int, ...]

    @property
    def lost(self) -> int:
        """Both, of all proxies."""
        return sum(self.no_endpoint) + sum(self.refused)


def measure(runs: Sequence[Run] = RUNS) -> list[Figure]:
    """Each run on a scene that was set anew."""
    with tempfile.TemporaryDirectory(prefix="rollback-bench-") as folder, _site(Path(folder)) as site:
        seen = [(run, _run(site, run)) for run in runs]
    return [*(figure(run, what) for run, what in seen), *silent(seen)]


def figure(run: Run, seen: Seen) -> Figure:
    """What was lost: nothing is the goal with every guard in its place."""
    lags = "/".join(f"{lag:g}" for lag in run.lags_s)
    beside = f"{PLANE}, lags {lags} s: {seen.requests} requests; no endpoint {_each(seen.no_endpoint)}, "
    beside += f"pod gone {_each(seen.refused)}; {seen.state}"
    if run.guard:
        shows = "" if seen.lost else ": NOTHING LOST without it"
        beside = f"{GUARDS[run.guard].why}{shows}; {beside}"
    return Figure(
        name=f"switching_lost_{run.name}",
        value=seen.lost,
        unit="requests",
        goal=None if run.guard else 1,
        beside=beside,
        failed=seen.requests < LEAST_REQUESTS or (not run.guard and seen.state != State.SUCCEEDED),
    )


def silent(seen: Sequence[tuple[Run, Seen]]) -> list[Figure]:
    """How many guards could be taken out without any run losing a request: what they do was not shown."""
    lost: dict[str, int] = {}
    for run, what in seen:
        if run.guard:
            lost[run.guard] = lost.get(run.guard, 0) + what.lost
    quiet = [name for name, count in lost.items() if not count]
    if not lost:
        return []
    beside = f"{PLANE}: of {', '.join(lost)}" + (f"; NOT SHOWN: {', '.join(quiet)}" if quiet else "")
    return [Figure(name="switching_guards_not_shown", value=len(quiet), unit="guards", goal=1, beside=beside)]


@contextmanager
def _site(place: Path) -> Iterator[Site]:
    services = tuple(_BY_SERVICE)
    with Stack(
        place,
        services=services,
        catalog=_CATALOG,
        by_service=_BY_SERVICE,
        slack_limits=SLACK_UNLIMITED,
        scrape_s=_SCRAPE_S,
        rps=RPS,
        lags_s=LAGS_S,
    ) as stack:
        yield Site(stack, Store(connect(stack.redis.url)), Outside(stack.slack_url))


def _run(site: Site, run: Run) -> Seen:
    """Set the scene, take the service back, and count until the slowest proxy has heard of all of it."""
    _put_back(site.stack, lags_s=run.lags_s)
    with _worker(site.stack, run.guard):
        rollback_id = people.ask(site, run.way, run.service, more=run.more)
        game = site.stack.games[run.service]
        before = game.state()["proxies"]
        if run.late_routes:
            game.freeze(what="routes")
        people.approve(site, rollback_id)
        if run.late_routes:
            _until_moved(site.stack, run.service)
            _wait(LATE_ROUTES_S)
            game.freeze(frozen=False)
        state = _over(site, rollback_id)
        _wait(max(run.lags_s) + _QUIET_S)
        seen = counted(before, game.state()["proxies"], state=state)
        if state == State.HALTED:
            people.abort(site, rollback_id)
        else:
            people.at_rest(site, rollback_id, within_s=_END_S)
    return seen


def counted(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], *, state: str) -> Seen:
    """What each proxy counted in between; both are the `proxies` of the game's state, in the same order."""

    def grown(name: str) -> tuple[int, ...]:
        return tuple(late[name] - early[name] for early, late in zip(before, after, strict=True))

    return Seen(state, sum(grown("requests")), grown("no_endpoint"), grown("refused"))


def _put_back(stack: Stack, *, lags_s: Sequence[float]) -> None:
    """The scene as at the start, with pods that end soon; and no request lost for longer than the longest lag."""
    for name in stack.services:
        own = game_objects() if name == "game-server" else service_objects(name)
        stack.cluster.apply([ending_soon(each) for each in own])
        scene.unbreak(stack.games[name], SERVICES[name], rps=RPS, lags_s=lags_s)
    scene.wait_until_served(stack.cluster, stack.games, stack.prometheus, window_s=6 * _SCRAPE_S)
    for name, game in stack.games.items():
        calm = partial(_calm, game, [time.monotonic(), -1.0], for_s=max(lags_s) + _QUIET_S)
        until(calm, within_s=_CALM_S, what=f"proxies of {name} that lose nothing", every_s=0.5)


def _calm(game: GameProcess, last: list[float], *, for_s: float) -> bool:
    """Whether no request was lost for so long. `last`: when the count was another one, and the count."""
    lost = sum(proxy["no_endpoint"] + proxy["refused"] for proxy in game.state()["proxies"])
    if lost != last[1]:
        last[:] = [time.monotonic(), lost]
    return time.monotonic() - last[0] > for_s


def ending_soon(document: dict[str, Any]) -> dict[str, Any]:
    """An object as it is shipped; a Deployment's pods end GRACE_S seconds after they are deleted."""
    if document["kind"] != "Deployment":
        return document
    changed = copy.deepcopy(document)
    changed["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = GRACE_S
    return changed


@contextmanager
def _worker(stack: Stack, guard: str) -> Iterator[None]:
    """The product's own worker, or one without a guard in its place."""
    if not guard:
        yield
        return
    whole = stack.product.commands["worker"]
    _exchange(stack, f"python -m bench.weak {guard} rollbacks")
    try:
        yield
    finally:
        _exchange(stack, whole)


def _exchange(stack: Stack, command: str) -> None:
    stack.product.processes["worker"].stop(grace_s=30)
    stack.product.commands["worker"] = command
    stack.product.start_one("worker")


def _over(site: Site, rollback_id: str) -> str:
    """Wait until it has ended or halted: without a guard it may well halt."""

    def at() -> State:
        return site.store.load(rollback_id).rollback.state

    until(lambda: at() in {*TERMINAL, State.HALTED}, within_s=_END_S, what=f"the end of {rollback_id}")
    return at()


def _until_moved(stack: Stack, service: str) -> None:
    until(partial(_moved, stack, service), within_s=_MOVED_S, what=f"the route of {service}")


def _moved(stack: Stack, service: str) -> bool:
    known = SERVICES[service]
    live = stack.cluster.api().get(f"{_ROUTES}/{known.virtual_service}")
    return all(
        part["destination"].get("subset") != known.bad_subset for http in live["spec"]["http"] for part in http["route"]
    )


def _wait(seconds: float) -> None:
    """Let the proxies' lag pass: it is a time, and nothing else tells when it is over."""
    began = time.monotonic()
    until(lambda: time.monotonic() - began >= seconds, within_s=2 * seconds + 1, what=f"{seconds:g} s")


def _each(counts: Sequence[int]) -> str:
    return "+".join(map(str, counts)) if any(counts) else "0"
