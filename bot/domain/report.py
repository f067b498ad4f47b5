"""The report: what a rollback's journal says once it has ended, as data (REQUIREMENTS.md R17). Views hold the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain.events import Event, Kind
from bot.domain.model import Json, JsonObject, Value
from bot.domain.people import Person
from bot.domain.rollback import Rollback, State
from bot.domain.verdict import Verdict

CAUSE_DUE_MS = 24 * 3600 * 1000
"""The root cause is asked for within a day of the end."""

SLOW_APPROVAL_S = 60
"""Seconds from the plan to the last approval from which on it is worth a lesson; reading a card takes part of it."""

OPEN_ACTIONS = 10
"""Slack's checkboxes hold ten options."""


class Found(Value):
    """What was found in the metrics afterwards: no event tells it, so it is kept with the report.

    `spike_at`: Redis ms of the first sample over the limit. `failed` of `requests`: counts from there to the recovery.
    """

    spike_at: int | None = None
    failed: float | None = None
    requests: float | None = None


class Entry(Value):
    """One row of the timeline. `at` is Redis ms. `source`: slack, terminal, journal, kubernetes or prometheus."""

    code: str
    at: int
    source: str
    by: Person | None = None
    figures: JsonObject = {}


class Written(Value):
    """A text that a person added, and when (Redis ms)."""

    text: str
    by: Person | None
    at: int


class Point(Value):
    """A fact beside the cause (evidence), or a lesson the figures suggest: a code and its figures."""

    code: str
    figures: JsonObject = {}


class Action(Value):
    """One check box. A proposed one has a `code`, a person's a text and a writer. `due` is an ISO date or ""."""

    id: str
    code: str = ""
    text: str = ""
    by: Person | None = None
    owner: str = ""
    due: str = ""
    due_at: int | None = None
    ticket: str = ""
    done: bool = False
    done_by: Person | None = None


class Report(Value):
    """Everything the report says. Times are Redis ms, durations seconds; None is "not known", never zero.

    `production`: what production looked like at the end. `checks`: dumps of the validation's `Check`s.
    `from_digest`, `to_digest`: the images' ("sha256:…"), "" where the pods did not report one.
    `causes`: every text written as the cause, oldest first; the newest counts. `edits`: additions by people.
    """

    rollback_id: str
    state: State
    service: str
    strategy: str
    from_version: str
    to_version: str
    from_digest: str
    to_digest: str
    requester: Person
    reason: str
    approvers: tuple[Person, ...]
    requested_at: int
    started_at: int | None
    ended_at: int
    duration_s: float | None
    since_request_s: float
    outage_s: float | None
    found: Found
    spike_at: int | None
    recovered_at: int | None
    watch_until: int | None
    normalised: bool | None
    end: JsonObject
    production: JsonObject
    checks: tuple[JsonObject, ...]
    evidence: tuple[Point, ...]
    causes: tuple[Written, ...]
    timeline: tuple[Entry, ...]
    proposed_lessons: tuple[Point, ...]
    lessons: tuple[Written, ...]
    actions: tuple[Action, ...]
    edits: int
    last_edit: Written | None

    @property
    def failed_checks(self) -> tuple[JsonObject, ...]:
        """The validation's checks that failed."""
        return tuple(c for c in self.checks if c.get("verdict") == Verdict.FAIL)

    @property
    def unknown_checks(self) -> tuple[JsonObject, ...]:
        """The validation's checks that could not be known."""
        return tuple(c for c in self.checks if c.get("verdict") == Verdict.UNKNOWN)


