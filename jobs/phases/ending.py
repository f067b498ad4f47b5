"""The one place that ends a rollback whose steps are all done: succeeded, unverified or failed, and always why."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.plan import Step
from bot.domain.rollback import Mark, StepRecord
from bot.domain.verdict import Check, Verdict, worst
from jobs.turn import Again, Turn, event, objects

UNVERIFIED = frozenset({Mark.UNKNOWN, Mark.SKIPPED})
"""A check that a person waived verified nothing either."""


def finish(turn: Turn) -> Again:
    """Judge by the last step's checks (validation), and by whether every step before it was verified."""
    rollback = turn.rollback
    checks = [Check.model_validate(check) for check in rollback.steps[-1].checks]
    verdict = worst(checks)
    if verdict is Verdict.PASS and UNVERIFIED & last_words(rollback.steps, turn.plan.steps):
        verdict = Verdict.UNKNOWN
    state = turn.production()
    figures = _figures(turn, checks)
    watch_until = turn.now() + int(turn.service.watch.for_s * 1000)
    if verdict is Verdict.PASS:
        return turn.write(event(Kind.SUCCEEDED, figures=figures, production=state, watch_until=watch_until))
    if verdict is Verdict.UNKNOWN:
        return turn.write(event(Kind.UNVERIFIED, figures=figures, production=state, watch_until=watch_until))
    failed = [check for check in checks if check.verdict is Verdict.FAIL]
    return turn.write(event(Kind.FAILED, code="validation", figures=figures, production=state, checks=objects(failed)))


def last_words(records: Sequence[StepRecord], steps: Sequence[Step]) -> set[Mark]:
    """The marks that count at the end: of each kind of step the last one's.

    Weight 0, verified, answers what an earlier weight had left unknown.
    """
    return set({step.kind: record.mark for step, record in zip(steps, records, strict=True)}.values())


def _figures(turn: Turn, checks: list[Check]) -> JsonObject:
    """What the end is told with: seconds since approval, the checks' counts, the error rate before and at the end."""
    rollback, plan = turn.rollback, turn.plan
    before = plan.shown.get("error_share")
    return {
        "seconds": round((turn.now() - (rollback.started_at or turn.now())) / 1000, 1),
        "passed": sum(check.verdict is Verdict.PASS for check in checks),
        "failed": sum(check.verdict is Verdict.FAIL for check in checks),
        "unknown": sum(check.verdict is Verdict.UNKNOWN for check in checks),
        "checks": len(checks),
        "steps_unknown": sum(record.mark is Mark.UNKNOWN for record in rollback.steps),
        "error_share_before": before.value if before else None,
    }
