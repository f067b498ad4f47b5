"""The players: every request drawn on its own from what the proxies use, answered by what really runs."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from threading import Event, Lock

from sandbox.game.behaviour import behaviour, draw, median_latency_s
from sandbox.game.controls import Controls
from sandbox.game.load import Load
from sandbox.game.metrics import Metrics, Usage
from sandbox.game.proxies import Proxies, Proxy
from sandbox.game.routing import NO_SUBSET, Leg, choose, has_subsets, legs, subset_of
from sandbox.game.world import Pod, World

PLAY_PATH = "/api/v1/play"
OK, FAILED, UNAVAILABLE = 200, 500, 503
REFUSED_S = 0.002  # a proxy that has nobody to ask answers at once
IDLE_MEMORY_SHARE, LOADED_MEMORY_SHARE = 0.4, 0.2
LONGEST_CATCH_UP_S = 1.0
LONGEST_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request went. `pod` is None when no proxy found somebody to ask."""

    status: int
    subset: str
    version: str
    pod: str | None
    duration_s: float


@dataclass(slots=True)
class _Known:
    """What one proxy uses, and the ways that follow from it by path."""

    view: World
    ways: dict[str, tuple[Leg, ...]] = field(default_factory=dict)


class Traffic:
    """Draws requests. `serve` may be called from any thread; the draws stay one sequence of the seed."""

    def __init__(
        self,
        *,
        namespace: str,
        service: str,
        proxies: Proxies,
        live: Callable[[], World],
        controls: Controls,
        seed: int,
    ) -> None:
        self.service = service
        self.metrics = Metrics(namespace=namespace, service=service, usages=self._usages)
        self.counts: Counter[tuple[str, str]] = Counter()
        self._proxies = proxies
        self._live = live
        self._controls = controls
        self._random = Random(seed)  # noqa: S311  # a simulation that must repeat, no secret
        self._lock = Lock()
        self._load = Load()
        self._known: dict[Proxy, _Known] = {}
        self._turn = 0

    def serve(self, path: str = PLAY_PATH, *, trivial: bool = False) -> Outcome:
        """One request from the outside. A trivial one (health, version) never fails once a pod answers it."""
        with self._lock:
            now, proxy = time.monotonic(), self._whose_turn()
            known = self._known_by(proxy, now)
            leg = choose(self._legs(known, path), self._random.random())
            outcome = (
                self._unavailable(NO_SUBSET, None) if leg is None else self._ask(leg, known.view, now, trivial=trivial)
            )
            failed = outcome.status != OK
            self.counts[outcome.subset, "errors" if failed else "successes"] += 1
            proxy.tally.requests += 1
            proxy.tally.no_endpoint += outcome.status == UNAVAILABLE and outcome.pod is None
            proxy.tally.refused += outcome.status == UNAVAILABLE and outcome.pod is not None
        self.metrics.count(subset=outcome.subset, version=outcome.version, failed=failed, duration_s=outcome.duration_s)
        return outcome

    def ways(self, proxy: Proxy) -> tuple[Leg, ...]:
        """Where players' requests go now, as a proxy sees it."""
        with self._lock:
            return self._legs(self._known_by(proxy, time.monotonic()), PLAY_PATH)

    def load_rps(self, pod: Pod) -> float:
        """Requests a second that reached a pod lately."""
        with self._lock:
            return self._load.rate(pod.uid, now=time.monotonic())

    def run(self, stop: Event) -> None:
        """Offer requests at the set rate until `stop`; after a pause of the machine at most one second is made up."""
        due = time.monotonic()
        while not stop.is_set():
            now = time.monotonic()
            due = max(due, now - LONGEST_CATCH_UP_S)
            if self._controls.stopped or self._controls.rps <= 0:
                due = now
                self.look()
                stop.wait(LONGEST_PAUSE_S)
                continue
            while due <= now:
                self.serve()
                due += 1 / self._controls.rps
            stop.wait(min(due - now, LONGEST_PAUSE_S))

    def look(self) -> None:
        """Learn the present pods, so that their series stand at 0 before the first request."""
        with self._lock:
            for proxy in self._proxies.each:
                self._known_by(proxy, time.monotonic())

    def _whose_turn(self) -> Proxy:
        each, turn = self._proxies.each, self._turn
        self._turn += 1
        return each[turn % len(each)]

    def _known_by(self, proxy: Proxy, now: float) -> _Known:
        view, known = proxy.view(now=now), self._known.get(proxy)
        if known is None or known.view is not view:
            kept = {each: self._known[each] for each in self._proxies.each if each in self._known}
            known = _Known(view)
            self._known = {**kept, proxy: known}
            self._load.keep_only(frozenset(pod.uid for each in self._known.values() for pod in each.view.pods.values()))
            self._expect(view)
        return known

    def _expect(self, view: World) -> None:
        in_subsets = has_subsets(view, service=self.service)
        for pod in view.pods.values():
            subset = subset_of(view, service=self.service, pod=pod)
            if subset != NO_SUBSET or not in_subsets:
                self.metrics.expect(subset=subset, version=pod.version)

    def _legs(self, known: _Known, path: str) -> tuple[Leg, ...]:
        if path not in known.ways:
            known.ways[path] = legs(known.view, service=self.service, path=path)
        return known.ways[path]

    def _ask(self, leg: Leg, view: World, now: float, *, trivial: bool) -> Outcome:
        if not leg.pods:
            return self._unavailable(leg.subset, None)
        # Envoy's default: the less busy of two drawn at random.
        pair = (self._random.choice(leg.pods), self._random.choice(leg.pods))
        pod = min(pair, key=lambda each: self._load.rate(each.uid, now=now))
        subset = leg.subset if leg.subset != NO_SUBSET else subset_of(view, service=self.service, pod=pod)
        living = self._live().pods.get(pod.name)
        if living is None or living.uid != pod.uid or not living.serves(now=time.time()):
            return self._unavailable(subset, pod)
        self._load.add(pod.uid, now=now)
        what, load = behaviour(living, self._controls.overrides), self._load.rate(pod.uid, now=now)
        failed, duration_s = (
            (False, median_latency_s(what, load)) if trivial else draw(what, load_rps=load, random=self._random)
        )
        return Outcome(FAILED if failed else OK, subset, pod.version, pod.name, duration_s)

    def _unavailable(self, subset: str, pod: Pod | None) -> Outcome:
        return Outcome(UNAVAILABLE, subset, pod.version if pod else "none", pod.name if pod else None, REFUSED_S)

    def _usages(self) -> Iterator[Usage]:
        now, world = time.monotonic(), self._live()
        for pod in world.pods.values():
            if not pod.serves(now=time.time()):
                continue
            with self._lock:
                rate, requests = self._load.rate(pod.uid, now=now), self._load.requests(pod.uid)
            capacity = behaviour(pod, self._controls.overrides).capacity_rps
            yield Usage(
                pod=pod.name,
                container=pod.container,
                cpu_seconds=requests * pod.cpu_cores / capacity,
                memory_bytes=pod.memory_bytes * (IDLE_MEMORY_SHARE + LOADED_MEMORY_SHARE * min(rate / capacity, 1.0)),
                memory_limit_bytes=pod.memory_bytes,
            )
