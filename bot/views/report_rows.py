"""The report's rows: each fact worded, each with the rank by which it leaves when there is no room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.people import Person
from bot.domain.report import Action, Entry, Point, Report, Written
from bot.views import units
from bot.views.card_slots import labelled
from bot.views.figures import Figures
from bot.views.text import Safe, escape, join
from bot.views.text import units as length
from bot.views.words import Words

KEEP = 0
"""The rank of a row that leaves last; higher ranks leave earlier."""
_FIRST_TO_GO = 2
_DIGEST = 8


@dataclass(frozen=True)
class Row:
    """One row of a section. Rows of a higher rank leave earlier, among equals the later row."""

    text: Safe
    rank: int = KEEP


@dataclass(frozen=True)
class Fitted:
    """The rows that had room, joined, and how many had none."""

    text: Safe
    left: int


def fitted(rows: Sequence[Row], *, room: int, words: Words) -> Fitted:
    """Join the rows by line breaks within `room` units. Only whole rows leave, and the last row then says so."""
    kept = list(enumerate(rows))
    while kept:
        left = len(rows) - len(kept)
        lines = [row.text for _, row in kept] + ([words("report.more", n=left)] if left else [])
        text = Safe("\n".join(lines))
        if length(text) <= room:
            return Fitted(text, left)
        kept.remove(max(kept, key=lambda pair: (pair[1].rank, pair[0])))
    return Fitted(words("report.more", n=len(rows)) if rows else Safe(""), len(rows))


def summary(report: Report, words: Words, *, limit: float | None) -> tuple[Row, ...]:
    """Versions, times, durations, impact and the validation."""
    rows = [_versions(report, words), _time(report, words), _duration(report, words, limit), impact(report, words)]
    return tuple(Row(row) for row in (*rows, _validation(report, words)) if row)


def impact(report: Report, words: Words) -> Safe:
    """How many requests failed, where that was found."""
    failed, requests = report.found.failed, report.found.requests
    if failed is None or not requests:
        return words("report.impact.unknown")
    figures = {"failed": words.count(failed), "requests": words.count(requests)}
    return words("report.impact", share=words.percent(failed / requests), **figures)


def evidence(report: Report, words: Words) -> tuple[Row, ...]:
    """What was seen when it was planned, numbered; the lower ranked leave first."""
    return tuple(
        Row(words("report.evidence.row", n=number, row=_evidence(point, words)), rank=number)
        for number, point in enumerate(report.evidence, start=1)
    )


def timeline(report: Report, words: Words, *, limit: float | None) -> tuple[Row, ...]:
    """What happened when, each row with its source. Repeated halts leave before the milestones do."""
    milestones = {"deployed", "spike", "decision", "initiated", "completed", "failed", "aborted", "recovered"}
    day = units.date(report.requested_at)
    return tuple(
        Row(_entry(entry, report, words, limit=limit, day=day), rank=KEEP if entry.code in milestones else _FIRST_TO_GO)
        for entry in report.timeline
    )


def lessons(report: Report, words: Words) -> tuple[Row, ...]:
    """What the figures suggest, and what people wrote. What is proposed leaves first, then the newest."""
    proposed = [Row(_lesson(point, words), rank=_FIRST_TO_GO) for point in report.proposed_lessons]
    own = [Row(_own(written, words), rank=KEEP) for written in report.lessons]
    return (*proposed, *own) or (Row(words("report.lessons.none")),)


def action_text(action: Action, words: Words) -> Safe:
    """The text of one check box, whole."""
    return escape(action.text) if action.text else words(f"report.action.{action.code}")


def action_note(action: Action, words: Words, *, names: Mapping[str, str]) -> Safe:
    """Who it is from, who has it, until when, and whether it is done."""
    return join(" · ", _notes(action, words, names))


def person_on(person: Person | None, at: int, text: str, words: Words) -> Safe:
    """A text with the name and the day of whoever wrote it."""
    return words("report.lesson.own", text=Safe(f'"{escape(text)}"'), who=words.who(person), date=units.date(at))


def _notes(action: Action, words: Words, names: Mapping[str, str]) -> Iterator[str]:
    if action.code:
        yield words("report.action.proposed")
    if action.by:
        yield words("report.action.by", who=words.who(action.by))
    if action.owner:
        owner = Person(team="", id=action.owner, name=names.get(action.owner, ""))
        yield words("report.action.owner", who=words.who(owner))
    if action.due:
        yield words("report.action.due", due=action.due)
    if action.due_at is not None and not action.done:
        yield words("report.action.due-at", date=units.date(action.due_at), minute=units.minute(action.due_at))
    if action.done and action.done_by:
        yield words("report.action.done", who=words.who(action.done_by))


def _versions(report: Report, words: Words) -> Safe:
    if not report.from_version and not report.to_version:
        return Safe("")
    before = _version(report, words, report.from_version, report.from_digest)
    after = _version(report, words, report.to_version, report.to_digest)
    key = "report.version.values" if report.from_version.startswith("@") else "report.version"
    return words(key, **{"from": before, "to": after})


def _version(report: Report, words: Words, label: str, digest: str) -> Safe:
    said = labelled(words, report.strategy, label)
    return words("report.version.one", version=said, image=_short(digest)) if digest else said


def _short(image: str) -> str:
    """A digest as people read it; a tag stays as it is."""
    algorithm, colon, digits = image.rpartition("@")[2].partition(":")
    return f"{algorithm}:{digits[:_DIGEST]}" if colon and algorithm == "sha256" else image


def _time(report: Report, words: Words) -> Safe:
    key = "report.time" if report.started_at is not None else "report.time.not-started"
    start = report.started_at if report.started_at is not None else report.requested_at
    return words(key, date=units.date(start), start=words.clock(start), end=words.clock(report.ended_at))


def _duration(report: Report, words: Words, limit: float | None) -> Safe:
    key = "report.duration" if report.started_at is not None else "report.duration.not-started"
    whole = words(key, duration=words.duration(report.duration_s), since_request=words.duration(report.since_request_s))
    return join(", ", (whole, _outage(report, words) if limit is not None else ""))


def _outage(report: Report, words: Words) -> Safe:
    if report.spike_at is None:
        return Safe("")
    if report.outage_s is None or report.recovered_at is None:
        return words("report.outage.open", start=words.clock(report.spike_at))
    span = {"start": words.clock(report.spike_at), "end": words.clock(report.recovered_at)}
    return words("report.outage", duration=words.duration(report.outage_s), **span)


def _validation(report: Report, words: Words) -> Safe:
    checks = report.checks
    if not checks:
        return Safe("")
    failed, unknown = len(report.failed_checks), len(report.unknown_checks)
    said = words("report.validation", passed=len(checks) - failed - unknown, all=len(checks))
    more = words("report.validation.more", failed=failed, unknown=unknown) if failed or unknown else ""
    return join(": ", (said, more))


def _evidence(point: Point, words: Words) -> Safe:
    seen = Figures(point.figures)
    if point.code.endswith("-errors"):
        shares = {side: words.percent(seen.number(side)) for side in ("canary", "stable")}
        return words(f"report.evidence.{point.code}", at=words.clock(seen.time("at")), **shares)
    return words(
        f"report.evidence.{point.code}", good=_short(seen.text("good") or ""), bad=_short(seen.text("bad") or "")
    )


def _entry(entry: Entry, report: Report, words: Words, *, limit: float | None, day: str) -> Safe:
    figures = Figures(entry.figures)
    step = figures.number("step")
    key = f"report.at.{entry.code}"
    keys = (f"{key}.by", key) if entry.by and words.has(f"{key}.by") else (key,)
    row = words.first(
        *keys,
        who=words.who(entry.by or report.requester),
        version=figures.text("version"),
        limit=words.limit(limit),
        step=None if step is None else int(step) + 1,
    )
    dated = units.date(entry.at) != day
    return words(
        "report.row.dated" if dated else "report.row",
        date=units.date(entry.at),
        clock=words.clock(entry.at),
        row=row,
        source=_source(entry, figures, words),
    )


def _source(entry: Entry, figures: Figures, words: Words) -> Safe:
    name = figures.text("replica_set")
    if entry.source == "kubernetes" and name:
        return words("report.source.kubernetes.named", name=name)
    return words.first(f"report.source.{entry.source}.{entry.code}", f"report.source.{entry.source}")


def _lesson(point: Point, words: Words) -> Safe:
    seen = Figures(point.figures)
    if point.code == "halted":
        return words("report.lesson.proposed", text=words.n("report.lesson.halted", seen.number("times")))
    told = words(f"report.lesson.{point.code}", duration=words.duration(seen.number("seconds")))
    return words("report.lesson.proposed", text=told)


def _own(written: Written, words: Words) -> Safe:
    return person_on(written.by, written.at, written.text, words)
