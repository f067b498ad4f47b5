"""The run of UX.md, rb-1042, as data: real events folded by the domain into a rollback in each state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.domain.approval import Policy
from bot.domain.events import GENESIS, Event, Kind, NewEvent, chained
from bot.domain.model import Json, JsonObject
from bot.domain.people import Person
from bot.domain.plan import Note, Plan, Shown
from bot.domain.rollback import Request, Rollback, after, begin
from bot.domain.verdict import Check, Measured, Verdict
from tests.unit.views.canary_steps import DRAIN, RETIRE, VALIDATE, scale_up, set_weight

REQUESTER = Person(team="T1", id="U0REQ", name="requester")
APPROVER_1 = Person(team="T1", id="U0ONE", name="approver-1")
APPROVER_2 = Person(team="T1", id="U0TWO", name="approver-2")
GROUP = "game-server-approvers"


def at(clock: str) -> int:
    """A time of the day of the run, in Redis ms."""
    moment = datetime.strptime(f"2026-11-22 {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


REQUEST = Request(service="game-server", strategy="canary", by=REQUESTER, channel="C1", reason="error spike on canary")


SHOWN: dict[str, Json] = {
    "error_share": 0.084, "errors": 126, "requests": 1500, "window_s": 30, "canary_error_share": 0.167,
    "stable_error_share": 0.001, "canary_weight": 50, "deployed_at": at("02:41:07"),
}  # fmt: skip


def plan(**changes: object) -> Plan:
    """The plan of the run; its digest is whatever its content hashes to."""
    made: dict[str, object] = {
        "strategy": "canary",
        "service": "game-server",
        "from_version": "v2.1.0",
        "to_version": "v2.0.5",
        "steps": (
            scale_up(),
            set_weight(50, 25),
            set_weight(25, 10),
            set_weight(10, 0, "error_rate_at_most"),
            DRAIN,
            RETIRE,
            VALIDATE,
        ),
        "binding": {"canary_weight": 50, "stable_uid": "u1"},
        "shown": {name: Shown(value=value) for name, value in SHOWN.items()},
        "entry": "41d09e" + "0" * 58,
        "targets": ("Deployment/game-production/game-server",),
        "left_out": (Note(code="weights-not-below", figures={"weights": [75, 50], "live": 50}),),
        "risks": (
            Note(code="stable-takes-all", figures={"pods": 8, "version": "v2.0.5", "cpu_share": 0.61}),
            Note(code="config-and-db-untouched"),
        ),
        "budget_s": 300,
        "seconds_to_plan": 1.8,
    }
    return Plan.model_validate({**made, **changes})


@dataclass
class Run:
    """A journal that grows, and the rollback it folds to."""

    id: str = "rb-1042"
    events: list[Event] = field(default_factory=list)
    states: list[Rollback] = field(default_factory=list)

    @property
    def rollback(self) -> Rollback:
        """Where it stands."""
        return self.states[-1]

    def add(self, clock: str, kind: Kind, by: Person | None = None, **data: Json) -> Run:
        """One more event at that time of the day."""
        prev = self.events[-1].hash if self.events else GENESIS
        event = chained(NewEvent(kind=kind, by=by, data=data), seq=len(self.events) + 1, at=at(clock), prev=prev)
        self.events.append(event)
        self.states.append(begin(event, self.id) if len(self.events) == 1 else after(self.rollback, event))
        return self

    def step(self, clocks: Sequence[str], figures: JsonObject, checks: Sequence[Check] = ()) -> Run:
        """The current step from start to end: begun, applied (held when three clocks are given), done."""
        index, begun, ended = self.rollback.step, clocks[0], clocks[-1]
        if index:
            self.add(begun, Kind.STEP_STARTED, step=index, attempt=1, fence=7)
        self.add(begun, Kind.STEP_PROGRESS, step=index, figures={**figures, "applied": True})
        self.apply(begun, ended, figures)
        unknown = any(check.verdict is Verdict.UNKNOWN for check in checks)
        dumps: list[Json] = [check.model_dump(mode="json") for check in checks]
        return self.add(ended, Kind.STEP_DONE, step=index, checks=dumps, figures={}, unverified=unknown)

    def apply(self, clock: str, until: str, figures: JsonObject) -> Run:
        """The current step's effect has arrived and is held."""
        index = self.rollback.step
        held = self.rollback.plan is not None and self.rollback.plan.steps[index].hold_s > 0
        hold_until = at(until) if held else at(clock)
        return self.add(clock, Kind.STEP_APPLIED, step=index, figures=figures, already=False, hold_until=hold_until)


def requested(request: Request = REQUEST) -> Run:
    """Asked for at 03:12:04."""
    return Run().add("03:12:04", Kind.REQUESTED, request.by, request=request.model_dump(mode="json"))


def waiting(system: str = "Prometheus") -> Run:
    """Not planned yet: this system has not answered since 03:12:06."""
    return requested().add("03:12:08", Kind.WAITING, system=system, since=at("03:12:06"))


