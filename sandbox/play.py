"""Three people take a service back in the sandbox Slack: one asks, two approve, and the report is read.

Uses the sandbox's HTTP commands and clicks only, and reads the cluster and Prometheus beside them.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sandbox.cluster import Api
from sandbox.onlooker import Onlooker
from sandbox.outside import Outside
from sandbox.prometheus import Prometheus
from sandbox.services import SERVICES

REQUESTER, APPROVERS = "U0REQUESTER", ("U0APPROVER1", "U0APPROVER2")
REFUSED = "Refused"
REPORTED = ("Succeeded", "Done, not verified", "Failed", "Aborted")
WATCHED = ("Succeeded", "Done, not verified")
ENDS = (*REPORTED, REFUSED, "Rejected", "Expired", "Superseded", "HALTED")
PLAN_S, APPROVAL_S, RUN_S, REPORT_S = 60.0, 30.0, 420.0, 60.0

Say = Callable[[str], None]


@dataclass
class Played:
    """What came of it; times are seconds, shares 0..1, weights percent of the bad subset.

    `weights`, `versions` and `error_shares` are the Onlooker's. Where the command itself was refused, `card` is what
    the requester was told instead. `problem`: what did not come in time; "" when all did.
    """

    strategy: str
    service: str
    to: str = ""
    state: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    weights: list[int] = field(default_factory=list)
    versions: list[dict[str, int]] = field(default_factory=list)
    error_shares: list[dict[str, Any]] = field(default_factory=list)
    approvals: list[str] = field(default_factory=list)
    card: str = ""
    thread: list[str] = field(default_factory=list)
    report: str = ""
    report_text: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Room:
    """The service's channel, as the people see it."""

    outside: Outside
    channel: str

    def message(self, ts: str) -> dict[str, Any]:
        """A message as it stands."""
        return next(message for message in self.outside.messages(self.channel) if message["ts"] == ts)

    def new_card(self, before: set[str]) -> dict[str, Any]:
        """The first message with blocks that was not in the channel before.

        Raises:
            TimeoutError: none came.
        """
        deadline = time.monotonic() + PLAN_S
        while time.monotonic() < deadline:
            for message in self.outside.messages(self.channel):
                if message["ts"] not in before and message.get("blocks"):
                    return message
            time.sleep(0.1)
        raise TimeoutError(f"no card in {self.channel} within {PLAN_S:g} s")

    def wait_for_card(
        self,
        ts: str,
        wanted: Callable[[str], bool],
        *,
        within_s: float,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> str:
        """Wait until the card's text is as wanted; returns it.

        Raises:
            TimeoutError: it did not become so.
        """
        deadline = time.monotonic() + within_s
        while not wanted(text := str(self.message(ts)["text"])):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the card still says {text!r} after {within_s:g} s")
            time.sleep(0.2)
            meanwhile()
        return text

    def wait_for_the_last_edit(self, ts: str) -> None:
        """Wait until the report itself tells how the watch ended.

        Raises:
            TimeoutError: it did not tell.
        """
        deadline = time.monotonic() + REPORT_S
        while "not yet normalised" in str(self.message(ts)["blocks"]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the report did not tell how the watch ended within {REPORT_S:g} s")
            time.sleep(0.2)


class Lines:
    """The thread's lines, told as they come."""

    def __init__(self, room: Room, ts: str, say: Say) -> None:
        self._room, self._ts, self._say = room, ts, say
        self._read = 0
        self.seen: list[str] = []

    def more(self) -> None:
        """Tell what is new."""
        thread = self._room.outside.thread(self._room.channel, self._ts)
        for message in thread[self._read :]:
            for line in message["text"].splitlines():
                self.seen.append(line)
                self._say(f"  {line}")
        self._read = len(thread)

    def until(self, words: str, *, within_s: float) -> None:
        """Tell lines until one holds `words`.

        Raises:
            TimeoutError: none did.
        """
        deadline = time.monotonic() + within_s
        while not any(words in line for line in self.seen):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no line of the thread said {words!r} within {within_s:g} s")
            time.sleep(0.3)
            self.more()


@dataclass
class Player:
    """The three people, and what has come of it so far."""

    room: Room
    played: Played
    say: Say
    began: float = field(default_factory=time.monotonic)
    lines: Lines | None = None

    def through(self) -> None:
        """From the command to the end of the run."""
        ts = self.ask()
        if not ts:
            return
        self.lines = Lines(self.room, ts, self.say)
        self.run(ts, self.lines)

    def ask(self) -> str:
        """Type the command; the timestamp of the card it became, "" when it was refused at once."""
        played = self.played
        before = {message["ts"] for message in self.room.outside.messages(self.room.channel)}
        answer = self.room.outside.command(REQUESTER, self.room.channel, command(played))
        self.say(f"@requester types {command(played)}")
        told = str(answer["ack_body"] or "")
        # An answer that Slack took too late is none, and the card is posted all the same.
        if told and not re.search(r"\brb-\d+\b", told):
            played.state, played.card = REFUSED, _text(told)
            self.say(f"  {played.card}")
            return ""
        return str(self.room.new_card(before)["ts"])

    def approve(self, ts: str) -> None:
        """Press Approve, each after the other was counted."""
        for number, person in enumerate(APPROVERS, start=1):
            self.room.outside.click(person, self.room.channel, self.room.message(ts), "Approve")
            self.say(f"@approver-{number} presses Approve")
            self.played.approvals.append(person)
            self.room.wait_for_card(ts, partial(_approved, number), within_s=APPROVAL_S)

    def run(self, ts: str, lines: Lines) -> None:
        """From the plan to the end of the run."""
        text = self.room.wait_for_card(ts, lambda text: not text.startswith("Planning"), within_s=PLAN_S)
        self.phase("plan")
        if not text.startswith(ENDS):
            self.approve(ts)
            self.phase("approve")
        self.room.wait_for_card(ts, lambda text: text.startswith(ENDS), within_s=RUN_S, meanwhile=lines.more)
        self.phase("run")
        self.played.card = str(self.room.message(ts)["text"])
        self.played.state = next(end for end in ENDS if self.played.card.startswith(end))

    def read_report(self, lines: Lines) -> None:
        """Wait for the report, and where the service is watched afterwards for its last edit."""
        room, played = self.room, self.played
        report = room.outside.wait_for(room.channel, "Rollback report", within_s=REPORT_S)
        played.report = room.outside.permalink(room.channel, report["ts"])
        self.phase("report")
        if played.state in WATCHED:
            lines.until("ormalised", within_s=REPORT_S + 60)
            room.wait_for_the_last_edit(report["ts"])
            self.phase("normalised")
        played.report_text = room.message(report["ts"])["text"]

    def phase(self, name: str) -> None:
        """Note how long a phase took."""
        self.played.seconds[name] = round(time.monotonic() - self.began - sum(self.played.seconds.values()), 2)


def play(
    outside: Outside, *, strategy: str, service: str, to: str = "", api: Api, prometheus: Prometheus, say: Say
) -> Played:
    """Ask, approve twice, follow the thread to the end, and wait for the report's last edit.

    `to`: what the strategy is to be told; "" for what the sandbox knows it needs. What does not come in time ends it.
    """
    shipped = SERVICES[service]
    played = Played(strategy=strategy, service=service, to=to or shipped.to.get(strategy, ""))
    player = Player(Room(outside, shipped.channel), played, say)
    onlooker = Onlooker(api, prometheus, shipped)
    try:
        with onlooker:
            player.through()
        if player.lines and played.state in REPORTED:
            player.read_report(player.lines)
    except TimeoutError as error:
        played.problem = str(error)
        say(f"Given up: {error}")
    played.weights, played.versions = onlooker.weights, onlooker.versions
    played.error_shares = onlooker.error_shares
    if player.lines:
        player.lines.more()
        played.thread = player.lines.seen
    return played


def command(played: Played) -> str:
    """What the requester types."""
    what = "canary" if played.strategy == "canary" else SERVICES[played.service].bad
    to = f" to={played.to}" if played.to else ""
    return f'/rollback {played.strategy} {played.service}{to} reason="error spike on {what}"'


def _approved(number: int, text: str) -> bool:
    return not text.startswith("Approval needed") or f"({number} of" in text


def _text(told: str) -> str:
    """The words of an answer, which is JSON with them or words alone."""
    try:
        return str(json.loads(told)["text"])
    except (ValueError, LookupError, TypeError):
        return told
