"""One workload whose pods are replaced: how many run what was asked for, and how many are Available."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.model import JsonObject
from bot.domain.plan import Plan, Step
from bot.domain.rollback import Rollback, StepRecord
from bot.views.buttons import name
from bot.views.card_slots import DOT, version
from bot.views.figures import Figures, shown
from bot.views.rollout_asides import delays
from bot.views.shapes.standing import production_of
from bot.views.text import Safe, join
from bot.views.words import Words

ROLLOUT, RESTORE = "rollout", "restore_config"


@dataclass(frozen=True)
class _Stands:
    """The workload as last read. Counts of pods; None where nobody knows. `begun`: its template was written."""

    kind: str
    name: str
    begun: bool
    updated: float | None
    available: float | None
    of: float | None

    @property
    def done(self) -> bool:
        """Whether every pod runs what was asked for."""
        return self.begun and self.of is not None and self.updated == self.of


class Workload:
    """The shape of undo, env and config: one template, rolled out by Kubernetes."""

    def change(self, words: Words, plan: Plan) -> Safe:
        """Which workload, with how many pods."""
        stands = _planned(plan)
        return words("workload.change", kind=stands.kind, name=name(stands.name), pods=words.n("pods", stands.of))

    def sides_now(self, words: Words, plan: Plan) -> Safe:
        """How many pods are ready."""
        facts = shown(plan)
        ready, pods = facts.number("ready"), facts.number("pods")
        return words("workload.ready", ready=words.count(ready), pods=words.count(pods)) if pods is not None else Safe()

    def first_change(self, words: Words, plan: Plan) -> Safe:
        """The template."""
        restore = next((step for step in plan.steps if step.kind == RESTORE), None)
        objects = Figures(restore.params).text("name") if restore else None
        key = "workload.first.restored" if objects else "workload.first"
        return words(key, name=name(_planned(plan).name), objects=objects)

    def planned_line(self, words: Words, plan: Plan) -> Safe:
        """Which workload."""
        stands = _planned(plan)
        return words("workload.planned", kind=stands.kind, name=name(stands.name), pods=words.n("pods", stands.of))

    def progress(self, words: Words, rollback: Rollback) -> Safe:
        """How many pods run it and are Available, which are late, and whether it takes longer than was planned."""
        told = self._told(words, rollback, "workload.progress")
        if rollback.plan is None:
            return told
        return join(DOT, (told, *delays(words, rollback.plan, Figures(rollback.record.figures))))

    def progress_text(self, words: Words, rollback: Rollback, *, holding: Safe) -> Safe:
        """How many pods run it."""
        del holding
        return self._told(words, rollback, "workload.progress_text")

    def state(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """How many pods run it, and how many are Available."""
        return (self._told(words, rollback, "workload.state"),)

    def state_line(self, words: Words, rollback: Rollback) -> Safe:
        """The same for the thread."""
        told = self._told(words, rollback, "workload.state")
        return Safe(told[:1].upper() + told[1:])

    def standing(self, words: Words, rollback: Rollback) -> Safe:
        """How many pods run it."""
        return self._told(words, rollback, "workload.standing")

    def calling(self, words: Words, rollback: Rollback) -> Safe:
        """The same."""
        return self.standing(words, rollback)

    def abort_leaves(self, words: Words, rollback: Rollback) -> Safe:
        """What was written stays, and Kubernetes goes on with it."""
        return self._told(words, rollback, "workload.abort")

    def left(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """What was written, and how far Kubernetes has come with it."""
        return (self._told(words, rollback, "workload.left"),)

    def left_short(self, words: Words, rollback: Rollback) -> Safe:
        """How many pods run it."""
        return self.standing(words, rollback)

    def left_line(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """The same."""
        return (self.standing(words, rollback),)

    def put_back(self, words: Words, rollback: Rollback) -> Safe:
        """Nothing is raised for its own sake."""
        del words, rollback
        return Safe()

    def outcome(self, words: Words, rollback: Rollback) -> Safe:
        """How many pods run it."""
        return self.standing(words, rollback)

    def ending(self, words: Words, plan: Plan) -> Safe:
        """The versions say it all."""
        del words, plan
        return Safe()

    def next_value(self, words: Words, rollback: Rollback) -> Safe:
        """No later step changes it."""
        del words, rollback
        return Safe()

    def _told(self, words: Words, rollback: Rollback, key: str) -> Safe:
        plan = rollback.plan
        if plan is None:
            return words("unknown")
        stands = _now(plan, rollback)
        if not stands.begun:
            key += ".before"
            if _restored(plan, rollback) and words.has(f"{key}.restored"):
                key += ".restored"
        return words(
            key,
            kind=stands.kind,
            name=name(stands.name),
            updated=words.count(stands.updated),
            available=words.count(stands.available),
            pods=words.count(stands.of),
            from_version=version(words, plan.from_version),
            to_version=version(words, plan.to_version),
        )


def _restored(plan: Plan, rollback: Rollback) -> bool:
    """Whether configuration that the pods have not been restarted for is restored already."""
    return any(
        step.kind == RESTORE and (record.figures.get("applied") or record.applied_at is not None)
        for step, record in _pairs(plan, rollback)
    )


def _planned(plan: Plan) -> _Stands:
    step = next((step for step in plan.steps if step.kind == ROLLOUT), None)
    params = Figures(step.params if step else {})
    return _Stands(
        kind=params.text("kind") or "",
        name=params.text("name") or plan.service,
        begun=False,
        updated=None,
        available=shown(plan).number("available", "ready"),
        of=shown(plan).number("pods"),
    )


def _now(plan: Plan, rollback: Rollback) -> _Stands:
    planned = _planned(plan)
    records = [record for step, record in _pairs(plan, rollback) if step.kind == ROLLOUT]
    told: JsonObject = {}
    for record in records:
        told |= {name: value for name, value in record.figures.items() if value is not None}
    told |= {name: value for name, value in production_of(rollback).data.items() if value is not None}
    figures = Figures(told)
    of = figures.number("of", "pods")
    available = figures.number("available")
    return _Stands(
        kind=planned.kind,
        name=planned.name,
        begun=any(record.figures.get("applied") or record.applied_at is not None for record in records),
        updated=figures.number("updated"),
        available=planned.available if available is None else available,
        of=planned.of if of is None else of,
    )


def _pairs(plan: Plan, rollback: Rollback) -> list[tuple[Step, StepRecord]]:
    return list(zip(plan.steps, rollback.steps, strict=False))
