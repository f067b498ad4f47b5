"""Modals: why not, the root cause, a lesson or an action. The callback id is the action that opened the form.

`private_metadata` is the button's value; each input's action id is its field's name. A submit is judged anew.
"""

from __future__ import annotations

from bot.domain.approval import Policy
from bot.domain.model import Json, JsonObject
from bot.domain.people import Group
from bot.domain.rollback import Rollback
from bot.views import details as all_details
from bot.views import words
from bot.views.blocks import mrkdwn, plain
from bot.views.buttons import Action, value_of
from bot.views.card_slots import place
from bot.views.text import cut_end, plain_text
from bot.views.words import Words

TITLE_LIMIT = 24
WHY, CAUSE, LESSON, ACTION, OWNER, DUE, TICKET = "why", "cause", "lesson", "action", "owner", "due", "ticket"
LENGTHS = {WHY: 200, CAUSE: 2_000, LESSON: 300, ACTION: 75}
"""Characters that each field takes (UX.md, sections 2 and 6)."""


def why(rollback: Rollback, *, action: Action, language: str = words.FALLBACK) -> JsonObject:
    """Reject, Cancel or Withdraw: one optional field "Why"."""
    spoken = words.get(language)
    about = _about(spoken("modal.why.about", place=place(spoken, rollback)))
    return _form(
        spoken,
        rollback,
        action,
        title=spoken(f"modal.why.{action}.title", id=rollback.id),
        submit=spoken(f"modal.why.{action}.submit"),
        blocks=[about, _input(spoken, WHY, _text(WHY), hint="modal.why.hint")],
    )


def cause(rollback: Rollback, *, text: str = "", language: str = words.FALLBACK) -> JsonObject:
    """The root cause; `text` is what stands there now."""
    spoken = words.get(language)
    field = _input(spoken, CAUSE, _text(CAUSE, initial=text, multiline=True), hint="modal.cause.hint", optional=False)
    title, save = spoken("modal.cause.title"), spoken("modal.save")
    return _form(spoken, rollback, Action.CAUSE, title=title, submit=save, blocks=[field])


def lesson_or_action(rollback: Rollback, *, language: str = words.FALLBACK) -> JsonObject:
    """A lesson, an action with owner, due date and ticket, or both."""
    spoken = words.get(language)
    fields: list[JsonObject] = [
        _input(spoken, LESSON, _text(LESSON, multiline=True)),
        _input(spoken, ACTION, _text(ACTION)),
        _input(spoken, OWNER, {"type": "users_select", "action_id": OWNER}),
        _input(spoken, DUE, {"type": "datepicker", "action_id": DUE}),
        _input(spoken, TICKET, {"type": "url_text_input", "action_id": TICKET}),
    ]
    title, save = spoken("modal.lesson.title"), spoken("modal.save")
    about = _about(spoken("modal.lesson.about"))
    return _form(spoken, rollback, Action.LESSON, title=title, submit=save, blocks=[about, *fields])


def newer(text: str, *, by: str, language: str = words.FALLBACK) -> str:
    """What stands at the field when somebody else saved a newer text: theirs."""
    return plain_text(words.get(language)("modal.newer", who=f"@{by}", text=cut_end(text, limit=300)))


def details(rollback: Rollback, *, group: Group | None = None, language: str = words.FALLBACK) -> JsonObject:
    """Every step with its parameters, query, live value, and who may approve. Read-only."""
    spoken = words.get(language)
    blocks: list[Json] = list(all_details.blocks_of(spoken, rollback, group=group or _unread(rollback.policy)))
    return {
        "type": "modal",
        "title": plain(cut_end(spoken("modal.details.title", id=rollback.id), limit=TITLE_LIMIT)),
        "close": plain(spoken("modal.details.close")),
        "blocks": blocks,
    }


def _unread(policy: Policy | None) -> Group | None:
    return Group(name=policy.group, members=(), read_at=None) if policy else None


def _form(
    spoken: Words, rollback: Rollback, action: Action, *, title: str, submit: str, blocks: list[JsonObject]
) -> JsonObject:
    made: list[Json] = list(blocks)
    return {
        "type": "modal",
        "callback_id": action.value,
        "private_metadata": value_of(rollback),
        "title": plain(cut_end(title, limit=TITLE_LIMIT)),
        "submit": plain(cut_end(submit, limit=TITLE_LIMIT)),
        "close": plain(spoken("modal.close")),
        "blocks": made,
    }


def _about(text: str) -> JsonObject:
    return {"type": "context", "elements": [mrkdwn(text)]}


def _input(spoken: Words, field: str, element: JsonObject, *, hint: str = "", optional: bool = True) -> JsonObject:
    made: JsonObject = {
        "type": "input",
        "block_id": field,
        "optional": optional,
        "label": plain(spoken(f"modal.{field}.label")),
        "element": element,
    }
    if hint:
        made["hint"] = plain(spoken(hint))
    return made


def _text(field: str, *, initial: str = "", multiline: bool = False) -> JsonObject:
    made: JsonObject = {
        "type": "plain_text_input",
        "action_id": field,
        "multiline": multiline,
        "max_length": LENGTHS[field],
    }
    if initial:
        # A field shows its text as it is: escapes would be read, and saved, as part of it.
        made["initial_value"] = initial[: LENGTHS[field]]
    return made
