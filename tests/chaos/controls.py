"""The worst moments, played by hand: a worker stands still in the middle of a write, and an answer is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.rollback import TERMINAL, State
from sandbox.outside import Outside
from tests.chaos import run as whole
from tests.chaos.forgetful import Forgetful
from tests.chaos.judge.effects import BOT
from tests.chaos.judge.verdict import Verdict, judge
from tests.chaos.lanes import Lane, put_back
from tests.chaos.people import REQUESTER, Person, Run, Story
from tests.chaos.site import Site
from tests.chaos.weak.kubernetes import PAUSE

WORKERS = ("worker-1", "worker-2")
PATIENCE_S = 90.0


def a_late_write(site: Site, lane: Lane, *, root: str) -> Verdict:
    """Abort a rollback whose worker stands still right before its first weight, and wake that worker afterwards.

    Another worker finishes the step and ends the rollback; then somebody sets the lane back by hand, so that everything
    is as the one that stands still had read it. `root`: a name of tests/chaos/roots/weak.py.

    Raises:
        TimeoutError: the API server never heard of the late write: nothing was shown.
    """
    mark = site.folder / f"standing-still-{lane.name}"
    person = Person(site, lane, random.Random(0), time.monotonic() + PATIENCE_S)  # noqa: S311 - nothing is drawn
    with _workers(site, f"python -m tests.chaos.roots.weak {root} rollbacks", {PAUSE: str(mark)}):
        put_back(site.stack.cluster, lane)
        run = Run(lane=lane, number=1, story=Story.PLAIN)
        person.ask(run)
        person.accompany(run, until=mark.exists)
        _until(lambda: mark.exists() and bool(mark.read_text()), "a worker that stands still")
        Outside(site.stack.slack_url).command(REQUESTER, lane.channel, f"/rollback abort {run.rollback_id}")
        _until(lambda: _state(site, run) is State.ABORTED, "the end of the aborted rollback")
        whole.rest(site, within_s=PATIENCE_S, on=[lane])
        put_back(site.stack.cluster, lane)
        woken = datetime.now(UTC)
        _wake(int(mark.read_text()))
    # The API server writes its log after it has answered, and whoever was answered may be gone by then.
    _until(lambda: _wrote(site, lane, since=woken), "a write of the worker that was woken")
    return judge(site, [run], on=[lane])


def a_lost_answer(site: Site, lane: Lane, *, warm: Lane, app: str) -> Verdict:
    """Ask for a rollback and lose the answer of the store that took it; then cancel whatever its person knows of.

    `app`: what gunicorn starts. `warm`: a lane that is asked before, so that nothing else is new to the store.
    """
    upstream = site.stack.redis.url.split("//")[1].split("/")[0]
    command = site.product.commands["web"]
    with Forgetful(upstream) as way:
        site.product.processes["web"].stop()
        site.product.commands["web"] = command.replace("bot.app:from_environment", app)
        site.own["web"] = {"REDIS_URL": f"redis://{way.listen}/0"}
        try:
            site.start("web").wait_until(site.ready, within_s=PATIENCE_S)
            with _workers(site, site.product.commands["worker"], {}):
                return _ask_twice(site, lane, warm, way)
        finally:
            site.product.processes["web"].stop()
            site.product.commands["web"] = command
            del site.own["web"]
            site.start("web").wait_until(site.ready, within_s=PATIENCE_S)


def _ask_twice(site: Site, lane: Lane, warm: Lane, way: Forgetful) -> Verdict:
    for each in (warm, lane):
        put_back(site.stack.cluster, each)
        if each is lane:
            way.arm(b"requested")
        run = Run(lane=each, number=1, story=Story.PLAIN)
        person = Person(site, each, random.Random(0), time.monotonic() + PATIENCE_S)  # noqa: S311 - nothing is drawn
        person.ask(run)
        Outside(site.stack.slack_url).command(REQUESTER, each.channel, f"/rollback abort {run.rollback_id}")
        _until(lambda run=run: _state(site, run) in TERMINAL, "the end of what was cancelled")  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    if not way.lost.is_set():
        raise LookupError("no answer was lost: this control shows nothing")
    whole.rest(site, within_s=PATIENCE_S / 3, on=[lane])
    return judge(site, [run], on=[lane])


@contextmanager
def _workers(site: Site, command: str, env: dict[str, str]) -> Iterator[None]:
    """Two workers by this command, which go away afterwards."""
    before = site.product.commands["worker"]
    site.product.commands["worker"] = command
    site.own.update(dict.fromkeys(WORKERS, env))
    try:
        for name in WORKERS:
            site.start(name)
        yield
    finally:
        for name in WORKERS:
            site.product.processes[name].stop(grace_s=10)
            site.own.pop(name, None)
        site.product.commands["worker"] = before


def _state(site: Site, run: Run) -> State:
    return site.store.load(run.rollback_id).rollback.state


def _wrote(site: Site, lane: Lane, *, since: datetime) -> bool:
    """Whether the API server was asked since then to patch the lane's route by tests and values, as an effect is."""
    heard = (event for event in site.stack.cluster.audit() if event.user == BOT and event.received_at > since)
    return any(event.name == lane.route and isinstance(event.body, list) for event in heard)


def _wake(pid: int) -> None:
    """Let it go on, and wait until it has come to its end."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    _until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the worker that was woken")


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {PATIENCE_S:g} s")
        time.sleep(0.1)
