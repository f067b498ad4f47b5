"""The report as Slack shows it: UX.md section 5, within the caps of section 10."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.model import Json, JsonObject
from bot.domain.report import OPEN_ACTIONS, Action, Report
from bot.domain.rollback import Rollback, State
from bot.views import units
from bot.views.blocks import actions, context, header, mrkdwn, plain, present, section
from bot.views.break_glass import review
from bot.views.buttons import Action as Button
from bot.views.buttons import button, value_of
from bot.views.card_slots import labelled
from bot.views.message import Message
from bot.views.report_left import left
from bot.views.report_rows import (
    Fitted,
    Row,
    action_note,
    action_text,
    evidence,
    fitted,
    lessons,
    summary,
    timeline,
)
from bot.views.text import Safe, cut_end, join
from bot.views.text import units as length
from bot.views.words import FALLBACK, Words, get

SUMMARY, CAUSE, TIMELINE, LESSONS, LEFT = 900, 1_400, 1_800, 900, 900
"""Units that a section may hold (UX.md section 10)."""
HEAD = 12
"""Digits of the journal's head that are shown; the whole of it stands in the message's metadata."""
OPTION = 75
TEXT = 300
_USER = re.compile(r"[UW][A-Z0-9]{2,20}")
_GROUP = re.compile(r"S[A-Z0-9]{2,20}")


@dataclass(frozen=True)
class Setting:
    """What the report needs beside the rollback. `limit`: the error rate's, a share.

    `chart`: the id of a file that Slack has processed, with its `chart_alt`; "" while there is none.
    `group_id`: the approver group to call when it failed. `names`: user id → display name.
    """

    card_link: str
    limit: float | None = None
    chart: str = ""
    chart_alt: str = ""
    group_id: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    language: str = FALLBACK


@dataclass(frozen=True)
class Shown:
    """The report's message; `whole` is False when rows had no room and the Markdown belongs into the thread."""

    message: Message
    whole: bool


def show(report: Report, rollback: Rollback, setting: Setting) -> Shown:
    """The report as a message of at most twelve blocks."""
    words = get(setting.language)
    parts = {
        "summary": fitted(summary(report, words, limit=setting.limit), room=SUMMARY, words=words),
        "cause": cause(report, words),
        "timeline": fitted(timeline(report, words, limit=setting.limit), room=TIMELINE, words=words),
        "lessons": fitted(lessons(report, words), room=LESSONS, words=words),
    }
    whole = not any(part.left for part in parts.values())
    blocks = present(
        (
            header(title(report, words)),
            context(*_first(report, setting, words)),
            _review(rollback, words),
            _left(rollback, words),
            *(_titled(name, part, words) for name, part in list(parts.items())[:2]),
            _chart(setting),
            *(_titled(name, part, words) for name, part in list(parts.items())[2:]),
            _actions(report, rollback, setting, words),
            _buttons(rollback, words),
            context(*_foot(report, rollback, words, whole=whole)),
        )
    )
    return Shown(Message(text(report, words), blocks), whole)


def title(report: Report, words: Words) -> Safe:
    """The header: the date, the service, from which version to which, and how."""
    key = "report.title" if report.to_version else "report.title.no-version"
    return words(
        key,
        date=units.date(report.requested_at),
        service=report.service,
        strategy=report.strategy,
        **{
            "from": labelled(words, report.strategy, report.from_version),
            "to": labelled(words, report.strategy, report.to_version),
        },
    )


def text(report: Report, words: Words) -> Safe:
    """What phones show and a screen reader reads."""
    took = words("report.text.took", duration=words.duration(report.duration_s))
    told = words(
        "report.text",
        title=Safe(title(report, words).removesuffix(f" ({report.strategy})")),
        outcome=words(f"report.outcome.{report.state}"),
        took=took if report.duration_s is not None else Safe(""),
        impact=_impact_text(report, words),
        cause=words("report.text.cause" if report.causes else "report.text.no-cause"),
    )
    return cut_end(told, limit=TEXT)


def cause(report: Report, words: Words) -> Fitted:
    """The newest cause with its writer, then the evidence; evidence leaves first."""
    if not report.causes:
        rows = evidence(report, words)
        none = words("report.cause.none" if rows else "report.cause.no-evidence")
        return fitted((Row(none), *rows), room=CAUSE, words=words)
    newest, earlier = report.causes[-1], len(report.causes) - 1
    by = {"who": words.who(newest.by), "date": units.date(newest.at), "minute": words.minute(newest.at)}
    rows = evidence(report, words)
    room = CAUSE - 200
    told = words("report.cause.by", text=cut_end(newest.text, limit=room), **by)
    more = (Row(words.n("report.cause.earlier", earlier), rank=1),) if earlier else ()
    told_evidence = (Row(words("report.cause.evidence"), rank=1), *rows) if rows else ()
    part = fitted((Row(told), *more, *told_evidence), room=CAUSE, words=words)
    return Fitted(part.text, part.left + (length(newest.text) > room))


