"""What one step costs the engine itself: round trips to Redis, and milliseconds, with an effect that takes no time.

A real Redis, the product's store, verbs and runner; the steps change a value in memory (tests/integration/engine).
Round trips are counted by Redis' own MONITOR, calls made inside a script left out.
"""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.figures import Figure, percentile
from bench.waiting import until
from bot.domain.events import Event, Kind
from bot.domain.rollback import TERMINAL
from bot.store import Store, connect
from jobs import runner
from jobs.house import House
from sandbox.redis import Redis as Server
from tests.integration.engine import office, small

RUNS = 20
_END = "rollback:bench-ends"
_WITHIN_S = 30.0
_LOOK_S = 1.5 * small.HOLD_S


class Monitor:
    """Counts what clients say to a Redis while it runs; scripts' own calls do not count."""

    def __init__(self, url: str) -> None:
        self.calls: Counter[str] = Counter()
        self._redis = connect(url)
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._ready.wait(_WITHIN_S)

    def stop(self) -> None:
        """Stop after everything that was said before."""
        self._redis.get(_END)
        self._done.wait(_WITHIN_S)

    def _listen(self) -> None:
        with self._redis.monitor() as monitor:  # type: ignore[no-untyped-call]  # redis-py's own
            self._ready.set()
            for said in monitor.listen():
                if _END in said["command"]:
                    break
                if said["client_type"] != "lua":
                    self.calls[said["command"].split()[0].upper()] += 1
        self._done.set()


def measure() -> list[Figure]:
    """Twenty rollbacks of three steps each, one after the other, from start to end."""
    times: list[float] = []
    calls: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name, Server(Path(name)) as server, connect(server.url) as redis:
        store = Store(redis)
        store.accept()
        house = small.house(store, small.World(), office.catalog("bench"), url=server.url, folder=Path(name))
        office.introduce(store, office.ASKER, office.FIRST, office.SECOND)
        for number in range(RUNS):
            rollback_id = small.approved(house, "bench", number=number)
            monitor = Monitor(server.url)
            times += carry_on(house, rollback_id)
            monitor.stop()
            calls += monitor.calls
    steps = RUNS * small.STEPS
    said = ", ".join(f"{count / steps:.1f} {name}" for name, count in calls.most_common(4))
    return [
        Figure(
            name="step_redis_trips",
            value=round(sum(calls.values()) / steps, 1),
            unit="trips",
            beside=f"a step, its share of start and end included: {said}",
        ),
        Figure(
            name="step_engine_p50",
            value=round(percentile(times, 50), 1),
            unit="ms",
            beside=f"from `step_started` to `step_applied`; p95 {percentile(times, 95):.1f} ms of {len(times)}",
        ),
    ]


def carry_on(house: House, rollback_id: str) -> list[float]:
    """Carry one on to its end; milliseconds of each step, without its hold."""

    def ended() -> bool:
        runner.advance(house, rollback_id)
        return house.store.load(rollback_id).rollback.state in TERMINAL

    until(ended, within_s=_WITHIN_S, what="the end", every_s=_LOOK_S)
    events = house.store.journal(rollback_id)
    return [_took(events, step) for step in range(small.STEPS)]


def _took(events: list[Event], step: int) -> float:
    """Milliseconds from a step's start until its effect was made, seen and recorded."""
    own = {event.kind: event for event in events if event.data.get("step") == step}
    applied = own[Kind.STEP_APPLIED]
    return applied.at - own[Kind.STEP_STARTED].at
