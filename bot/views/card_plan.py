"""A plan in words: versions, weights, figures, times; what is left out; what could go wrong. For card and dry run."""

from __future__ import annotations

from bot.domain.plan import Note, Plan
from bot.views import checks, shapes
from bot.views.buttons import name
from bot.views.card_slots import DOT, version, versions
from bot.views.checks import Sample, readable
from bot.views.figures import Figures, shown
from bot.views.steps import error_limit
from bot.views.text import Safe, cut_end, join
from bot.views.units import NBSP
from bot.views.words import Words

NOTE_LIMIT = 170
CHANGES_LIMIT = 300


def body(words: Words, plan: Plan, *, need: int | None) -> Safe:
    """B2 of a plan: from what to what, what is measured now, how long it takes and what changes first."""
    shape = shapes.of(plan)
    first = join(DOT, (words("card.versions", **versions(words, plan)), shape.change(words, plan)))
    return join("\n", (first, changes(words, plan), _now(words, plan), _times(words, plan, need)))


def changes(words: Words, plan: Plan, *, limit: int = CHANGES_LIMIT) -> Safe:
    """What will be different, one by one, as far as there is room; empty where the versions say it all."""
    told = join(DOT, (_note(words, "change", note) for note in plan.changes))
    return cut_end(words("card.changes", changes=told), limit=limit) if told else Safe()


def left_out(words: Words, plan: Plan) -> Safe:
    """What the plan leaves out, and why; empty when nothing."""
    told = (_left_out(words, note) for note in plan.left_out)
    what = join(" ", told)
    return cut_end(words("card.left_out", what=what), limit=NOTE_LIMIT) if what else Safe()


def risks(words: Words, plan: Plan) -> Safe:
    """B4: what could go wrong; empty when nothing is known to."""
    told = join(DOT, (_risk(words, plan, note) for note in plan.risks))
    return words("card.risks", risks=told) if told else Safe()


def _now(words: Words, plan: Plan) -> Safe:
    facts = shown(plan)
    limit = error_limit(plan)
    key = "card.now" if limit is not None else "card.now.no_limit"
    rate = words(key, rate=words.percent(facts.number("whole_error_share", "error_share")), limit=words.limit(limit))
    counts = checks.counted(
        words,
        Sample(facts.number("errors"), facts.number("requests"), facts.number("window_s")),
    )
    sides = shapes.of(plan).sides_now(words, plan)
    at = facts.time("deployed_at")
    deployed = Safe()
    if at is not None:
        deployed = words("card.now.deployed", version=version(words, plan.from_version), at=words.token(at))
    return join(DOT, (join(", ", (rate, counts)), sides, deployed))


def _times(words: Words, plan: Plan, need: int | None) -> Safe:
    about = words.first(
        f"card.about.{need}",
        "card.about",
        estimate=words.duration(plan.estimate_s),
        budget=words.duration(plan.budget_s),
    )
    return join(" ", (about, shapes.of(plan).first_change(words, plan)))


def _note(words: Words, kind: str, note: Note) -> Safe:
    figures = Figures(note.figures)
    made: dict[str, object] = {key: readable(words, key, figures) for key in note.figures}
    return words.first(f"{kind}.{note.code}", f"{kind}.other", **{**made, "code": note.code})


def _left_out(words: Words, note: Note) -> Safe:
    figures = Figures(note.figures)
    weights = note.figures.get("weights")
    numbers = [w for w in weights if isinstance(w, int | float)] if isinstance(weights, list) else []
    listed = [Safe(f"{weight:g}{NBSP}%") for weight in numbers]
    told = join(", ", listed)
    if len(listed) > 1:
        told = words("and", first=join(", ", listed[:-1]), last=listed[-1])
    made = {name_: readable(words, name_, figures) for name_ in note.figures}
    live = words.weight(figures.number("live", "canary", "from", "weight", "canary_weight"))
    return words.first(
        f"left_out.{note.code}", "left_out.other", **{**made, "code": note.code, "weights": told, "live": live}
    )


def _risk(words: Words, plan: Plan, note: Note) -> Safe:
    figures = Figures(note.figures)
    cpu = figures.number("cpu_share", "cpu")
    made: dict[str, object] = {key: readable(words, key, figures) for key in note.figures}
    made |= {
        "code": note.code,
        "version": name(plan.to_version),
        "pods": words.n("pods", figures.number("pods")),
        "count": words.count(figures.number("pods")),
        "cpu": words("risk.stable-takes-all.cpu", cpu=Safe(f"{cpu * 100:.0f}{NBSP}%")) if cpu is not None else Safe(),
        "cause": words.first(f"cause.{figures.text('why')}", "cause.no-data"),
    }
    return words.first(f"risk.{note.code}", "risk.other", **made)
