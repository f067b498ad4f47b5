"""Calls: the lines that mention somebody. Each is made once, outside the card's thread, and edited to its outcome."""

from __future__ import annotations

from typing import Final

from bot.domain.people import Person
from bot.views.calls import Call, calls, outcome
from bot.views.message import Message
from jobs.clients.pace import Urgency
from jobs.clients.slack import RateLimited, SlackUnreadable, Unclear
from jobs.narration.cursor import CallNote
from jobs.narration.desk import Desk, Later

GROUP_MS: Final = 10_000
GROUP_LOOK_MS: Final = 500


def make(desk: Desk) -> None:
    """Everybody whom this state calls has been called.

    Raises:
        Later: somebody has not been yet.
    """
    for call in _wanted(desk):
        if call.key not in desk.cursor.calls and call.outcome is None:
            _call(desk, call)


def close(desk: Desk) -> None:
    """Every call whose matter is settled says how.

    Raises:
        Later: one does not yet.
    """
    for key, note in desk.cursor.calls.items():
        told = None if note.closed else outcome(key, desk.rollback, card_link=desk.cursor.card_link)
        if told is not None:
            # A call that was deleted meanwhile is settled too.
            desk.edit(f"call:{key}", Message(told, ()), channel=note.channel, ts=note.ts)
            _note(desk, key, note.model_copy(update={"text": told, "closed": True}))


def _wanted(desk: Desk) -> tuple[Call, ...]:
    group = desk.rollback.policy.group if desk.rollback.policy else ""
    group_id = desk.parts.directory.group_id(group) if group else ""
    listed, link = _listed(desk), desk.cursor.card_link
    made = calls(
        desk.rollback,
        card_link=link,
        group_id=group_id,
        now=desk.now(),
        listed=listed,
        ordinary_id=_ordinary_id(desk),
    )
    if not group_id and not listed and any(call.to == "group" for call in made):
        _wait_for_group(desk)
    return made


def _ordinary_id(desk: Desk) -> str:
    """The group that would else have approved, where the glass was broken: it is called too."""
    if not desk.rollback.request.break_glass or desk.service is None:
        return ""
    return desk.parts.directory.group_id(desk.service.approval.group)


def _wait_for_group(desk: Desk) -> None:
    """A call that mentions nobody wakes nobody: the group's id is worth a short wait for the directory's first copy."""
    now = desk.now()
    if now < (desk.rollback.planned_at or 0) + GROUP_MS:
        desk.parts.directory.ask_refresh()
        raise Later(now + GROUP_LOOK_MS, "the approver group was not read yet")


def _listed(desk: Desk) -> tuple[Person, ...]:
    """The people whom the catalog lists as approvers instead of naming a group."""
    users = desk.service.approval.users if desk.service else ()
    return tuple(Person(team=desk.rollback.request.by.team, id=user, name=desk.name(user)) for user in users)


def _call(desk: Desk, call: Call) -> None:
    channel = _place(desk, call)
    try:
        posted, _ = desk.post(f"call:{call.key}", Message(call.text, ()), channel=channel, urgency=Urgency.FIRST)
    except Later:
        if channel == desk.channel or f"call:{call.key}" in desk.cursor.posting:
            raise
        # Their direct messages take nothing: they are called where everybody is.
        posted, _ = desk.post(f"call:{call.key}", Message(call.text, ()), urgency=Urgency.FIRST)
    made = CallNote(ts=posted.ts, channel=posted.channel or channel, text=call.text)
    _note(desk, call.key, made)


def adopt(desk: Desk, key: str, *, channel: str, ts: str) -> None:
    """A call that stands there although nobody remembers it: it is to show its outcome like every other."""
    _note(desk, key, CallNote(ts=ts, channel=channel, text=""))


def _place(desk: Desk, call: Call) -> str:
    """One person is called in their direct messages, several and groups in the channel."""
    if call.to == "group" or len(call.people) != 1:
        return desk.channel
    try:
        return desk.slack.direct(call.people[0].id) or desk.channel
    except SlackUnreadable as error:
        if isinstance(error.problem, RateLimited | Unclear):
            raise desk.trouble(error.problem) from error
        return desk.channel


def _note(desk: Desk, key: str, note: CallNote) -> None:
    desk.keep(done=f"call:{key}", calls={**desk.cursor.calls, key: note})
