"""Three people take a canary back in the sandbox Slack: one asks, two approve, and the report is read.

Uses the sandbox's HTTP commands and clicks only, and reads the cluster and Prometheus beside them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from sandbox.cluster import Api
from sandbox.outside import Outside
from sandbox.prometheus import Prometheus

CHANNEL = "C0GAMESERVER"
REQUESTER, APPROVERS = "U0REQUESTER", ("U0APPROVER1", "U0APPROVER2")
ENDS = (
    "Succeeded",
    "Failed",
    "Aborted",
    "Done, not verified",
    "Refused",
    "Rejected",
    "Expired",
    "Superseded",
    "HALTED",
)
PLAN_S, APPROVAL_S, RUN_S, REPORT_S = 60.0, 30.0, 420.0, 60.0
_ERROR_SHARE = "sum(rate(game_errors_total[6s])) / sum(rate(game_requests_total[6s]))"
_WEIGHTS = "/apis/networking.istio.io/v1/namespaces/game-production/virtualservices/game-server-vs"

Say = Callable[[str], None]


@dataclass
class Played:
    """What came of it; times are seconds, shares 0..1, weights percent of the canary."""

    state: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    weights: list[int] = field(default_factory=list)
    error_shares: list[dict[str, float]] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    card: str = ""
    thread: list[str] = field(default_factory=list)
    report: str = ""
    report_text: str = ""


class Onlooker:
    """Watches the live weights and the error share beside the run, once every 200 ms."""

    def __init__(self, api: Api, prometheus: Prometheus) -> None:
        self._api = api
        self._prometheus = prometheus
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onlooker", daemon=True)
        self.weights: list[int] = []
        self.error_shares: list[dict[str, float]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            weight = _canary_weight(self._api.get(_WEIGHTS))
            share = self._prometheus.instant(_ERROR_SHARE)
            if not self.weights or self.weights[-1] != weight:
                self.weights.append(weight)
                self.error_shares.append({})
            if share is not None:
                self.error_shares[-1] = {"weight": float(weight), "error_share": round(share, 4)}


def play(outside: Outside, *, strategy: str, service: str, api: Api, prometheus: Prometheus, say: Say) -> Played:
    """Ask, approve twice, follow the thread to the end, and wait for the report's last edit.

    Raises:
        TimeoutError: a phase took longer than it may; the message says which text did not come.
    """
    played = Played()
    began = time.monotonic()

    def phase(name: str) -> None:
        played.seconds[name] = round(time.monotonic() - began - sum(played.seconds.values()), 2)

    command = f'/rollback {strategy} {service} reason="error spike on {strategy}"'
    say(f"@requester types {command}")
    with Onlooker(api, prometheus) as onlooker:
        before = {message["ts"] for message in outside.messages(CHANNEL)}
        outside.command(REQUESTER, CHANNEL, command)
        card = _new_card(outside, before)
        _wait_for_card(outside, card["ts"], lambda text: not text.startswith("Planning"), within_s=PLAN_S)
        phase("plan")
        for number, person in enumerate(APPROVERS, start=1):
            card = _message(outside, card["ts"])
            outside.click(person, CHANNEL, card, "Approve")
            say(f"@approver-{number} presses Approve")
            played.approvals.append(person)
            _wait_for_card(outside, card["ts"], partial(_approved, number), within_s=APPROVAL_S)
        phase("approve")
        lines = Lines(outside, card["ts"], say)
        _wait_for_card(outside, card["ts"], lambda text: text.startswith(ENDS), within_s=RUN_S, meanwhile=lines.more)
        phase("run")
    card = _message(outside, card["ts"])
    played.card, played.state = card["text"], next(end for end in ENDS if card["text"].startswith(end))
    played.weights, played.error_shares = onlooker.weights, onlooker.error_shares
    if played.state in {"Succeeded", "Done, not verified", "Failed", "Aborted"}:
        report = outside.wait_for(CHANNEL, "Rollback report", within_s=REPORT_S)
        played.report = outside.permalink(CHANNEL, report["ts"])
        phase("report")
        if played.state in {"Succeeded", "Done, not verified"}:
            lines.until("ormalised", within_s=REPORT_S + 60)
            _wait_for_the_last_edit(outside, report["ts"])
            phase("normalised")
        played.report_text = _message(outside, report["ts"])["text"]
    lines.more()
    played.thread = lines.seen
    return played


def _wait_for_the_last_edit(outside: Outside, ts: str) -> None:
    """Wait until the report itself tells how the watch ended."""
    deadline = time.monotonic() + REPORT_S
    while "not yet normalised" in str(_message(outside, ts)["blocks"]):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the report did not tell how the watch ended within {REPORT_S:g} s")
        time.sleep(0.2)


class Lines:
    """The thread's lines, told as they come."""

    def __init__(self, outside: Outside, ts: str, say: Say) -> None:
        self._outside, self._ts, self._say = outside, ts, say
        self._read = 0
        self.seen: list[str] = []

    def more(self) -> None:
        """Tell what is new."""
        thread = self._outside.thread(CHANNEL, self._ts)
        for message in thread[self._read :]:
            for line in message["text"].splitlines():
                self.seen.append(line)
                self._say(f"  {line}")
        self._read = len(thread)

    def until(self, words: str, *, within_s: float) -> None:
        """Tell lines until one holds `words`."""
        deadline = time.monotonic() + within_s
        while not any(words in line for line in self.seen):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no line of the thread said {words!r} within {within_s:g} s")
            time.sleep(0.3)
            self.more()


def _approved(number: int, text: str) -> bool:
    return not text.startswith("Approval needed") or f"({number} of" in text


def _message(outside: Outside, ts: str) -> dict[str, Any]:
    return next(message for message in outside.messages(CHANNEL) if message["ts"] == ts)


def _new_card(outside: Outside, before: set[str]) -> dict[str, Any]:
    """The first message with blocks that was not in the channel before."""
    deadline = time.monotonic() + PLAN_S
    while time.monotonic() < deadline:
        for message in outside.messages(CHANNEL):
            if message["ts"] not in before and message.get("blocks"):
                return message
        time.sleep(0.1)
    raise TimeoutError(f"no card in {CHANNEL} within {PLAN_S:g} s")


def _wait_for_card(
    outside: Outside,
    ts: str,
    wanted: Callable[[str], bool],
    *,
    within_s: float,
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    deadline = time.monotonic() + within_s
    while not wanted(text := _message(outside, ts)["text"]):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the card still says {text!r} after {within_s:g} s")
        time.sleep(0.2)
        meanwhile()


def _canary_weight(virtual_service: dict[str, Any]) -> int:
    routes = [route for http in virtual_service["spec"]["http"] for route in http["route"] if "weight" in route]
    total = sum(int(route["weight"]) for route in routes) or 1
    canary: int = sum(route["weight"] for route in routes if route["destination"].get("subset") == "canary")
    return round(100 * canary / total)
