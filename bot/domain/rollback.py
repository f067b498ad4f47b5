"""A rollback: what was asked, the states it can be in, and how each event moves it. A pure fold over the journal."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.approval import Approval, Policy
from bot.domain.events import Event, Kind
from bot.domain.model import JsonObject, Value
from bot.domain.people import Person
from bot.domain.plan import Effect, Plan


class State(StrEnum):
    """The states of DESIGN.md. Cards call requested "Planning" and planned "Approval needed"."""

    REQUESTED = "requested"
    PLANNED = "planned"
    APPROVED = "approved"
    RUNNING = "running"
    HALTED = "halted"
    SUCCEEDED = "succeeded"
    UNVERIFIED = "unverified"
    FAILED = "failed"
    ABORTED = "aborted"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


S = State
OPEN = frozenset({S.REQUESTED, S.PLANNED, S.APPROVED, S.RUNNING, S.HALTED})
TERMINAL = frozenset(State) - OPEN
ENDED_AFTER_WORK = frozenset({S.SUCCEEDED, S.UNVERIFIED, S.FAILED, S.ABORTED})
"""Terminal states of rollbacks that had started, or may have: these get a report."""

MOVES: dict[Kind, dict[State, State]] = {
    Kind.PLANNED: {S.REQUESTED: S.PLANNED},
    Kind.REFUSED: {S.REQUESTED: S.REFUSED},
    Kind.QUORUM: {S.PLANNED: S.APPROVED},
    Kind.REJECTED: {S.PLANNED: S.REJECTED, S.APPROVED: S.REJECTED},
    Kind.EXPIRED: {S.REQUESTED: S.EXPIRED, S.PLANNED: S.EXPIRED, S.APPROVED: S.EXPIRED},
    Kind.SUPERSEDED: {S.PLANNED: S.SUPERSEDED, S.APPROVED: S.SUPERSEDED, S.RUNNING: S.SUPERSEDED},
    Kind.STARTED: {S.APPROVED: S.RUNNING},
    Kind.HALTED: {S.RUNNING: S.HALTED, S.HALTED: S.HALTED},
    Kind.RETRIED: {S.HALTED: S.RUNNING},
    Kind.SKIPPED: {S.HALTED: S.RUNNING},
    Kind.ABORTED: dict.fromkeys(OPEN, S.ABORTED),
    Kind.SUCCEEDED: {S.RUNNING: S.SUCCEEDED},
    Kind.UNVERIFIED: {S.RUNNING: S.UNVERIFIED},
    Kind.FAILED: {S.RUNNING: S.FAILED, S.HALTED: S.FAILED},
}
"""The table of moves: kind of event → state before → state after. A kind that is not here moves nothing."""

STAYS: dict[Kind, frozenset[State]] = {
    Kind.WAITING: frozenset({S.REQUESTED}),
    Kind.APPROVED: frozenset({S.PLANNED}),
    Kind.STEP_STARTED: frozenset({S.RUNNING}),
    Kind.STEP_PROGRESS: frozenset({S.RUNNING}),
    Kind.STEP_APPLIED: frozenset({S.RUNNING}),
    Kind.STEP_DONE: frozenset({S.RUNNING}),
    Kind.ABORT_ASKED: frozenset({S.RUNNING, S.HALTED}),
    Kind.TAKEN_OVER: OPEN,
    Kind.REMINDED: frozenset({S.HALTED}),
    Kind.RECOVERED: frozenset({S.RUNNING, S.HALTED}) | ENDED_AFTER_WORK,
    Kind.NORMALISED: frozenset({S.SUCCEEDED, S.UNVERIFIED}),
    Kind.NOT_NORMALISED: frozenset({S.SUCCEEDED, S.UNVERIFIED}),
    Kind.ANNOTATED: ENDED_AFTER_WORK,
    Kind.REPORTED: ENDED_AFTER_WORK,
}
"""Kinds that are told of a rollback without moving it: kind → states in which they may be told."""


class IllegalMove(Exception):  # noqa: N818 - reads as what it is at the raise
    """This event cannot happen in this state. Nothing was written."""


class Request(Value):
    """What somebody asked for, where, and why. `reason_code` is one of R13's, or "" for free text.

    `channel`, `message_ts` etc. belong to Slack: the request keeps only where the card belongs (`channel`, an id).
    `break_glass`: it was asked for without the second approver, with a typed reason.
    """

    service: str
    strategy: str
    by: Person
    channel: str
    version: str = ""
    reason: str = ""
    reason_code: str = ""
    options: JsonObject = {}
    replaces: str = ""
    break_glass: bool = False

    @property
    def undoes(self) -> JsonObject:
        """What the rollback that this takes back had planned for that, with its `id`; {} for any other request."""
        found = self.options.get("undo")
        return found if isinstance(found, dict) else {}


class Mark(StrEnum):
    """How far a step is: the marks of UX.md's B3."""

    TO_DO = "to-do"
    RUNNING = "running"
    HOLDING = "holding"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


