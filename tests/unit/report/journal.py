"""The run of UX.md as a journal: rb-1042, asked for on 2026-11-22 at 03:12:04 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain.approval import Policy
from bot.domain.events import GENESIS, Event, Kind, NewEvent, chained
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan, Shown, Step
from bot.domain.rollback import Request, Rollback, after, begin

REQUESTER = Person(team="T1", id="U0REQUESTER", name="requester")
FIRST = Person(team="T1", id="U0APPROVER1", name="approver-1")
SECOND = Person(team="T1", id="U0APPROVER2", name="approver-2")
CHECK_CODES = ("image", "pods", "endpoints", "health", "up")
WEIGHTS = ((50, 25), (25, 10), (10, 0))


def at(clock: str) -> int:
    """A time of that night, as "03:12:04", in Redis ms."""
    return int(datetime.fromisoformat(f"2026-11-22T{clock}").replace(tzinfo=UTC).timestamp() * 1000)


def plan() -> Plan:
    """Scale stable, three weights, drain, retire, validate."""
    weights = [
        Step(kind="set_weight", params={"from": a, "to": b}, effect=Effect.CAS, hold_s=30, check="stable_not_worse")
        for a, b in WEIGHTS
    ]
    shown: JsonObject = {
        "deployed_at": at("02:41:07"),
        "replica_set": "game-server-canary-6f9d",
        "canary_error_share": 0.167,
        "stable_error_share": 0.001,
        "whole_error_share": 0.084,
        "canary_digest": "sha256:9f2c41d8aaaa",
        "stable_digest": "sha256:41ab77e0bbbb",
    }
    return Plan(
        strategy="canary",
        service="game-server",
        from_version="v2.1.0",
        to_version="v2.0.5",
        steps=(
            Step(kind="scale_up", params={"deployment": "game-server", "from": 4, "to": 8}, effect=Effect.CAS),
            *weights,
            Step(kind="drain", params={"window_s": 30}, effect=Effect.READ, hold_s=30),
            Step(kind="retire", params={"deployment": "game-server-canary", "pods": 4}, effect=Effect.CAS),
            Step(kind="validate", params={}, effect=Effect.READ, check="validate"),
        ),
        binding={},
        shown={name: Shown(value=value) for name, value in shown.items()},
        entry="e" * 64,
        targets=("Deployment/game-production/game-server",),
        budget_s=300,
    )


@dataclass
class Journal:
    """Events chained one after the other, and the rollback they make."""

    events: list[Event] = field(default_factory=list)
    rollback: Rollback | None = None

    def add(self, clock: str, kind: Kind, by: Person | None = None, **data: object) -> Journal:
        """One more event at that time of the night."""
        new = NewEvent.model_validate({"kind": kind, "by": by, "data": data})
        prev = self.events[-1].hash if self.events else GENESIS
        event = chained(new, seq=len(self.events) + 1, at=at(clock), prev=prev)
        self.rollback = begin(event, "rb-1042") if self.rollback is None else after(self.rollback, event)
        self.events.append(event)
        return self

    def step(self, index: int, start: str, applied: str, done: str, checks: Sequence[JsonObject] = ()) -> Journal:
        """A whole step, from its start to its end."""
        if index:
            self.add(start, Kind.STEP_STARTED, step=index, attempt=1, fence=7)
        self.add(applied, Kind.STEP_APPLIED, step=index, figures={"applied": True})
        return self.add(done, Kind.STEP_DONE, step=index, checks=list(checks), figures={})

    def ended(self) -> Rollback:
        """The rollback as it stands."""
        assert self.rollback is not None
        return self.rollback


def started() -> Journal:
    """Asked for, planned, approved by two, and its first step done."""
    reason = "error spike on canary"
    request = Request(service="game-server", strategy="canary", by=REQUESTER, channel="C1", reason=reason)
    journal = Journal().add("03:12:04", Kind.REQUESTED, REQUESTER, request=request.model_dump(mode="json"))
    policy = Policy(need=2, group="game-server-approvers").model_dump(mode="json")
    journal.add("03:12:06", Kind.PLANNED, plan=plan().model_dump(mode="json"), policy=policy, expires_at=at("03:27:06"))
    digest = plan().digest
    journal.add("03:13:10", Kind.APPROVED, FIRST, digest=digest).add("03:14:02", Kind.APPROVED, SECOND, digest=digest)
    journal.add("03:14:02", Kind.QUORUM, have=2, need=2).add("03:14:02", Kind.STARTED, have=2)
    journal.add("03:14:02", Kind.STEP_STARTED, step=0, attempt=1, fence=7)
    return journal.step(0, "", "03:14:03", "03:14:25")


def carried_out(**verdicts: str) -> Journal:
    """All steps done; the validation's checks pass unless named otherwise."""
    journal = started()
    journal.step(1, "03:14:25", "03:14:25", "03:14:55").step(2, "03:14:56", "03:14:56", "03:15:26")
    journal.add("03:15:26", Kind.RECOVERED, at=at("03:14:48"), limit=0.05)
    journal.step(3, "03:15:27", "03:15:27", "03:15:57").step(4, "03:15:57", "03:15:57", "03:16:27")
    journal.step(5, "03:16:27", "03:16:28", "03:16:31")
    return journal.step(6, "03:16:31", "03:16:31", "03:16:44", checks(**verdicts))


def succeeded() -> Journal:
    """The good run, up to its end."""
    return carried_out().add("03:16:44", Kind.SUCCEEDED, figures={}, production={}, watch_until=at("03:26:44"))


def failed() -> Journal:
    """The run whose validation found pods that are not ready."""
    return carried_out(pods="fail").add(
        "03:16:44", Kind.FAILED, code="validation", figures={}, production={}, checks=[]
    )


def aborted() -> Journal:
    """The run that halted at its third step and was aborted."""
    journal = started().step(1, "03:14:25", "03:14:25", "03:14:55")
    journal.add("03:14:56", Kind.STEP_STARTED, step=2, attempt=1, fence=7)
    journal.add("03:14:56", Kind.STEP_APPLIED, step=2, figures={"applied": True})
    journal.add("03:15:26", Kind.HALTED, step=2, code="check-failed", figures={}, checks=[], production={})
    journal.add("03:17:20", Kind.RETRIED, FIRST, step=2)
    journal.add("03:17:50", Kind.HALTED, step=2, code="check-failed", figures={}, checks=[], production={})
    journal.add("03:18:31", Kind.ABORT_ASKED, REQUESTER)
    return journal.add("03:18:31", Kind.ABORTED, REQUESTER, step=2, production={}, touched=True)


def checks(**verdicts: str) -> list[JsonObject]:
    """The five checks of the validation; all pass unless named otherwise."""
    return [
        {"code": code, "verdict": verdicts.get(code, "pass"), "saw": verdicts.get(code, "pass"), "figures": {}}
        for code in CHECK_CODES
    ]
