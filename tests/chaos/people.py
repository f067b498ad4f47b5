"""The people of a run: they ask, approve, abort, retry, and press again when nobody answered."""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import requests

from bot.domain.plan import Effect
from bot.domain.rollback import TERMINAL, Rollback, State
from bot.store import StoreUnreadable
from sandbox.outside import Outside
from tests.chaos import drills, lanes
from tests.chaos.lanes import Lane
from tests.chaos.site import Site

REQUESTER, ADA, BEN, CEM = "U0REQUESTER", "U0APPROVER1", "U0APPROVER2", "U0APPROVER3"
LOOK_S = 0.15
AGAIN_S = 3.0
"""Somebody whose click was not counted presses again after so many seconds."""
MOST_RETRIES = 6
FORM_S = 2
Json = dict[str, Any]


class Story(StrEnum):
    """What the people of one rollback do."""

    PLAIN = "plain"
    DOUBLED = "doubled"  # each approver presses twice at once
    ABORTED = "aborted"  # somebody aborts it midway
    REJECTED = "rejected"
    TWICE = "twice"  # the same is asked for once more while it runs

    @classmethod
    def drawn(cls, dice: random.Random) -> Story:
        """One of them; half are plain."""
        return dice.choice([cls.PLAIN] * 4 + [cls.DOUBLED, cls.ABORTED, cls.REJECTED, cls.TWICE])


@dataclass
class Asked:
    """One command as somebody typed it; `heard`: the rollback that the answer named, "" without an answer in time."""

    reason: str
    heard: str
    at: float


@dataclass
class Run:
    """One rollback as its people lived it. `rollback_id` is "" while they do not know one."""

    lane: Lane
    number: int
    story: Story
    asked: list[Asked] = field(default_factory=list)
    rollback_id: str = ""
    ended: str = ""
    retries: int = 0
    halts: list[str] = field(default_factory=list)
    trouble: str = ""