def _impact_text(report: Report, words: Words) -> Safe:
    failed, requests = report.found.failed, report.found.requests
    if failed is None or not requests:
        return Safe("")
    share = words.percent(failed / requests)
    if report.outage_s is None:
        return words("report.text.impact-only", share=share)
    return words("report.text.impact", share=share, outage=words.duration(report.outage_s))


def _first(report: Report, setting: Setting, words: Words) -> tuple[Safe, ...]:
    requester = report.requester
    who = Safe(f"<@{requester.id}>") if _USER.fullmatch(requester.id) else words.who(requester)
    group = report.state in {State.FAILED, State.UNVERIFIED} and _GROUP.fullmatch(setting.group_id)
    called = join(" ", (Safe(f"<!subteam^{setting.group_id}>") if group else "", who))
    outcome = words(f"report.outcome.{report.state}")
    parts: list[Safe] = [words("report.first", who=called, id=report.rollback_id, outcome=outcome)]
    if report.approvers:
        parts.append(words("report.approved-by", names=join(", ", (words.who(p) for p in report.approvers))))
    if setting.card_link:
        parts.append(words("report.card", link=Safe(setting.card_link)))
    return (join(" · ", parts),)


def _left(rollback: Rollback, words: Words) -> JsonObject | None:
    told = left(rollback, words)
    return section(told, limit=LEFT) if told else None


def _review(rollback: Rollback, words: Words) -> JsonObject | None:
    told = review(words, rollback)
    return section(told, limit=LEFT) if told else None


def _titled(name: str, part: Fitted, words: Words) -> JsonObject:
    return section(Safe(f"{words(f'report.{name}')}\n{part.text}"))


def _chart(setting: Setting) -> JsonObject | None:
    if not setting.chart:
        return None
    return {"type": "image", "slack_file": {"id": setting.chart}, "alt_text": setting.chart_alt or setting.chart}


def _actions(report: Report, rollback: Rollback, setting: Setting, words: Words) -> JsonObject:
    open_, done = [a for a in report.actions if not a.done], [a for a in report.actions if a.done]
    told = words("report.actions", open=len(open_), done=len(done))
    over = len(open_) - OPEN_ACTIONS
    if over > 0:
        told = join("\n", (told, words("report.actions.more", n=over)))
    block: JsonObject = {"type": "section", "block_id": f"tick:{rollback.id}:{rollback.seq}", "text": mrkdwn(told)}
    boxes = _boxed(report.actions)
    if boxes:
        block["accessory"] = _checkboxes(boxes, setting, words)
    return block


def _boxed(actions_: Sequence[Action]) -> list[Action]:
    """The ten boxes: the oldest open ones first, then done ones while there is room, in the order they were made."""
    order = sorted(range(len(actions_)), key=lambda place: (actions_[place].done, place))
    return [actions_[place] for place in sorted(order[:OPEN_ACTIONS])]


def _checkboxes(boxes: list[Action], setting: Setting, words: Words) -> JsonObject:
    options: list[Json] = [_option(action, setting, words) for action in boxes]
    ticked = [option for option, action in zip(options, boxes, strict=True) if action.done]
    made: JsonObject = {"type": "checkboxes", "action_id": Button.TICK.value, "options": options}
    return {**made, "initial_options": ticked} if ticked else made


def _option(action: Action, setting: Setting, words: Words) -> JsonObject:
    note = cut_end(action_note(action, words, names=setting.names), limit=OPTION)
    option: JsonObject = {"text": plain(cut_end(action_text(action, words), limit=OPTION)), "value": action.id}
    return {**option, "description": plain(note)} if note else option


def _buttons(rollback: Rollback, words: Words) -> JsonObject:
    row = [button(words, action, value=value_of(rollback)) for action in (Button.CAUSE, Button.LESSON)]
    return actions(row, block_id=f"act:{rollback.id}:{rollback.seq}")


def _foot(report: Report, rollback: Rollback, words: Words, *, whole: bool) -> tuple[Safe, ...]:
    """With the journal's head: kept outside the store, it shows later whether the journal was changed."""
    anchor = words("report.anchor", id=rollback.id, events=rollback.seq, head=Safe(rollback.head[:HEAD]))
    parts = [Safe(report.rollback_id), words("report.command", id=report.rollback_id), anchor]
    if report.last_edit is not None:
        parts.append(words.n("report.edits", report.edits, who=words.who(report.last_edit.by)))
    if not whole:
        parts.append(words("report.whole"))
    return (join(" · ", parts),)