def planned(made: Plan | None = None, request: Request = REQUEST, policy: Policy | None = None) -> Run:
    """Waiting for approval since 03:12:06."""
    chosen = made or plan()
    rules = policy or Policy(need=2, group=GROUP)
    return requested(request).add(
        "03:12:06",
        Kind.PLANNED,
        plan=chosen.model_dump(mode="json"),
        policy=rules.model_dump(mode="json"),
        expires_at=at("03:27:06"),
    )


def approved(made: Plan | None = None) -> Run:
    """Two people said yes."""
    run = half(made)
    run.add("03:14:02", Kind.APPROVED, APPROVER_2, digest=run.rollback.digest)
    return run.add("03:14:02", Kind.QUORUM, have=2, need=2)


def half(made: Plan | None = None) -> Run:
    """One person said yes."""
    run = planned(made)
    return run.add("03:13:10", Kind.APPROVED, APPROVER_1, digest=run.rollback.digest)


def started(made: Plan | None = None) -> Run:
    """Under way since 03:14:02."""
    run = approved(made).add("03:14:02", Kind.STARTED, have=2)
    return run.add("03:14:02", Kind.STEP_STARTED, step=0, attempt=1, fence=7)


def scaled(made: Plan | None = None) -> Run:
    """Stable has its pods."""
    figures: JsonObject = {"available": 8, "replicas": 8, "to": 8}
    run = started(made)
    run.add("03:14:02", Kind.STEP_PROGRESS, step=0, figures={"applied": True})
    run.apply("03:14:24", "03:14:24", figures)
    return run.add("03:14:24", Kind.STEP_DONE, step=0, checks=[], figures={}, unverified=False)


def holding(made: Plan | None = None) -> Run:
    """The first weight is held, and Prometheus shows traffic arriving as set."""
    run = scaled(made).add("03:14:25", Kind.STEP_STARTED, step=1, attempt=1, fence=7)
    figures: JsonObject = {"canary": 25, "stable": 75, "seen_canary_share": 0.24, "applied": True}
    run.add("03:14:25", Kind.STEP_PROGRESS, step=1, figures=figures)
    return run.apply("03:14:25", "03:14:55", {"read_back": True})


def stable_check(verdict: Verdict, saw: str, *, share: float | None, canary: float, **figures: Json) -> Check:
    """A check of stable after a weight, as the canary's checks make it."""
    measured = Measured(
        name="stable_error_share",
        value=share,
        unit="share",
        query="errors / requests",
        limit=0.006,
        window_s=30,
        part=64,
        whole=1520,
    )
    made: JsonObject = {
        "stable_error_share": share, "error_share": 0.043, "whole_error_share": 0.043, "errors": 65, "requests": 1500,
        "canary": canary, "stable": 100 - canary, "before": 0.001, "ready": 8, "pods": 8, "window_s": 30,
    }  # fmt: skip
    return Check(code="stable_not_worse", verdict=verdict, saw=saw, figures={**made, **figures}, measured=(measured,))


def checked_once(made: Plan | None = None) -> Run:
    """The first weight is checked and good."""
    check = stable_check(Verdict.PASS, "within-limit", share=0.001, canary=25)
    dumps: list[Json] = [check.model_dump(mode="json")]
    return holding(made).add("03:14:55", Kind.STEP_DONE, step=1, checks=dumps, figures={}, unverified=False)


PRODUCTION: JsonObject = {
    "canary_weight": 10, "stable_weight": 90, "stable_pods": 8, "stable_available": 8, "error_share": 0.054,
    "stable_cpu_share": 0.93, "canary_deleted": False,
}  # fmt: skip


def halted(made: Plan | None = None) -> Run:
    """Stable got worse at 10 %."""
    run = checked_once(made).add("03:14:56", Kind.STEP_STARTED, step=2, attempt=1, fence=7)
    run.add("03:14:56", Kind.STEP_PROGRESS, step=2, figures={"canary": 10, "applied": True})
    run.apply("03:14:56", "03:15:26", {"read_back": True})
    worse = stable_check(Verdict.FAIL, "worse", share=0.042, canary=10, error_share=0.054, whole_error_share=0.054)
    return run.add(
        "03:15:26",
        Kind.HALTED,
        step=2,
        code="check-failed",
        figures={},
        checks=[worse.model_dump(mode="json")],
        before=False,
        production=PRODUCTION,
    )


def aborted() -> Run:
    """The requester stopped the halted run."""
    run = halted().add("03:18:31", Kind.ABORT_ASKED, REQUESTER)
    return run.add("03:18:31", Kind.ABORTED, REQUESTER, step=2, under_way=False, touched=True, production=PRODUCTION)