@dataclass
class Person:
    """Whoever looks after one lane, for all its people. One thread each."""

    site: Site
    lane: Lane
    dice: random.Random
    until: float
    runs: list[Run] = field(default_factory=list)
    outside: Outside = field(init=False)

    def __post_init__(self) -> None:
        self.outside = Outside(self.site.stack.slack_url)

    def live_through(self, number: int, story: Story) -> None:
        """One rollback from the command to its end, as far as there is time."""
        run = Run(lane=self.lane, number=number, story=story)
        self.runs.append(run)
        try:
            lanes.put_back(self.site.stack.cluster, self.lane)
            if self.ask(run):
                self.accompany(run)
        except Exception as error:  # noqa: BLE001 - a run that went wrong for its people is judged, not raised
            run.trouble = f"{type(error).__name__}: {error}"

    def ask(self, run: Run) -> bool:
        """Type the command until there is a rollback; each time with a reason of its own."""
        attempt = 0
        while time.monotonic() < self.until:
            attempt += 1
            reason = f"chaos {run.number}.{attempt}"
            heard = _heard(self._command(f'/rollback canary {self.lane.name} reason="{reason}"'))
            run.asked.append(Asked(reason, heard, time.time()))
            run.rollback_id = heard
            if heard or self._stored(run, within_s=AGAIN_S):
                return True
        return False

    def _stored(self, run: Run, *, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        reasons = {asked.reason for asked in run.asked}
        while time.monotonic() < deadline:
            with contextlib.suppress(StoreUnreadable):
                for rollback in self.site.store.recent(self.lane.name, 10):
                    if rollback.request.reason in reasons:
                        run.rollback_id = rollback.id
                        return True
            time.sleep(LOOK_S)
        return False

    def accompany(self, run: Run, *, until: Callable[[], bool] = lambda: False) -> None:
        """Do what a rollback needs of its people, to its end or `until` something else."""
        pressed: dict[str, float] = {}
        while time.monotonic() < self.until and not until():
            time.sleep(LOOK_S)
            with contextlib.suppress(StoreUnreadable):
                rollback = self.site.store.load(run.rollback_id).rollback
                if rollback.state in TERMINAL:
                    run.ended = rollback.state
                    return
                self._act(run, rollback, pressed)

    def _act(self, run: Run, rollback: Rollback, pressed: dict[str, float]) -> None:
        if rollback.state is State.PLANNED:
            if run.story is Story.REJECTED:
                self._reject(rollback, pressed)
            else:
                self._approve(run, rollback, pressed)
        elif rollback.state is State.HALTED:
            self._answer_halt(run, rollback, pressed)
        elif rollback.state is State.RUNNING and run.story is Story.ABORTED and rollback.step >= run.number % 4:
            self._press(rollback, REQUESTER, "Abort", pressed)
        elif rollback.state is State.RUNNING and run.story is Story.TWICE and "twice" not in pressed:
            pressed["twice"] = time.monotonic()
            self._command(f'/rollback canary {self.lane.name} reason="chaos {run.number} once more"')

    def _approve(self, run: Run, rollback: Rollback, pressed: dict[str, float]) -> None:
        given = {approval.person.id for approval in rollback.approvals}
        for person in (ADA, BEN):
            if person not in given:
                times = 2 if run.story is Story.DOUBLED else 1
                self._press(rollback, person, "Approve", pressed, times=times)
                return

    def _reject(self, rollback: Rollback, pressed: dict[str, float]) -> None:
        if self._press(rollback, CEM, "Reject", pressed) is None:
            return
        with contextlib.suppress(RuntimeError, requests.RequestException):
            # The form is opened beside the answer to the click, and may come after it or never.
            opened = self.outside.get("views", user=CEM, timeout=str(FORM_S))["views"]
            if opened:
                self.outside.submit(CEM, opened[-1]["id"], {})

    def _answer_halt(self, run: Run, rollback: Rollback, pressed: dict[str, float]) -> None:
        """Retry; where the step may be done only once, after having looked long enough to know."""
        step = rollback.plan.steps[rollback.step] if rollback.plan else None
        since = (self.site.store.now() - (rollback.halted_at or 0)) / 1000
        if step and step.effect is Effect.UNREPEATABLE and since < drills.KNOWN_S:
            return
        label = "Abort" if run.retries >= MOST_RETRIES else "Retry"
        if self._press(rollback, REQUESTER, label, pressed) is not None:
            run.retries += 1
            run.halts.append(f"{rollback.last.get('code')} at {step.kind if step else 'no step'}")

    def _press(
        self, rollback: Rollback, person: str, label: str, pressed: dict[str, float], *, times: int = 1
    ) -> Json | None:
        """Press a button of the card as it stands; not again before AGAIN_S. None: it was not pressed."""
        key = f"{person}/{label}/{rollback.seq}"
        if time.monotonic() < pressed.get(key, 0.0) + AGAIN_S:
            return None
        try:
            card = card_of(self.outside, self.lane.channel, rollback.id)
            full = next((text for text in _labels(card) if text.startswith(label)), "") if card else ""
            if not card or not full:
                return None
            pressed[key] = time.monotonic()
            answers = [self.outside.click(person, self.lane.channel, card, full) for _ in range(times)]
        except (RuntimeError, requests.RequestException):
            return None  # The card changed under the finger, or nobody was there.
        return answers[0]

    def _command(self, text: str) -> Json | None:
        try:
            return self.outside.command(REQUESTER, self.lane.channel, text)
        except (RuntimeError, requests.RequestException):
            return None


def card_of(outside: Outside, channel: str, rollback_id: str) -> Json | None:
    """The card of a rollback: the message in the channel whose mark says so."""
    for message in reversed(outside.messages(channel)):
        payload = (message.get("metadata") or {}).get("event_payload", {})
        if payload.get("rollback") == rollback_id and str(payload.get("key", "")).startswith("card:"):
            return message
    return None


def _labels(card: Json) -> Sequence[str]:
    elements = [e for block in card.get("blocks", []) for e in block.get("elements", []) if block["type"] == "actions"]
    return [element["text"]["text"] for element in elements]


def _heard(answer: Json | None) -> str:
    """The rollback that a command's answer names: it was stored, and the person was told so."""
    if answer is None or answer.get("error"):
        return ""
    found = re.search(r"(rb-\d+): planning", str(answer.get("ack_body") or ""))
    return found[1] if found else ""