class StepRecord(Value):
    """What happened to one step so far. Times are Redis ms, None until then.

    `figures` is what the effect saw (read back), `checks` the dumps of the last `Check`s, `already`: it was so already.
    """

    mark: Mark = Mark.TO_DO
    attempt: int = 0
    fence: int = 0
    started_at: int | None = None
    applied_at: int | None = None
    hold_until: int | None = None
    ended_at: int | None = None
    already: bool = False
    waived: bool = False
    figures: JsonObject = {}
    checks: tuple[JsonObject, ...] = ()


class Rollback(Value):
    """Where a rollback stands: the fold of its journal. Times are Redis ms."""

    id: str
    state: State
    request: Request
    requested_at: int
    seq: int
    head: str
    waiting_for: str = ""
    waiting_since: int | None = None
    """The system that planning waited for last ("": nobody knows which), and since when; None: it never had to."""
    plan: Plan | None = None
    policy: Policy | None = None
    planned_at: int | None = None
    expires_at: int | None = None
    approvals: tuple[Approval, ...] = ()
    started_at: int | None = None
    ended_at: int | None = None
    step: int = 0
    steps: tuple[StepRecord, ...] = ()
    abort_by: Person | None = None
    halted_at: int | None = None
    reminded: bool = False
    touched: bool = False
    watch_until: int | None = None
    recovered_at: int | None = None
    watched: bool = False
    normal: bool | None = None
    reported: bool = False
    report_link: str = ""
    last: JsonObject = {}
    """The data of the event that made the present state (why it halted, what was refused, what ended it)."""

    @property
    def digest(self) -> str:
        """The digest of the plan; empty before there is one."""
        return self.plan.digest if self.plan else ""

    @property
    def record(self) -> StepRecord:
        """The record of the current step; an empty one past the last."""
        return self.steps[self.step] if self.step < len(self.steps) else StepRecord()

    @property
    def records_lost(self) -> bool:
        """Whether it expired or halted because the store was lost: its record may be older than what was done."""
        return self.last.get("code") == "store-accepted"

    @property
    def lapses_at(self) -> int | None:
        """When what was approved no longer carries it on (Redis ms), because it is halted; None while it is not.

        A store that was lost may have forgotten a veto or a halt: what it remembers of an approval counts for nothing.
        """
        if self.halted_at is None or self.policy is None:
            return None
        return self.halted_at + (0 if self.records_lost else self.policy.expires_s * 1000)

    @property
    def queue(self) -> str:
        """The queue on which it is carried on: "long" while a step runs that may occupy a worker for minutes."""
        running = self.state is State.RUNNING and self.plan is not None and self.step < len(self.plan.steps)
        return "long" if running and self.plan and self.plan.steps[self.step].long else "rollbacks"

    @property
    def urgent(self) -> bool:
        """Whether it goes before others of its queue: a hold ends, or somebody said stop.

        Starts do not: many at once would keep those waiting that have begun, and then all their holds end at once.
        """
        holding = self.state is State.RUNNING and self.record.mark is Mark.HOLDING
        return holding or (self.abort_by is not None and self.state in OPEN)


def begin(event: Event, rollback_id: str) -> Rollback:
    """The first event of a journal makes the rollback."""
    if event.kind is not Kind.REQUESTED:
        raise IllegalMove(f"a journal begins with requested, not {event.kind}")
    return Rollback(
        id=rollback_id,
        state=State.REQUESTED,
        request=Request.model_validate(event.data["request"]),
        requested_at=event.at,
        seq=event.seq,
        head=event.hash,
        last=event.data,
    )


def after(rollback: Rollback, event: Event) -> Rollback:
    """The rollback after one more event.

    Raises:
        IllegalMove: the event cannot happen in this state.
    """
    state = next_state(rollback.state, event.kind)
    changes: dict[str, object] = {"state": state, "seq": event.seq, "head": event.hash}
    if state is not rollback.state or event.kind is Kind.HALTED:
        changes["last"] = {**event.data, "by": event.by.model_dump(mode="json")} if event.by else event.data
        if state in TERMINAL:
            changes["ended_at"] = event.at
    changes.update(_changes(rollback, event))
    return rollback.model_copy(update=changes)


def next_state(state: State, kind: Kind) -> State:
    """The pure table: where `kind` leads from `state`.

    Raises:
        IllegalMove: nowhere.
    """
    if kind in MOVES and state in MOVES[kind]:
        return MOVES[kind][state]
    if state in STAYS.get(kind, frozenset()):
        return state
    raise IllegalMove(f"{kind} cannot happen to a rollback that is {state}")