def rate_check(verdict: Verdict = Verdict.PASS) -> Check:
    """The check of the whole service at weight 0."""
    measured = Measured(
        name="error_share",
        value=0.001,
        unit="share",
        query="errors / requests",
        limit=0.05,
        window_s=30,
        part=2,
        whole=1500,
    )
    figures: JsonObject = {"error_share": 0.001, "whole_error_share": 0.001, "errors": 2, "requests": 1500, "canary": 0}
    return Check(code="error_rate_at_most", verdict=verdict, saw="within-limit", figures=figures, measured=(measured,))


def validated(*verdicts: Verdict) -> Run:
    """All steps done; validation's five checks said this."""
    second = stable_check(
        Verdict.PASS, "within-limit", share=0.001, canary=10, errors=27, error_share=0.018, whole_error_share=0.018
    )
    run = checked_once()
    run.step(("03:14:56", "03:15:26"), {"canary": 10, "stable": 90}, [second])
    run.step(("03:15:27", "03:15:57"), {"canary": 0, "stable": 100}, [rate_check()])
    run.step(("03:15:57", "03:16:27"), {"requests": 0, "window_s": 30})
    run.step(("03:16:27", "03:16:31"), {"pods": 4, "deleted": True})
    codes = ("image", "pods", "endpoints", "health", "up")
    saws = {Verdict.PASS: "good", Verdict.FAIL: "unhealthy", Verdict.UNKNOWN: "unreachable"}
    figures: JsonObject = {"good": 2, "times": 5, "errors": ["503"], "names": []}
    checks = [
        Check(code=code, verdict=verdict, saw=saws[verdict], figures=figures)
        for code, verdict in zip(codes, (*verdicts, *[Verdict.PASS] * 5), strict=False)
    ]
    return run.step(("03:16:31", "03:16:44"), {"health": []}, checks)


AT_END: JsonObject = {
    "canary_weight": 0, "stable_weight": 100, "stable_pods": 8, "stable_available": 8, "error_share": 0.001,
    "canary_deleted": True,
}  # fmt: skip


def succeeded() -> Run:
    """The good run."""
    run = validated()
    run.add("03:16:44", Kind.RECOVERED, at=at("03:14:48"), limit=0.05)
    figures: JsonObject = {"passed": 5, "failed": 0, "unknown": 0, "checks": 5}
    return run.add("03:16:44", Kind.SUCCEEDED, figures=figures, production=AT_END, watch_until=at("03:26:44"))


def failed() -> Run:
    """All done, and the health URL does not answer."""
    run = validated(Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.FAIL)
    return run.add(
        "03:16:44", Kind.FAILED, code="validation", figures={}, production={**AT_END, "error_share": 0.021}, checks=[]
    )


def unverified() -> Run:
    """All done, and Prometheus does not say whether the targets are up."""
    run = validated(Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.UNKNOWN)
    return run.add("03:16:44", Kind.UNVERIFIED, figures={}, production=AT_END, watch_until=at("03:26:44"))


def unanswered() -> Run:
    """Nobody answered the halt for a day."""
    run = halted().add("03:25:56", Kind.REMINDED, minutes=10)
    return run.add("23:59:59", Kind.FAILED, code="nobody-answered", figures={"hours": 24}, production=PRODUCTION)


def refused(code: str = "no-canary", **figures: Json) -> Run:
    """Refused while planning."""
    seen: JsonObject = {"deployment": "game-server-canary", "pods": 0, "weight": 0, "stable_version": "v2.1.0"}
    return requested().add("03:12:06", Kind.REFUSED, code=code, figures={**seen, **figures})


def rejected(why: str = "v2.1.1 is 2 min away") -> Run:
    """An approver said no; `last` names them."""
    run = planned().add("03:13:40", Kind.REJECTED, APPROVER_1, why=why)
    named = run.rollback.model_copy(update={"last": {**run.rollback.last, "by": APPROVER_1.model_dump()}})
    run.states[-1] = named
    return run


def expired() -> Run:
    """Nobody gave the second yes."""
    return half().add("03:27:06", Kind.EXPIRED, have=1, need=2)


def lost() -> Run:
    """The store was lost and accepted anew while it waited."""
    return half().add("03:20:00", Kind.EXPIRED, code="store-accepted", have=1, need=2)


def superseded() -> Run:
    """Somebody moved the weight by hand."""
    moved: JsonObject = {"canary_weight": [50, 30]}
    return half().add("03:13:40", Kind.SUPERSEDED, moved=moved, successor="rb-1043", approvals=1)


ALL: dict[str, Callable[[], Run]] = {
    "requested": requested,
    "waiting": waiting,
    "planned": planned,
    "half": half,
    "approved": approved,
    "started": started,
    "scaled": scaled,
    "holding": holding,
    "checked_once": checked_once,
    "halted": halted,
    "aborted": aborted,
    "succeeded": succeeded,
    "failed": failed,
    "unverified": unverified,
    "unanswered": unanswered,
    "refused": refused,
    "rejected": rejected,
    "expired": expired,
    "superseded": superseded,
}
"""Every state there is, by name."""