def build(rollback: Rollback, events: Sequence[Event], *, found: Found | None = None) -> Report:
    """The report of a rollback that has ended, from its journal.

    `found` is what the metrics showed afterwards; without it, what the journal kept when the report was posted.

    Raises:
        ValueError: the rollback has not ended.
    """
    if rollback.ended_at is None:
        raise ValueError(f"{rollback.id} is {rollback.state}: a report is written when a rollback has ended")
    found = found or _kept(events)
    outage = _seconds(found.spike_at, rollback.recovered_at)
    causes = tuple(_written(e) for e in _annotations(events, "cause"))
    edits = [e for e in events if e.kind is Kind.ANNOTATED]
    timeline = _timeline(rollback, events, found)
    return Report(
        rollback_id=rollback.id,
        state=rollback.state,
        service=rollback.request.service,
        strategy=rollback.request.strategy,
        from_version=rollback.plan.from_version if rollback.plan else "",
        to_version=rollback.plan.to_version if rollback.plan else "",
        from_digest=str(_of_side(rollback, "from", "digest") or ""),
        to_digest=str(_of_side(rollback, "to", "digest") or ""),
        requester=rollback.request.by,
        reason=rollback.request.reason,
        approvers=tuple({a.person.key: a.person for a in rollback.approvals if a.digest == rollback.digest}.values()),
        requested_at=rollback.requested_at,
        started_at=rollback.started_at,
        ended_at=rollback.ended_at,
        duration_s=_seconds(_quorum_at(events) or rollback.started_at, rollback.ended_at),
        since_request_s=(rollback.ended_at - rollback.requested_at) / 1000,
        outage_s=outage if outage is not None and outage >= 0 else None,
        found=found,
        spike_at=found.spike_at,
        recovered_at=rollback.recovered_at,
        watch_until=rollback.watch_until,
        normalised=_normalised(events),
        end=rollback.last,
        production=_object(rollback.last.get("production")),
        checks=_validation(rollback),
        evidence=tuple(_evidence(rollback)),
        causes=causes,
        timeline=timeline,
        proposed_lessons=tuple(_lessons(rollback, events, found)),
        lessons=tuple(_written(e) for e in _annotations(events, "lesson")),
        actions=_actions(rollback, events),
        edits=len(edits),
        last_edit=_written(edits[-1]) if edits else None,
    )


def first_over(
    series: Sequence[tuple[float, float]], *, limit: float, since: float | None = None, until: float | None = None
) -> float | None:
    """The time of the first sample over the limit between two times (all Unix seconds); None when there is none."""
    return next(
        (t for t, v in series if v > limit and (since is None or t >= since) and (until is None or t <= until)), None
    )


def shown(rollback: Rollback, name: str) -> Json:
    """A fact that the plan shows, by name; None where the plan has none."""
    fact = rollback.plan.shown.get(name) if rollback.plan else None
    return fact.value if fact else None


def _of_side(rollback: Rollback, side: str, what: str) -> Json:
    """The image or digest it went back from or to. A canary's plan names its sides by their roles."""
    role = {"from": "canary", "to": "stable"}[side]
    return shown(rollback, f"{side}_{what}") or shown(rollback, f"{role}_{what}")


def deployed_at(rollback: Rollback) -> int | None:
    """When the version that was taken back had been deployed, in ms; None when it is not known."""
    value = shown(rollback, "deployed_at")
    return int(value) if isinstance(value, int | float) else None


def _timeline(rollback: Rollback, events: Sequence[Event], found: Found) -> tuple[Entry, ...]:
    rows: list[Entry] = []
    if (at := deployed_at(rollback)) is not None:
        figures: JsonObject = {"version": rollback.plan.from_version if rollback.plan else ""}
        figures["replica_set"] = shown(rollback, "replica_set")
        rows.append(Entry(code="deployed", at=at, source="kubernetes", figures=figures))
    if found.spike_at is not None:
        rows.append(Entry(code="spike", at=found.spike_at, source="prometheus"))
    rows += [entry for event in events for entry in _entries(rollback, event)]
    if rollback.watch_until is not None and _normalised(events) is None:
        rows.append(Entry(code="watching", at=rollback.watch_until, source="prometheus"))
    return tuple(sorted(rows, key=lambda entry: entry.at))


def _entries(rollback: Rollback, event: Event) -> Iterator[Entry]:
    code = {
        Kind.REQUESTED: "decision",
        Kind.QUORUM: "initiated",
        Kind.HALTED: "halted",
        Kind.RETRIED: "retried",
        Kind.SKIPPED: "skipped",
        Kind.TAKEN_OVER: "taken-over",
        Kind.ABORTED: "aborted",
        Kind.SUCCEEDED: "completed",
        Kind.UNVERIFIED: "completed",
        Kind.FAILED: "failed",
        Kind.NORMALISED: "normalised",
        Kind.NOT_NORMALISED: "not-normalised",
    }.get(event.kind)
    if event.kind is Kind.RECOVERED and rollback.recovered_at is not None:
        yield Entry(code="recovered", at=rollback.recovered_at, source="prometheus", figures=event.data)
    elif code is not None:
        spoken = event.by.via if event.by and event.by.via else "slack"
        source = spoken if event.kind is Kind.REQUESTED else "journal"
        source = "prometheus" if event.kind in {Kind.NORMALISED, Kind.NOT_NORMALISED} else source
        figures = {**_object(event.data.get("figures")), "step": event.data.get("step")}
        yield Entry(code=code, at=event.at, source=source, by=event.by, figures=figures)


