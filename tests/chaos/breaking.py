"""Doing the faults of a schedule, and undoing those that last, from the one thread that owns the processes."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from bot.domain.rollback import State
from bot.store import keys
from sandbox.toxiproxy import Proxy
from tests.chaos.schedule import BUSY, WORKERS, Fault
from tests.chaos.site import Site

WORKING = frozenset({State.REQUESTED, State.APPROVED, State.RUNNING})
"""States in which a rollback waits for no person."""
HUNT_S = 4.0
"""So long a fault for whoever is busy waits for somebody to be."""
SLACK_METHODS = "chat.postMessage", "chat.update", "*"


@dataclass(frozen=True)
class Interrupted:
    """A rollback whose worker went away in the middle. `at`: Redis ms. `by` kill or stop, `woken`: no later than."""

    rollback_id: str
    at: int
    by: str


@dataclass
class Breaker:
    """Goes through a schedule; `tick` as often as possible from the main thread."""

    site: Site
    faults: Sequence[Fault]
    began: float = field(default_factory=time.monotonic)
    done: list[Fault] = field(default_factory=list)
    interrupted: list[Interrupted] = field(default_factory=list)
    away: list[tuple[int, int]] = field(default_factory=list)
    """When nobody could go on, from and to in Redis ms: the store or the API server was cut off or silent."""
    _hunts: list[tuple[float, Fault]] = field(default_factory=list)
    _undo: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _stopped: dict[str, list[int]] = field(default_factory=dict)

    def tick(self) -> None:
        """Do what is due, undo what is over."""
        now = time.monotonic() - self.began
        over = [entry for entry in self._undo if entry[0] <= now]
        self._undo = [entry for entry in self._undo if entry[0] > now]
        for _, undo in over:
            undo()
        while len(self.done) < len(self.faults) and self.faults[len(self.done)].at_s <= now:
            fault = self.faults[len(self.done)]
            self.done.append(fault)
            if fault.target == BUSY:
                self._hunts.append((now + HUNT_S, fault))
            else:
                self._do(fault, now)
        self._hunt(now)

    def _hunt(self, now: float) -> None:
        """Whoever is busy now is who the oldest hunt was for; one that found nobody is given up."""
        self._hunts = [entry for entry in self._hunts if entry[0] > now]
        if not self._hunts:
            return
        busy = [name for name in WORKERS if name not in self._stopped and self._holds(name)]
        if busy:
            _, fault = self._hunts.pop(0)
            self._do(replace(fault, target=busy[0]), now)

    def calm(self) -> None:
        """Undo everything that lasts, and wake whoever sleeps."""
        for _, undo in self._undo:
            undo()
        self._undo.clear()
        for name in list(self._stopped):
            self._wake(name)
        self.site.heal()
        requests.delete(f"{self.site.stack.slack_url}/sandbox/faults", timeout=5)

    def _do(self, fault: Fault, now: float) -> None:
        match fault.what:
            case "kill":
                self._kill(fault.target)
            case "stop":
                self._stop(fault.target)
                self._undo.append((now + fault.amount, lambda: self._wake(fault.target)))
            case "restart":
                self.site.stack.redis.kill()
                self.site.stack.redis.start()
            case "cut" | "silence" | "lose" | "reset" | "slow":
                way = self._way(fault.target)
                self._note_away(fault)
                with contextlib.suppress(requests.HTTPError):  # One of the same kind is there already.
                    _TOXICS[fault.what](way)
                self._undo.append((now + fault.amount, way.heal))
            case _:
                self._answer_badly(fault)

    def _answer_badly(self, fault: Fault) -> None:
        times = max(1, round(fault.amount))
        if fault.target == "api":
            self.site.gateway.fail(fault.what, times=times, writes=fault.what.startswith("act_"))
        elif fault.target == "once":
            self.site.counter.drop()
        else:
            kind, more = _SLACK[fault.what]
            method = SLACK_METHODS[times % 2] if fault.what == "act_drop" else "*"
            body = {"method": method, "kind": kind, "times": times, **more}
            requests.post(f"{self.site.stack.slack_url}/sandbox/faults", json=body, timeout=5).raise_for_status()

    def _kill(self, name: str) -> None:
        process = self.site.product.processes[name]
        self._wake(name)
        self._note(name, "kill")
        if name == "web":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        self.site.start(name)

    def _stop(self, name: str) -> None:
        if name in self._stopped or self._is_last(name):
            return
        pid = self.site.product.processes[name].pid
        self._note(name, "stop")
        # The parent first: it must not see its horse stand still and think of something.
        pids = [pid]
        _signal(pid, signal.SIGSTOP)
        for child in children(pid):
            _signal(child, signal.SIGSTOP)
            pids.append(child)
        self._stopped[name] = pids

    def _is_last(self, name: str) -> bool:
        """Whether nobody would be left of its kind: who could then carry on is not what these runs ask."""
        kind = name.partition("-")[0]
        return {each for each in self.site.cast if each.startswith(kind)} - {*self._stopped, name} == set()

    def _wake(self, name: str) -> None:
        for pid in reversed(self._stopped.pop(name, [])):
            _signal(pid, signal.SIGCONT)

    def _note(self, name: str, by: str) -> None:
        """Remember the rollbacks that this process holds at this moment."""
        at = self.site.store.now()
        if name in WORKERS:
            self.interrupted += [Interrupted(rollback_id=held, at=at, by=by) for held in self._holds(name)]

    def _note_away(self, fault: Fault) -> None:
        if fault.target in {"redis", "api"} and fault.what in {"cut", "silence"}:
            at = self.site.store.now()
            self.away.append((at, at + round(fault.amount * 1000)))

    def _holds(self, name: str) -> list[str]:
        """The rollbacks that a worker is in the middle of."""
        mark, redis = f"/{self.site.product.processes[name].pid}/", self.site.redis
        at, found = self.site.store.now(), []
        for member in redis.smembers(keys.OPEN):
            rollback_id = str(member)
            owner, until = redis.hmget(keys.lease(rollback_id), "owner", "until")
            if mark in str(owner or "") and int(until or 0) > at:
                found.append(rollback_id)
        return [each for each in found if self.site.store.load(each).rollback.state in WORKING]

    def _way(self, target: str) -> Proxy:
        return {"redis": self.site.to_redis, "api": self.site.to_api, "slack": self.site.to_slack}[target]


def children(pid: int) -> list[int]:
    """The child processes of one, as the kernel lists them."""
    with contextlib.suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


_TOXICS: dict[str, Callable[[Proxy], None]] = {
    "cut": lambda way: way.down(),
    "silence": lambda way: way.timeout(),
    "lose": lambda way: way.limit_data(0),
    "reset": lambda way: way.reset_peer(),
    "slow": lambda way: way.latency(400, jitter_ms=300),
}
_SLACK: dict[str, tuple[str, dict[str, object]]] = {
    "throttle": ("ratelimited", {"retry_after": 1}),
    "break": ("status", {"status": 500}),
    "act_drop": ("drop_answer", {}),
    "hang": ("hang", {"seconds": 12.0}),
}
