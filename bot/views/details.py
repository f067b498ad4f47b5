"""All details: every step with its parameters, queries, live values and approvers, whole where the card cuts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.domain.model import Json, JsonObject, canonical
from bot.domain.people import Group
from bot.domain.plan import Plan, Step
from bot.domain.rollback import Rollback, StepRecord
from bot.domain.verdict import Check, Measured
from bot.views import buttons, card_plan, checks, steps
from bot.views.blocks import section
from bot.views.card_slots import reason
from bot.views.card_small import approvals
from bot.views.card_steps import MARKS
from bot.views.text import Safe, clean, cut_end, escape, join
from bot.views.units import limit_percent
from bot.views.words import Words

MOST_BLOCKS = 100
MOST_MEMBERS = 60
PARAMS_LIMIT = 1_200
QUERY_LIMIT = 500
REASON_LIMIT = 300
STEP_LIMIT = 2_900
UNTOLD = frozenset({"template"})
"""Parameters in which a secret may stand as a plain value: what they change is told one by one instead."""


def blocks_of(words: Words, rollback: Rollback, *, group: Group | None) -> tuple[JsonObject, ...]:
    """The sections of the modal, at most 100."""
    made = [section(part) for part in _parts(words, rollback, group) if part]
    if len(made) <= MOST_BLOCKS:
        return tuple(made)
    left = len(made) - MOST_BLOCKS + 1
    return (*made[: MOST_BLOCKS - 1], section(words("details.more", n=left)))


def _parts(words: Words, rollback: Rollback, group: Group | None) -> Iterator[Safe]:
    plan = rollback.plan
    if plan is None:
        yield words("card.b2.requested")
        return
    yield _head(words, rollback, plan)
    yield card_plan.changes(words, plan, limit=STEP_LIMIT)
    yield _people(words, rollback, group)
    for index, step in enumerate(plan.steps):
        record = rollback.steps[index] if index < len(rollback.steps) else StepRecord()
        yield _step(words, plan, index, step, record)
    yield join("\n", (words("details.binding"), words("details.params", params=_listed(plan.binding))))


def _head(words: Words, rollback: Rollback, plan: Plan) -> Safe:
    return words(
        "details.plan",
        id=rollback.id,
        digest=escape(plan.digest),
        entry=buttons.short(plan.entry),
        targets=join(", ", plan.targets),
    )


def _people(words: Words, rollback: Rollback, group: Group | None) -> Safe:
    request = rollback.request
    asked = words(
        "details.people",
        who=words.who(request.by),
        at=words.token(rollback.requested_at),
        reason=reason(words, rollback, limit=REASON_LIMIT),
    )
    who = approvals(words, rollback)
    approved = words("details.approvers", who=who) if who else words("details.approvers.none")
    return join("\n", (asked, approved, _members(words, rollback, group) if group else Safe()))


def _members(words: Words, rollback: Rollback, group: Group) -> Safe:
    if group.read_at is None or not group.members:
        return words("details.group.unread", group=group.name)
    full = [member.person for member in group.members if member.full]
    names = join(", ", (words.who(person) for person in full[:MOST_MEMBERS]))
    asker = rollback.request.by
    excluded = rollback.policy is not None and not rollback.policy.requester_counts
    requester = Safe()
    if excluded and any(person.key == asker.key for person in full):
        requester = words("details.group.requester", who=words.who(asker))
    return words("details.group", group=group.name, members=names, requester=requester)


def _step(words: Words, plan: Plan, index: int, step: Step, record: StepRecord) -> Safe:
    title = words("details.step", mark=MARKS[record.mark], n=index + 1, title=steps.planned(words, step, plan))
    told = {name: value for name, value in step.params.items() if name not in UNTOLD}
    params = words("details.params", params=_listed({**told, "hold_s": step.hold_s, "deadline_s": step.deadline_s}))
    seen = words("details.params", params=_listed(record.figures)) if record.figures else Safe()
    found = join("\n", (_check(words, check, record) for check in checks.read(record.checks)))
    return cut_end(join("\n", (title, params, seen, found)), limit=STEP_LIMIT)


def _check(words: Words, check: Check, record: StepRecord) -> Safe:
    finding = checks.finding(words, check, checks.figures_of(record.checks))
    told = words("details.check", mark=words(f"details.mark.{check.verdict}"), finding=finding)
    return join("\n", (told, *(_query(words, measured) for measured in check.measured if measured.query)))


def _query(words: Words, measured: Measured) -> Safe:
    limit = Safe(limit_percent(measured.limit)) if measured.unit == "share" and measured.limit is not None else None
    return words(
        "details.query",
        query=cut_end(measured.query.replace("`", "'"), limit=QUERY_LIMIT),
        value=checks.in_unit(words, measured),
        limit=limit if limit is not None else words.count(measured.limit) if measured.unit == "count" else None,
        window=words.duration(measured.window_s),
    )


def _listed(values: Mapping[str, Json]) -> Safe:
    """One `name: value` a line, objects as JSON; what could end the code block is replaced."""
    rows = (f"{name}: {_value(value)}" for name, value in values.items() if value is not None)
    return cut_end(Safe("\n".join(escape(row.replace("`", "'")) for row in rows)), limit=PARAMS_LIMIT)


def _value(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean(value) if isinstance(value, str) else canonical(value)