def _evidence(rollback: Rollback) -> Iterator[Point]:
    canary, stable = shown(rollback, "canary_error_share"), shown(rollback, "stable_error_share")
    if canary is not None or stable is not None:
        figures: JsonObject = {"canary": canary, "stable": stable, "at": rollback.planned_at}
        yield Point(code="differs-errors" if _apart(canary, stable) else "same-errors", figures=figures)
    bad, good = (_of_side(rollback, side, "digest") for side in ("from", "to"))
    if not bad or not good:
        bad, good = (_of_side(rollback, side, "image") for side in ("from", "to"))
    if bad and good:
        yield Point(code="differs-image" if bad != good else "same-image", figures={"bad": bad, "good": good})


def _apart(one: Json, other: Json) -> bool:
    if not isinstance(one, int | float) or not isinstance(other, int | float):
        return False
    return abs(one - other) > max(0.005, min(one, other))


def _lessons(rollback: Rollback, events: Sequence[Event], found: Found) -> Iterator[Point]:
    to_decision = _seconds(found.spike_at, rollback.requested_at)
    if to_decision is not None and to_decision > 0:
        yield Point(code="spike-to-decision", figures={"seconds": to_decision})
    to_quorum = _seconds(rollback.planned_at, _quorum_at(events))
    if to_quorum is not None and to_quorum >= SLOW_APPROVAL_S:
        yield Point(code="plan-to-quorum", figures={"seconds": to_quorum})
    halts = sum(1 for e in events if e.kind is Kind.HALTED)
    if halts:
        yield Point(code="halted", figures={"times": halts})


def _actions(rollback: Rollback, events: Sequence[Event]) -> tuple[Action, ...]:
    ended = rollback.ended_at or rollback.requested_at
    written = any(True for _ in _annotations(events, "cause"))
    actions = [Action(id="cause", code="write-cause", due_at=ended + CAUSE_DUE_MS, done=written)]
    if rollback.state in {State.ABORTED, State.FAILED} and rollback.touched:
        actions.insert(0, Action(id="finish", code="finish"))
    if rollback.state is State.UNVERIFIED:
        actions.insert(0, Action(id="verify", code="verify"))
    if rollback.request.break_glass:
        actions.insert(0, Action(id="review", code="review"))
    actions += [_action(event) for event in _annotations(events, "action")]
    ticks = {str(e.data.get("id")): e for e in events if _what(e) in {"done", "open"}}
    return tuple(
        a.model_copy(update={"done": _what(ticks[a.id]) == "done", "done_by": ticks[a.id].by}) if a.id in ticks else a
        for a in actions
    )


def _action(event: Event) -> Action:
    text = {key: str(event.data.get(key) or "") for key in ("text", "owner", "due", "ticket")}
    return Action(id=str(event.data.get("id") or event.seq), by=event.by, **text)


def _annotations(events: Sequence[Event], what: str) -> Iterator[Event]:
    return (event for event in events if _what(event) == what)


def _what(event: Event) -> Json:
    return event.data.get("what") if event.kind is Kind.ANNOTATED else None


def _written(event: Event) -> Written:
    return Written(text=str(event.data.get("text") or ""), by=event.by, at=event.at)


def _validation(rollback: Rollback) -> tuple[JsonObject, ...]:
    """The last step is the validation; it has no checks when the run did not come so far."""
    return rollback.steps[-1].checks if rollback.steps else ()


def _quorum_at(events: Sequence[Event]) -> int | None:
    return next((event.at for event in events if event.kind is Kind.QUORUM), None)


def _normalised(events: Sequence[Event]) -> bool | None:
    watched = [e.kind for e in events if e.kind in {Kind.NORMALISED, Kind.NOT_NORMALISED}]
    return watched[-1] is Kind.NORMALISED if watched else None


def _kept(events: Sequence[Event]) -> Found:
    kept = [e.data["found"] for e in events if e.kind is Kind.REPORTED and e.data.get("found")]
    return Found.model_validate(kept[-1]) if kept else Found()


def _seconds(start: int | None, end: int | None) -> float | None:
    # In the whole seconds in which both are printed, so that the reader's own subtraction gives the same.
    return None if start is None or end is None else float(end // 1000 - start // 1000)


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
