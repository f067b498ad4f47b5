"""A running rollback: begin the step, have its effect, hold, judge, go on; and the end when there is no step left."""

from __future__ import annotations

from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.plan import Effect
from bot.domain.rollback import Mark
from bot.domain.verdict import Check, Verdict, worst
from jobs import steps
from jobs.clients.errors import Ambiguous, ClientError, Forbidden, Moved, NotFound, Temporary
from jobs.phases.ending import finish
from jobs.phases.stopping import INTENT, REFUSED, abort, halt
from jobs.phases.superseding import supersede
from jobs.recovery import recovered_since
from jobs.steps import AlreadySo, Carrier, Context, Done, Stuck, Waiting
from jobs.turn import Again, Outcome, Sleep, Turn, event, objects

MOST_READS = 5
"""DESIGN.md, principle 7: a write that was refused or not answered is classified by reading again, at most so often."""
AGAIN_MS = 1_000
BLIND_MS = 30_000
"""So long after a hold a system may stay away before a person is called: a check that cannot be made is no pass."""
MUST_KNOW = frozenset({"pods_ready"})
"""Checks that must pass even for a move away from risk: traffic only goes to pods that are there."""


def carry_out(turn: Turn) -> Outcome:
    """Do the next thing of the current step."""
    rollback = turn.rollback
    if rollback.step >= len(turn.plan.steps):
        return finish(turn)
    match rollback.record.mark:
        case Mark.RUNNING:
            return _effect(turn)
        case Mark.HOLDING:
            return _judge(turn)
        case _:
            return _begin(turn)


def _begin(turn: Turn) -> Outcome:
    rollback = turn.rollback
    if rollback.abort_by is not None:
        return abort(turn)
    step = turn.plan.steps[rollback.step]
    if step.destructive and not _proven(turn):
        return halt(turn, "unproven", before=True)
    if step.destructive and (later := _kept(turn)) is not None:
        return later
    return turn.write(_started(turn, rollback.step))


def _started(turn: Turn, index: int) -> NewEvent:
    attempt = turn.rollback.steps[index].attempt + 1
    return event(Kind.STEP_STARTED, step=index, attempt=attempt, fence=turn.kept.lease.fence)


def _kept(turn: Turn) -> Outcome | None:
    """Have every event so far outside Redis before something is destroyed; None when it is, else what to do."""
    rollback = turn.rollback
    try:
        turn.house.archive.keep(rollback.id)
    except Temporary as error:
        # Nothing is written while it waits, so the last event says since when.
        if turn.now() < turn.last_at() + turn.plan.steps[rollback.step].deadline_s * 1000:
            return Sleep(turn.now() + AGAIN_MS)
        return halt(turn, "archive-unwritable", figures={"what": str(error)}, before=True)
    except ClientError as error:
        return halt(turn, "archive-unwritable", figures={"what": str(error)}, before=True)
    return None


def _proven(turn: Turn) -> bool:
    """Whether everything a destructive step rests on is known: nothing is deleted on Unknown.

    What was left unknown is looked at again now, so that Retry goes on once the answer can be had: a proof that was
    waited for, and of each kind of check the last one, which answers for those before it.
    """
    last = {step.kind: index for index, step in enumerate(turn.plan.steps[: turn.rollback.step])}
    unknown = [index for index in last.values() if turn.rollback.steps[index].mark is Mark.UNKNOWN]
    return all(_known_now(turn, index) for index in unknown)


def _known_now(turn: Turn, index: int) -> bool:
    carrier, ctx = _carrier(turn, index), turn.context(index)
    try:
        if turn.plan.steps[index].effect is Effect.READ:
            return isinstance(carrier.settle(ctx), Done)
        return worst(carrier.check(ctx)) is Verdict.PASS
    except ClientError:
        return False


def _effect(turn: Turn) -> Outcome:
    record = turn.rollback.record
    if record.figures.get("applied") or record.figures.get("already"):
        return _settle(turn)
    once = turn.plan.steps[turn.rollback.step].effect is Effect.UNREPEATABLE
    try:
        return _act_once(turn) if once else _act(turn)
    except (Temporary, Ambiguous, Moved, *REFUSED) as error:
        return _not_now(turn, error)


