"""The report: posted once when the work has ended, told to the journal, and edited as more becomes known."""

from __future__ import annotations

import hashlib

import structlog

from bot.domain.events import Kind, NewEvent
from bot.domain.model import JsonObject
from bot.domain.report import Report, build
from bot.domain.rollback import ENDED_AFTER_WORK
from bot.store import Conflict
from bot.views.report import Setting, Shown, show
from bot.views.report_markdown import markdown
from bot.views.words import get
from jobs.clients.errors import Temporary
from jobs.clients.slack import NotThere
from jobs.narration.chart import keep_chart
from jobs.narration.desk import Desk, Later, fingerprint
from jobs.narration.files import share
from jobs.narration.measure import measure

log = structlog.get_logger()


def keep_up(desk: Desk) -> None:
    """The report stands in the channel and says what the journal says.

    Raises:
        Later: not all of it does yet.
    """
    if desk.rollback.state not in ENDED_AFTER_WORK:
        return
    if not desk.cursor.report.ts:
        _post(desk)
    _tell_journal(desk)
    chart_later = _chart(desk)
    _edit(desk)
    if chart_later is not None:
        raise chart_later


def _post(desk: Desk) -> None:
    _measure(desk)
    shown = _shown(desk)
    number = desk.cursor.report.number
    key = f"report:{number}"
    posted, _ = desk.post(key, shown.message, payload=_anchor(desk))
    _keep(desk, done=key, ts=posted.ts, link="", hash=fingerprint(shown.message))


def _anchor(desk: Desk) -> JsonObject:
    """The journal's head as this message knew it, whole: audit compares it with the journal."""
    return {"seq": desk.rollback.seq, "head": desk.rollback.head}


def _tell_journal(desk: Desk) -> None:
    """One event a message: the thread's line with the link comes from the journal like every other."""
    note = desk.cursor.report
    if not note.link:
        _keep(desk, link=desk.permalink(desk.channel, note.ts))
        note = desk.cursor.report
    if any(event.kind is Kind.REPORTED and event.data.get("ts") == note.ts for event in desk.events):
        return
    found = note.found.model_dump(mode="json") if note.found else None
    data = {"channel": desk.channel, "ts": note.ts, "link": note.link, "found": found}
    told = NewEvent.model_validate({"kind": Kind.REPORTED, "data": data})
    snapshot = desk.parts.store.load(desk.rollback.id)
    try:
        desk.parts.store.transition(snapshot, [told], command_id=f"reported:{desk.rollback.id}:{note.ts}")
    except Conflict as conflict:
        raise Later(0, "the journal moved") from conflict
    raise Later(0, "the report is in the journal")


def _chart(desk: Desk) -> Later | None:
    """The chart may come late; the text does not wait for it."""
    try:
        keep_chart(desk, _report(desk))
    except Later as later:
        return later
    return None


def _edit(desk: Desk) -> None:
    shown = _shown(desk)
    changed = fingerprint(shown.message)
    note = desk.cursor.report
    if changed != note.hash:
        key = f"report:{note.number}"
        answer = desk.edit(key, shown.message, channel=desk.channel, ts=note.ts, payload=_anchor(desk))
        if isinstance(answer, NotThere):
            _keep(desk, ts="", link="", hash="", number=note.number + 1)
            raise Later(0, "the report was gone")
        _keep(desk, hash=changed)
    if not shown.whole:
        _whole_text(desk)


def _whole_text(desk: Desk) -> None:
    """What had no room in the message stands in the thread as a file, anew when it changes."""
    content = markdown(_report(desk), desk.rollback, limit=_limit(desk)).encode()
    changed = hashlib.sha256(content).hexdigest()
    if changed == desk.cursor.report.whole_hash:
        return
    title = get()("report.file.title", id=desk.rollback.id)
    key = share(desk, f"{changed[:8]}.md", content, title=title)
    _keep(desk, done=key, whole_hash=changed)


def _measure(desk: Desk) -> None:
    """What the metrics show is kept with the report: they are forgotten sooner than it is read."""
    service = desk.service
    if desk.cursor.report.found is not None or service is None:
        return
    try:
        measured = measure(desk.parts.clients.prometheus, service, desk.rollback, now=desk.now())
    except Temporary as error:
        log.warning("the report has no figures from Prometheus", error=str(error))
        return
    _keep(desk, found=measured.found)


def _report(desk: Desk) -> Report:
    return build(desk.rollback, desk.events, found=desk.cursor.report.found)


def _shown(desk: Desk) -> Shown:
    report = _report(desk)
    chart = desk.cursor.chart
    policy = desk.rollback.policy
    owners = {action.owner for action in report.actions if action.owner}
    return show(
        report,
        desk.rollback,
        Setting(
            card_link=desk.cursor.card_link,
            limit=_limit(desk),
            chart=chart.file,
            chart_alt=chart.alt,
            group_id=desk.parts.directory.group_id(policy.group) if policy else "",
            names={owner: desk.name(owner) for owner in owners},
        ),
    )


def _limit(desk: Desk) -> float | None:
    return desk.service.limits.error_share if desk.service else None


def _keep(desk: Desk, *, done: str = "", **changes: object) -> None:
    desk.keep(done=done, report=desk.cursor.report.model_copy(update=changes))
