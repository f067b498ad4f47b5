"""What checks found, in words: short for a row, whole for a line of the thread, with the figures behind a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from bot.domain.model import JsonObject
from bot.domain.verdict import Check, Measured, Verdict
from bot.views.figures import Figures
from bot.views.text import Safe, join
from bot.views.words import Words

VALIDATION = 5
"""How many checks validation makes (REQUIREMENTS.md R15, as far as they are built)."""
WEIGHTS = frozenset({"canary", "stable", "live_canary", "weight", "canary_weight", "stable_weight", "wanted", "live"})
"""Figures that are weights in percent."""
_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS)


@dataclass(frozen=True)
class Sample:
    """The counts behind a share: `part` of `whole` requests within `window_s` seconds."""

    part: float | None
    whole: float | None
    window_s: float | None


def read(dumps: Sequence[JsonObject]) -> tuple[Check, ...]:
    """The checks of an event; what cannot be read as one is left out."""
    made: list[Check] = []
    for dump in dumps:
        try:
            made.append(Check.model_validate(dump))
        except ValidationError:
            continue
    return tuple(made)


def tally(dumps: Sequence[JsonObject]) -> dict[str, int]:
    """How many passed, failed, and could not be known."""
    verdicts = [check.verdict for check in read(dumps)]
    return {
        "passed": verdicts.count(Verdict.PASS),
        "failed": verdicts.count(Verdict.FAIL),
        "unknown": verdicts.count(Verdict.UNKNOWN),
    }


def leading(dumps: Sequence[JsonObject]) -> Check | None:
    """The check that decides: the first of the worst verdict."""
    found = read(dumps)
    return next((check for verdict in _ORDER for check in found if check.verdict is verdict), None)


def short(words: Words, dumps: Sequence[JsonObject]) -> Safe:
    """The finding as a clause for a row: "stable got worse"."""
    check = leading(dumps)
    if check is None:
        return words("check.short.none")
    return words.first(*_keys("check.short", check), **_figures(words, check, figures_of(dumps)))


def finding(words: Words, check: Check, seen: Figures) -> Safe:
    """One check's finding as a sentence without its full stop; `seen`: the figures of all checks made with it."""
    return words.first(*_keys("check", check), **_figures(words, check, seen))


def findings(words: Words, dumps: Sequence[JsonObject], *, verdict: Verdict) -> Safe:
    """The findings of one verdict, with dots between them; `dumps` are checks made together."""
    return join(" · ", each(words, dumps, verdict=verdict))


def each(words: Words, dumps: Sequence[JsonObject], *, verdict: Verdict) -> tuple[Safe, ...]:
    """The same, one by one."""
    seen = figures_of(dumps)
    return tuple(finding(words, check, seen) for check in read(dumps) if check.verdict is verdict)


def figures_of(dumps: Sequence[JsonObject]) -> Figures:
    """All figures of these checks by name, measured values among them (an explicit figure wins)."""
    merged: JsonObject = {}
    for check in read(dumps):
        for measured in check.measured:
            merged.setdefault(measured.name, measured.value)
        merged.update({name: value for name, value in check.figures.items() if value is not None})
    return Figures(merged)


def sample(check: Check, name: str = "") -> Sample:
    """The counts behind a check's share: of the measurement of that name, or of the first that has counts."""
    chosen = next((m for m in check.measured if m.name == name), None)
    chosen = chosen or next((m for m in check.measured if m.whole is not None), None)
    if chosen is not None:
        return Sample(chosen.part, chosen.whole, chosen.window_s)
    figures = Figures(check.figures)
    return Sample(figures.number("errors"), figures.number("requests"), figures.number("window_s"))


def counted(words: Words, counts: Sample) -> Safe:
    """The counts as "126 of 1,500 requests, 30 s"; what nobody knows is left out."""
    if counts.whole is None:
        return words.duration(counts.window_s) if counts.window_s is not None else Safe()
    return words(
        "sample", part=words.count(counts.part), whole=words.count(counts.whole), window=words.duration(counts.window_s)
    )


def _keys(prefix: str, check: Check) -> tuple[str, str, str]:
    return (
        f"{prefix}.{check.code}.{check.saw}",
        f"{prefix}.{check.code}.{check.verdict}",
        f"{prefix}.other.{check.verdict}",
    )


def _figures(words: Words, check: Check, seen: Figures) -> dict[str, object]:
    """Each figure by its name, written by what its name says it is."""
    made: dict[str, object] = {name: readable(words, name, seen) for name in seen.data}
    measured = next(iter(check.measured), None)
    made |= {"code": check.code, "saw": check.saw, "sample": counted(words, sample(check))}
    made |= {name: readable(words, name, Figures(check.figures)) for name in check.figures}
    if measured is not None:
        made |= {"value": in_unit(words, measured), "limit": _limit(words, measured)}
    made["window"] = words.duration(sample(check).window_s)
    cause = f"cause.{check.saw}"
    return made | {"cause": words.first(cause, "cause.other", saw=check.saw), **_whole(words, seen)}


def _whole(words: Words, seen: Figures) -> dict[str, object]:
    """The whole service beside what was judged: what it was when planned (`whole_before`), and its counts."""
    counts = Sample(seen.number("errors"), seen.number("requests"), seen.number("window_s"))
    was = seen.number("whole_before")
    return {
        "whole_error_share": words.percent(seen.number("whole_error_share", "error_share")),
        "whole_was": words("check.whole_was", before=words.percent(was)) if was is not None else Safe(),
        "whole_sample": words("check.whole_sample", sample=counted(words, counts))
        if counts.whole is not None
        else Safe(),
    }


def in_unit(words: Words, measured: Measured) -> Safe:
    """A measured value in its own unit."""
    match measured.unit:
        case "share":
            return words.percent(measured.value)
        case "s":
            return words.seconds(measured.value)
        case _:
            return words.count(measured.value)


def _limit(words: Words, measured: Measured) -> Safe:
    if measured.unit == "share":
        return words.limit(measured.limit)
    return in_unit(words, measured.model_copy(update={"value": measured.limit}))


def readable(words: Words, name: str, figures: Figures) -> object:
    """One figure as its name says: shares and weights in percent, `_s` in seconds, the rest as counts or text."""
    number = figures.number(name)
    if number is None:
        listed = figures.texts(name)
        return join(", ", listed) if listed else figures.text(name)
    if "share" in name or name in ("before", "cpu"):
        return words.percent(number)
    if name in WEIGHTS:
        return words.weight(number)
    if "p95" in name:
        return words.seconds(number)
    return words.duration(number) if name.endswith("_s") else words.count(number)
