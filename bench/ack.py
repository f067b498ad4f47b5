"""Slash commands stored and acknowledged: HTTP straight to the web process, signed as Slack signs.

The load generator is closed: 16 clients, each sending its next command when its last was answered, with a new
connection for each, as Slack has.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import requests

from bench.figures import Figure, percentile
from bench.people import REQUESTER
from bench.site import CHANNEL, NOWHERE, Site
from bench.waiting import until
from bot.directory import REFRESH
from sandbox.slack.config import AppConfig
from sandbox.slack.delivery import signature

REQUESTS, CONCURRENCY, WARM_UP = 320, 16, 64
GOAL_MS, GOAL_BUSY_MS = 100.0, 1_000.0
STRANGER = "U0BYSTANDER"
"""Somebody the bot has not looked up yet, so that planning asks Slack who it is."""
HANG_S = 20.0
_OK = 200
_TEAM = "T0SANDBOX"
_LOAD_S, _DRAIN_S, _HANG_WITHIN_S = 120.0, 300.0, 60.0
_ASKED = ("usergroups.users.list", "users.info")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Round:
    """One round of requests: milliseconds of each, and what came of them."""

    times: tuple[float, ...]
    answered: int
    per_second: float

    @property
    def p50(self) -> float:
        """Median, ms."""
        return round(percentile(self.times, 50), 1)

    @property
    def p99(self) -> float:
        """99th percentile, ms."""
        return round(percentile(self.times, 99), 1)

    @property
    def most(self) -> float:
        """The slowest, ms."""
        return round(max(self.times), 1)

    def __str__(self) -> str:
        return f"p50 {self.p50:g}, p99 {self.p99:g}, max {self.most:g} ms, {self.per_second:.0f}/s"


def measure(site: Site) -> list[Figure]:
    """Rounds of 320 at 16: no work at all, a signed command that stores nothing, commands, commands with all busy."""
    # Slack's own limits: else the narrator posts hundreds of cards a second, which no workspace would take.
    _sandbox(site, "limits", factor=1)
    _round(site, [_command(site, f"/rollback canary {NOWHERE}") for _ in range(WARM_UP)])
    _drained(site)
    bare = _round(site, [_healthz(site)] * REQUESTS)
    helped = _round(site, [_command(site, "/rollback help") for _ in range(REQUESTS)])
    before = _stored(site)
    quiet = _round(site, [_command(site, f"/rollback canary {NOWHERE}") for _ in range(REQUESTS)])
    stored = _stored(site) - before
    busy = _busy(site)
    floor = f"GET /healthz: {bare}"
    ratio = f"{quiet.p99 / bare.p99:.1f} times that; {stored} of {REQUESTS} stored"
    return [
        _figure("ack_p99", quiet.p99, quiet, goal=GOAL_MS, beside=f"{floor}; {ratio}"),
        _figure("ack_p50", quiet.p50, quiet, beside=str(quiet)),
        _figure("ack_help_p99", helped.p99, helped, beside=f"/rollback help, signed, nothing stored: {helped}"),
        _figure("ack_bare_p99", bare.p99, bare, beside=floor),
        Figure(
            name="ack_stored",
            value=stored,
            unit=f"of {REQUESTS}",
            beside="commands found in the store after they were acknowledged",
        ),
        Figure(
            name="ack_busy_max",
            value=busy.most,
            unit="ms",
            goal=GOAL_BUSY_MS,
            beside=f"both workers hang in Slack look-ups of {HANG_S:g} s: {busy}",
            failed=busy.answered < REQUESTS,
        ),
        _figure("ack_busy_p99", busy.p99, busy, beside=str(busy)),
    ]


def _busy(site: Site) -> Round:
    """The same with the narrator hanging in a directory refresh, the worker in a look-up, and the queue filling."""
    _drained(site)
    for method in _ASKED:
        _sandbox(site, "faults", method=method, kind="hang", seconds=HANG_S, times=REQUESTS)
    try:
        site.store.set_due(REFRESH, 0)
        _round(site, [_command(site, f"/rollback canary {NOWHERE}", user=STRANGER)])
        until(lambda: _hanging(site) == set(_ASKED), within_s=_HANG_WITHIN_S, what="both workers hanging in Slack")
        return _round(site, [_command(site, f"/rollback canary {NOWHERE}", user=STRANGER) for _ in range(REQUESTS)])
    finally:
        requests.delete(f"{site.stack.slack_url}/sandbox/faults", timeout=10).raise_for_status()


def _hanging(site: Site) -> set[str]:
    """The methods of which a call has met its fault."""
    return {fault["method"] for fault in site.outside.get("faults")["waiting"] if fault["times"] < REQUESTS}


def _round(site: Site, made: Sequence[str]) -> Round:
    """Send these from a process of its own.

    Raises:
        subprocess.TimeoutExpired: the generator did not end in time.
    """
    where = urlsplit(site.stack.product.url)
    job = {"host": where.hostname, "port": where.port, "concurrency": CONCURRENCY, "requests": list(made)}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        timeout=_LOAD_S,
    )
    seconds = time.perf_counter() - began
    answers = json.loads(done.stdout)
    times = tuple(took for took, _ in answers)
    return Round(times, sum(status == _OK for _, status in answers), len(made) / seconds)


def _figure(name: str, value: float, of: Round, *, beside: str, goal: float | None = None) -> Figure:
    return Figure(name=name, value=value, unit="ms", goal=goal, beside=beside, failed=of.answered < len(of.times))


def _healthz(site: Site) -> str:
    where = urlsplit(site.stack.product.url)
    return f"GET /healthz HTTP/1.1\r\nHost: {where.netloc}\r\nConnection: close\r\n\r\n"


def _command(site: Site, text: str, *, user: str = REQUESTER) -> str:
    """A slash command as Slack sends it, signed now, with a trigger_id of its own."""
    name, _, rest = text.partition(" ")
    form = {
        "token": "verification-token",
        "team_id": _TEAM,
        "channel_id": CHANNEL,
        "channel_name": "game-server",
        "user_id": user,
        "user_name": user.lower(),
        "command": name,
        "text": rest,
        "api_app_id": AppConfig().app_id,
        "response_url": f"{site.stack.slack_url}/commands/none",
        "trigger_id": f"bench.{next(_numbers)}",
    }
    body, timestamp = urlencode(form), str(int(time.time()))
    signed = signature(AppConfig().signing_secret, timestamp, body.encode())
    head = [
        "POST /slack/events HTTP/1.1",
        f"Host: {urlsplit(site.stack.product.url).netloc}",
        "Connection: close",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"X-Slack-Request-Timestamp: {timestamp}",
        f"X-Slack-Signature: {signed}",
    ]
    return "\r\n".join([*head, "", body])


def _stored(site: Site) -> int:
    return len(site.store.recent(NOWHERE, 10 * REQUESTS))


def _drained(site: Site) -> None:
    """Wait until every request so far was planned, and so refused."""
    until(
        lambda: not site.store.open_rollbacks(NOWHERE),
        within_s=_DRAIN_S,
        what="the planning of all requests",
        every_s=1.0,
    )


def _sandbox(site: Site, path: str, **body: object) -> None:
    site.outside.post(path, **body)