def _not_now(turn: Turn, error: ClientError) -> Outcome:
    """Nothing was changed: a refusal needs a person, anything else is tried again until the step's deadline."""
    return _refused(turn, error) if isinstance(error, REFUSED) else _wait(turn, {"what": str(error)})


def _act(turn: Turn) -> Outcome:
    """Look, claim, apply. What was not answered or was refused is claimed and read again before it is judged."""
    index = turn.rollback.step
    carrier, ctx, writes = _carrier(turn, index), turn.context(index), turn.plan.steps[index].effect is not Effect.READ
    doubtful = turn.retried or turn.rollback.record.fence != turn.kept.lease.fence
    for _ in range(MOST_READS):
        try:
            if doubtful and writes:
                carrier.claim(ctx)
            look = carrier.look(ctx)
            if isinstance(look, AlreadySo):
                # After doubt it may be our own effect whose answer or record was lost.
                return _effected(turn, {**look.figures, "applied" if doubtful else "already": True})
            if isinstance(look, steps.Moved):
                return _moved(turn, look, doubtful=doubtful)
            if not doubtful and writes:
                carrier.claim(ctx)
            turn.kept.require()
            return _effected(turn, {**carrier.apply(ctx), "applied": True})
        except (Ambiguous, Moved):
            doubtful = True
    return halt(turn, "ambiguous")


def _act_once(turn: Turn) -> Outcome:
    """Look, claim, write down the intent, apply: what nobody can repeat is done by one turn, or again by a person."""
    index = turn.rollback.step
    carrier, ctx = _carrier(turn, index), turn.context(index)
    if ctx.figures.get(INTENT):
        return _in_doubt(turn, carrier, ctx)
    look = carrier.look(ctx)
    if isinstance(look, AlreadySo):
        return _effected(turn, {**look.figures, "applied" if turn.retried else "already": True})
    if isinstance(look, steps.Moved):
        return _moved(turn, look, doubtful=turn.retried)
    carrier.claim(ctx)
    intended = turn.after(_told(turn, {INTENT: True}))
    turn.kept.require()
    try:
        figures = carrier.apply(ctx)
    except Ambiguous:
        return _in_doubt(intended, carrier, ctx)
    except (Temporary, Moved, *REFUSED) as error:
        return _not_now(intended.after(_told(intended, {INTENT: False})), error)
    return _effected(intended, {**figures, "applied": True})


def _in_doubt(turn: Turn, carrier: Carrier, ctx: Context) -> Outcome:
    """The effect was about to be made and nobody wrote down that it was: it is not made a second time by the bot."""
    carrier.claim(ctx)
    look = carrier.look(ctx)
    if isinstance(look, AlreadySo):
        return _effected(turn, {**look.figures, "applied": True})
    return halt(turn, "ambiguous-once")


def _effected(turn: Turn, figures: JsonObject) -> Again:
    return turn.insist(_told(turn, figures))


def _moved(turn: Turn, look: steps.Moved, *, doubtful: bool) -> Again:
    if turn.rollback.touched or doubtful:
        return halt(turn, "moved", figures={"name": look.name, "planned": look.planned, "now": look.now})
    return supersede(turn, {look.name: (look.planned, look.now)})


def _settle(turn: Turn) -> Outcome:
    """After the effect: wait until the world shows it."""
    rollback, index = turn.rollback, turn.rollback.step
    step = turn.plan.steps[index]
    try:
        settled = _carrier(turn, index).settle(turn.context(index))
    except (Temporary, Ambiguous, Moved, *REFUSED) as error:
        # Settling reads again each time, and a deletion in it names the very version it deletes.
        return _not_now(turn, error)
    match settled:
        case Done(figures=figures):
            hold_ms = 0 if rollback.record.waived else int(step.hold_s * 1000)
            return turn.write(
                event(
                    Kind.STEP_APPLIED,
                    step=index,
                    figures={**rollback.record.figures, **figures},
                    already=bool(rollback.record.figures.get("already")),
                    hold_until=turn.now() + hold_ms,
                )
            )
        case Stuck(code="cannot-prove-drained", figures=figures):
            return _left_unknown(turn, figures)
        case Stuck(code=code, figures=figures):
            return halt(turn, code, figures=figures)
        case Waiting(again_s=again_s, figures=figures):
            if {**rollback.record.figures, **figures} != rollback.record.figures:
                _progress(turn, figures)
            return _wait(turn, figures, again_ms=int(again_s * 1000))


