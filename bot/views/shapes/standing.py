"""How far production has moved, as the plan and the journal say: weights, pods, autoscaler, deployments."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.plan import Plan, Step
from bot.domain.rollback import Rollback, StepRecord
from bot.views.figures import Figures, of, shown

WHOLE = 100.0


@dataclass(frozen=True)
class Standing:
    """Weights in percent. `was`: before the rollback; `weight`: as set last; None where nobody knows.

    `end`: as planned for the end.
    `pods_from`, `pods_to`: stable's pods before and as planned; `scaled`: it was done; `deleted`: the canary is gone.
    """

    was: float | None
    weight: float | None
    end: float
    pods_from: float | None
    pods_to: float | None
    scaled: bool
    deleted: bool
    stable: str
    canary: str
    hpa: Figures


def standing(plan: Plan, records: tuple[StepRecord, ...] = (), production: Figures | None = None) -> Standing:
    """Where production stands after what `records` say; figures read from the cluster itself (`production`) win."""
    seen = production or Figures()
    weights = [pair for pair in _pairs(plan, records) if _weight(pair[0], "to") is not None]
    was = _weight(weights[0][0], "from") if weights else None
    if was is None:
        was = shown(plan).number("canary_weight")
    weight = was
    for step, record in weights:
        if record.applied_at is not None or record.figures.get("applied"):
            weight = _weight(step, "to")
    read = seen.number("canary_weight")
    scale, scale_record = _one(plan, records, "scale_up")
    retire, retire_record = _one(plan, records, "retire")
    hpa = scale.inner("hpa")
    return Standing(
        was=was,
        weight=read if read is not None else weight,
        end=(_weight(weights[-1][0], "to") if weights else None) or 0,
        pods_from=scale.number("from"),
        pods_to=scale.number("to"),
        scaled=bool(scale_record.figures.get("applied") or scale_record.applied_at) and not scale_record.already,
        deleted=seen.flag("canary_deleted") or (retire_record.ended_at is not None and not retire.flag("keep")),
        stable=scale.text("deployment") or plan.service,
        canary=retire.text("deployment") or "",
        hpa=hpa,
    )


def of_rollback(rollback: Rollback) -> Standing | None:
    """The same for a rollback as it stands; None before there is a plan."""
    if rollback.plan is None:
        return None
    return standing(rollback.plan, rollback.steps, production_of(rollback))


def production_of(rollback: Rollback) -> Figures:
    """What production looked like when the rollback came into its present state."""
    return of(rollback.last.get("production"))


def stable_share(weight: float | None) -> float | None:
    """What is left for stable when the canary has `weight` percent."""
    return None if weight is None else WHOLE - weight


def _weight(step: Step, end: str) -> float | None:
    """The bad side's percent of traffic before ("from") or after ("to") a step; None where it moves none."""
    return Figures(step.params).number(end if step.kind == "set_weight" else f"weight_{end}")


def _pairs(plan: Plan, records: tuple[StepRecord, ...]) -> list[tuple[Step, StepRecord]]:
    return [(step, records[i] if i < len(records) else StepRecord()) for i, step in enumerate(plan.steps)]


def _one(plan: Plan, records: tuple[StepRecord, ...], kind: str) -> tuple[Figures, StepRecord]:
    found = next((pair for pair in _pairs(plan, records) if pair[0].kind == kind), None)
    return (Figures(found[0].params), found[1]) if found else (Figures(), StepRecord())
