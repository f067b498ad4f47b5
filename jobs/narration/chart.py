"""The chart: drawn at the end of the work and again at the end of the watch, shown once Slack has processed it."""

from __future__ import annotations

from typing import Final

import structlog

from bot.domain.report import Report
from bot.views.chart import png
from bot.views.report_chart import alt_text, chart_of
from bot.views.words import get
from jobs.clients.errors import Temporary
from jobs.clients.slack import SlackUnreadable
from jobs.narration.cursor import ChartNote
from jobs.narration.desk import Desk, Later
from jobs.narration.files import share
from jobs.narration.measure import Measured, measure

LOOK_MS: Final = 500
TRIES: Final = 5
"""So often is Prometheus, or an upload, tried for one chart."""
TRY_MS: Final = 5_000
PROCESSING_MS: Final = 60_000
"""A chart that Slack has not processed after this goes into the thread instead (UX.md section 5)."""
FEWEST: Final = 2
"""A line needs two points."""

log = structlog.get_logger()


def keep_chart(desk: Desk, report: Report) -> None:
    """The chart of this stage is shown in the report, or in the thread.

    Raises:
        Later: it is not yet.
    """
    stage = "watched" if desk.rollback.watched else "ended"
    if desk.cursor.chart.stage != stage:
        old = desk.cursor.chart
        # The chart before stays in the report until the new one can take its place.
        desk.keep(chart=old.model_copy(update={"stage": stage, "next": "", "since": 0, "tries": 0, "tried_at": 0}))
    note = desk.cursor.chart
    if note.next:
        _wait(desk, report, note)
    elif note.since == 0 and note.tries < TRIES:
        _upload(desk, report, note)


def _upload(desk: Desk, report: Report, note: ChartNote) -> None:
    service = desk.service
    if service is None:
        return
    if desk.now() < note.tried_at + TRY_MS:
        raise Later(note.tried_at + TRY_MS, "the chart was tried a moment ago")
    _keep(desk, tries=note.tries + 1, tried_at=desk.now())
    try:
        measured = measure(desk.parts.clients.prometheus, service, desk.rollback, now=desk.now())
    except Temporary as error:
        raise Later(desk.now() + TRY_MS, str(error)) from error
    if len(measured.series) < FEWEST:
        raise Later(desk.now() + TRY_MS, "Prometheus has no series for the chart")
    limit = service.limits.error_share
    picture = png(chart_of(report, desk.rollback, measured.series, limit=limit))
    try:
        file = desk.slack.upload(f"{desk.rollback.id}.png", picture, title=_title(desk))
    except SlackUnreadable as error:
        # Shared nowhere, so that one that nobody knows of is seen by nobody.
        raise desk.trouble(error.problem) from error
    _keep(desk, next=file, next_alt=alt_text(report, measured.series, limit=limit), since=desk.now())
    _keep_found(desk, measured)
    raise Later(desk.now() + LOOK_MS, "the chart is being processed")


def _wait(desk: Desk, report: Report, note: ChartNote) -> None:
    try:
        processed = desk.slack.processed(note.next)
    except SlackUnreadable as error:
        raise desk.trouble(error.problem) from error
    if processed:
        _keep(desk, file=note.next, alt=note.next_alt, next="", next_alt="")
    elif desk.now() < note.since + PROCESSING_MS:
        raise Later(desk.now() + LOOK_MS, "the chart is being processed")
    else:
        log.warning("Slack did not process the chart; it goes into the thread", file=note.next)
        _into_thread(desk, report)


def _into_thread(desk: Desk, report: Report) -> None:
    service, key = desk.service, ""
    if service is not None:
        try:
            measured = measure(desk.parts.clients.prometheus, service, desk.rollback, now=desk.now())
        except Temporary as error:
            raise Later(desk.now() + TRY_MS, str(error)) from error
        picture = png(chart_of(report, desk.rollback, measured.series, limit=service.limits.error_share))
        key = share(desk, f"{desk.cursor.chart.stage}.png", picture, title=_title(desk))
    _keep(desk, done=key, next="", next_alt="")


def _title(desk: Desk) -> str:
    return get()("report.chart.file", service=desk.rollback.request.service, id=desk.rollback.id)


def _keep_found(desk: Desk, measured: Measured) -> None:
    """What Prometheus could not say when the report was posted."""
    if desk.cursor.report.found is None:
        desk.keep(report=desk.cursor.report.model_copy(update={"found": measured.found}))


def _keep(desk: Desk, *, done: str = "", **changes: object) -> None:
    desk.keep(done=done, chart=desk.cursor.chart.model_copy(update=changes))