def _changes(rollback: Rollback, event: Event) -> dict[str, object]:
    data, at = event.data, event.at
    match event.kind:
        case Kind.WAITING | Kind.PLANNED | Kind.APPROVED:
            return _changes_before_start(rollback, event)
        case Kind.STARTED:
            return {"started_at": at}
        case Kind.HALTED:
            return {"halted_at": at, "reminded": False, "steps": _steps_after(rollback, event)}
        case Kind.RETRIED | Kind.SKIPPED:
            return {"halted_at": None, "steps": _steps_after(rollback, event)}
        case Kind.ABORT_ASKED:
            return {"abort_by": event.by}
        case Kind.SUCCEEDED | Kind.UNVERIFIED:
            return {"watch_until": data.get("watch_until")}
        case Kind.ABORTED:
            # Who aborted looked once more: what a lost answer did, or may have done, is no "nothing was changed".
            return {"touched": rollback.touched or bool(data.get("touched"))}
        case Kind.RECOVERED:
            return {"recovered_at": data.get("at", at)}
        case Kind.REPORTED:
            return {"reported": True, "report_link": str(data.get("link") or "")}
        case Kind.STEP_STARTED | Kind.STEP_PROGRESS | Kind.STEP_APPLIED | Kind.STEP_DONE:
            return _step_changes(rollback, event)
        case _:
            return dict(_TOLD.get(event.kind, {}))


_TOLD: dict[Kind, dict[str, object]] = {
    Kind.REMINDED: {"reminded": True},
    Kind.NORMALISED: {"watched": True, "normal": True},
    Kind.NOT_NORMALISED: {"watched": True, "normal": False},
}


def _changes_before_start(rollback: Rollback, event: Event) -> dict[str, object]:
    data, at = event.data, event.at
    if event.kind is Kind.WAITING:
        return {"waiting_for": data["system"], "waiting_since": data["since"]}
    if event.kind is Kind.PLANNED:
        plan = Plan.model_validate(data["plan"])
        return {
            "plan": plan,
            "policy": Policy.model_validate(data["policy"]),
            "planned_at": at,
            "expires_at": data["expires_at"],
            "steps": tuple(StepRecord() for _ in plan.steps),
        }
    if event.by is None:
        raise IllegalMove("an approval without a person")
    return {"approvals": (*rollback.approvals, Approval(person=event.by, digest=str(data["digest"]), at=at))}


def _step_changes(rollback: Rollback, event: Event) -> dict[str, object]:
    if event.data.get("step") != rollback.step:
        raise IllegalMove(f"{event.kind} of step {event.data.get('step')}, but step {rollback.step} is the current one")
    changes: dict[str, object] = {"steps": _steps_after(rollback, event)}
    if event.kind is Kind.STEP_DONE:
        changes["step"] = rollback.step + 1
    figures = event.data.get("figures")
    if isinstance(figures, dict) and figures.get("applied") and not _only_reads(rollback):
        changes["touched"] = True
    return changes


def _only_reads(rollback: Rollback) -> bool:
    """Whether the current step changes nothing: a wait for a proof is no touch."""
    return rollback.plan is not None and rollback.plan.steps[rollback.step].effect is Effect.READ


def _steps_after(rollback: Rollback, event: Event) -> tuple[StepRecord, ...]:
    record = rollback.record
    data, at = event.data, event.at
    figures = {**record.figures, **(data.get("figures") or {})}  # type: ignore[dict-item]  # figures is always an object
    update: dict[str, object]
    match event.kind:
        case Kind.STEP_STARTED:
            update = {"mark": Mark.RUNNING, "attempt": data["attempt"], "fence": data["fence"], "started_at": at}
        case Kind.STEP_PROGRESS:
            update = {"figures": figures}
        case Kind.STEP_APPLIED:
            update = {
                "mark": Mark.HOLDING,
                "applied_at": at,
                "hold_until": data.get("hold_until"),
                "already": bool(data.get("already")),
                "figures": figures,
            }
        case Kind.STEP_DONE:
            mark = Mark.SKIPPED if record.waived else Mark.UNKNOWN if data.get("unverified") else Mark.DONE
            update = {"mark": mark, "ended_at": at, "figures": figures, "checks": tuple(data.get("checks") or ())}  # type: ignore[arg-type]  # checks is always a list
        case Kind.HALTED:
            mark = Mark.TO_DO if data.get("before") else Mark.FAILED
            update = {"mark": mark, "checks": tuple(data.get("checks") or ())}  # type: ignore[arg-type]  # as above
        case _:
            update = {"mark": Mark.TO_DO, "figures": {}, "waived": event.kind is Kind.SKIPPED}
    if rollback.step >= len(rollback.steps):
        return rollback.steps
    changed = record.model_copy(update=update)
    return (*rollback.steps[: rollback.step], changed, *rollback.steps[rollback.step + 1 :])