def _left_unknown(turn: Turn, figures: JsonObject) -> Again:
    """A proof that cannot be had now: go on without it, as far as nothing is destroyed."""
    index = turn.rollback.step
    return turn.write(
        event(Kind.STEP_APPLIED, step=index, figures=figures, already=False, hold_until=turn.now()),
        event(Kind.STEP_DONE, step=index, checks=[], figures=figures, unverified=True),
    )


def _refused(turn: Turn, error: ClientError) -> Again:
    """A system said no, and asking again would not change its mind: a person is needed."""
    if isinstance(error, Forbidden):
        right: JsonObject = {
            "verb": error.verb,
            "resource": error.resource,
            "namespace": error.namespace,
            "name": error.name,
        }
        return halt(turn, "missing-right", figures=right)
    return halt(turn, "object-gone" if isinstance(error, NotFound) else "rejected", figures={"what": str(error)})


def _wait(turn: Turn, figures: JsonObject, *, again_ms: int = AGAIN_MS) -> Outcome:
    """Look again soon; past the step's deadline a person is needed."""
    step, record = turn.plan.steps[turn.rollback.step], turn.rollback.record
    if turn.now() >= (record.started_at or turn.now()) + step.deadline_s * 1000:
        return halt(turn, "deadline", figures={**figures, "deadline_s": step.deadline_s})
    return Sleep(turn.now() + again_ms)


def _progress(turn: Turn, figures: JsonObject) -> Again:
    return turn.write(_told(turn, figures))


def _told(turn: Turn, figures: JsonObject) -> NewEvent:
    return event(Kind.STEP_PROGRESS, step=turn.rollback.step, figures=figures)


def _judge(turn: Turn) -> Outcome:
    rollback, index = turn.rollback, turn.rollback.step
    record, step = rollback.record, turn.plan.steps[index]
    if record.hold_until is not None and turn.now() < record.hold_until:
        return Sleep(record.hold_until)
    checks: list[Check] = []
    if step.check and not record.waived:
        try:
            checks = _carrier(turn, index).check(turn.context(index))
        except REFUSED as error:
            return _refused(turn, error)
        except Temporary as error:
            since = record.hold_until or record.applied_at or turn.now()
            if turn.now() < since + BLIND_MS:
                return Sleep(turn.now() + AGAIN_MS)
            return halt(turn, "deadline", figures={"what": str(error), "deadline_s": BLIND_MS / 1000})
    last = index == len(turn.plan.steps) - 1
    if not last and _stops(checks):
        return halt(turn, "check-failed", checks=checks)
    done = event(
        Kind.STEP_DONE,
        step=index,
        checks=objects(checks),
        figures=record.figures,
        unverified=bool(checks) and worst(checks) is Verdict.UNKNOWN,
    )
    return turn.write(done, *_recovery(turn), *_next_started(turn))


def _next_started(turn: Turn) -> list[NewEvent]:
    """The next step's start, in one record with the end of this one, where nothing is to be seen to in between."""
    index = turn.rollback.step + 1
    if index == len(turn.plan.steps) or turn.rollback.abort_by is not None or turn.house.parking.asked:
        return []
    step = turn.plan.steps[index]
    return [] if step.destructive or step.long else [_started(turn, index)]


def _stops(checks: list[Check]) -> bool:
    failed = any(check.verdict is Verdict.FAIL for check in checks)
    blind = any(check.code in MUST_KNOW and check.verdict is not Verdict.PASS for check in checks)
    return failed or blind


def _recovery(turn: Turn) -> list[NewEvent]:
    """The event that says since when the error rate is back under its limit, the first time it is seen."""
    rollback = turn.rollback
    before = turn.plan.shown.get("error_share")
    limit = turn.service.limits.error_share
    if rollback.recovered_at is not None or before is None or not isinstance(before.value, int | float):
        return []
    if before.value <= limit:
        return []
    try:
        since = recovered_since(
            turn.house.clients, turn.service, begin=rollback.started_at or turn.now(), end=turn.now()
        )
    except Temporary:
        return []
    return [event(Kind.RECOVERED, at=since, limit=limit)] if since is not None else []


def _carrier(turn: Turn, index: int) -> Carrier:
    return turn.house.carriers[turn.plan.steps[index].kind]
