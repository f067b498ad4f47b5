"""Slot B6: at most four buttons a state. Everybody sees every button; who may press is judged at the click."""

from __future__ import annotations

from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from bot.domain.rollback import Rollback, State
from bot.views import blocks, halts
from bot.views.buttons import Action, button, confirmation, name, short, value_of
from bot.views.card_slots import Moment, counted, service, versions
from bot.views.figures import Figures
from bot.views.text import Safe
from bot.views.words import Words

A = Action
_BY_STATE: dict[State, tuple[Action, ...]] = {
    State.REQUESTED: (A.CANCEL,),
    State.PLANNED: (A.APPROVE, A.REJECT, A.DETAILS),
    State.APPROVED: (A.ABORT, A.DETAILS),
    State.RUNNING: (A.ABORT, A.DETAILS),
    State.HALTED: (A.RETRY, A.SKIP, A.ABORT, A.DETAILS),
    State.SUCCEEDED: (A.OPEN_REPORT, A.DETAILS),
    State.UNVERIFIED: (A.OPEN_REPORT, A.DETAILS),
    State.FAILED: (A.PLAN_REST, A.OPEN_REPORT, A.DETAILS),
    State.ABORTED: (A.PLAN_REST, A.OPEN_REPORT, A.DETAILS),
    State.REFUSED: (A.PLAN_AGAIN,),
    State.REJECTED: (A.PLAN_AGAIN,),
    State.EXPIRED: (A.PLAN_AGAIN,),
    State.SUPERSEDED: (),
}


def offered(rollback: Rollback, now: int = 0) -> tuple[Action, ...]:
    """The buttons that this rollback's card has at `now` (Redis ms): once its approvals lapsed nobody carries it on."""
    gone = (A.RETRY, A.SKIP) if halts.lapsed(rollback, now) else ()
    return tuple(a for a in _BY_STATE[rollback.state] if a not in gone and _applies(rollback, a))


def row(rollback: Rollback, moment: Moment) -> JsonObject | None:
    """The row of buttons; its block id is new at each event, so that an old click is told from a new one."""
    made = [_made(moment.words, rollback, action) for action in offered(rollback, moment.now)]
    return blocks.actions(made, block_id=f"act:{rollback.id}:{rollback.seq}") if made else None


def _applies(rollback: Rollback, action: Action) -> bool:
    match action:
        case A.SKIP:
            return halts.skippable(rollback)
        case A.ABORT:
            return rollback.abort_by is None
        case A.PLAN_REST:
            return rollback.touched and not halts.validated(rollback)
        case A.OPEN_REPORT:
            return rollback.reported
        case A.DETAILS:
            return rollback.plan is not None
        case _:
            return True


def _made(words: Words, rollback: Rollback, action: Action) -> JsonObject:
    confirm: JsonObject | None = None
    match action:
        case A.APPROVE:
            confirm = _approve(words, rollback)
        case A.ABORT:
            confirm = confirmation(words, "abort", id=rollback.id)
        case A.SKIP:
            confirm = _skip(words, rollback)
        case _:
            pass
    return button(words, action, value=value_of(rollback), confirm=confirm, step=rollback.step + 1)


def _approve(words: Words, rollback: Rollback) -> JsonObject:
    plan, policy = rollback.plan, rollback.policy
    left = (policy.need if policy else 0) - counted(rollback)
    need = policy.need if policy else None
    if left <= 1:
        starts = words("confirm.approve.starts_now")
    else:
        starts = words.first(f"confirm.approve.starts_at.{need}", "confirm.approve.starts_at", need=need)
    return confirmation(
        words,
        "approve",
        digest=short(rollback.digest),
        service=service(rollback),
        deleting=_deleting(words, plan),
        starts=starts,
        until=words.minute(rollback.expires_at),
        **versions(words, plan),
    )


def _deleting(words: Words, plan: Plan | None) -> Safe:
    for step in plan.steps if plan else ():
        if step.destructive:
            deployment = Figures(step.params).text("deployment") or step.kind
            return words("confirm.approve.deleting", deployment=name(deployment))
    return Safe()


def _skip(words: Words, rollback: Rollback) -> JsonObject:
    goes_to = halts.goes_to(words, rollback)
    to = words("confirm.skip.to", to=goes_to) if goes_to else Safe()
    return confirmation(words, "skip", step=rollback.step + 1, to=to, why=halts.clause(words, rollback))
