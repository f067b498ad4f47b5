"""Submitted forms. What was typed is judged anew; a no stands at the field, and the form stays open with its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App

from bot import service
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.views import forms
from bot.views.buttons import Action, ButtonValue, parse_value
from handlers.front import Front, Payload, answered, speaker


@dataclass(frozen=True)
class Submitted:
    """A submitted form: who, what it is for, what was typed by field, and the id that makes it count once."""

    front: Front
    person: Person
    button: ButtonValue
    fields: Mapping[str, str]
    command_id: str


def reject(form: Submitted) -> None:
    """An approver's no, with its reason."""
    b = form.button
    service.reject(
        form.front.desk,
        b.rollback_id,
        digest=b.digest,
        person=form.person,
        why=form.fields.get("why", ""),
        command_id=form.command_id,
    )


def withdraw(form: Submitted) -> None:
    """The requester takes it back."""
    service.withdraw(
        form.front.desk,
        form.button.rollback_id,
        person=form.person,
        why=form.fields.get("why", ""),
        command_id=form.command_id,
    )


def cause(form: Submitted) -> None:
    """The root cause, as this person writes it."""
    service.annotate(
        form.front.desk,
        form.button.rollback_id,
        what="cause",
        text=form.fields.get("cause", ""),
        person=form.person,
        seen=form.button.seq,
        command_id=form.command_id,
    )


def lesson(form: Submitted) -> None:
    """A lesson, an action item, or both."""
    fields = form.fields
    if not fields.get("lesson") and not fields.get("action"):
        raise Refused(Code.BAD_VALUE, option="lesson", given="", why="length", allowed=[], limit=300)
    for what in ("lesson", "action"):
        if fields.get(what):
            service.annotate(
                form.front.desk,
                form.button.rollback_id,
                what=what,
                text=fields[what],
                person=form.person,
                owner=fields.get("owner", "") if what == "action" else "",
                due=fields.get("due", "") if what == "action" else "",
                ticket=fields.get("ticket", "") if what == "action" else "",
                command_id=f"{form.command_id}/{what}",
            )


FORMS: Mapping[Action, Callable[[Submitted], None]] = {
    Action.REJECT: reject,
    Action.CANCEL: withdraw,
    Action.WITHDRAW: withdraw,
    Action.CAUSE: cause,
    Action.LESSON: lesson,
}
"""What each form does, by the action that opened it: its callback id."""


def register(app: App, front: Front) -> None:
    """Listen to every form."""
    for action, act in FORMS.items():
        _listen(app, front, action, act)


def _listen(app: App, front: Front, action: Action, act: Callable[[Submitted], None]) -> None:
    @app.view(action.value)
    def submitted(ack: Ack, body: dict[str, Any], view: dict[str, Any]) -> None:
        problem = _done(lambda: act(_read(front, body, view)))
        if problem:
            ack(response_action="errors", errors={_error_block(view): problem})
        else:
            ack()


def _done(act: Callable[[], None]) -> str:
    """Do it; what stands at the field when it could not be done."""
    try:
        message = answered(act)
    except service.NewerText as newer:
        return forms.newer(newer.text, by=newer.by)
    return message.text if message else ""


def _read(front: Front, body: Payload, view: Payload) -> Submitted:
    button = parse_value(str(view.get("private_metadata") or ""))
    if button is None:
        raise Refused(Code.STALE_BUTTON, what="form", why="tampered")
    return Submitted(
        front=front,
        person=speaker(body),
        button=button,
        fields=_fields(view),
        command_id=f"view/{view.get('id')}/{view.get('hash')}",
    )


def _fields(view: Payload) -> dict[str, str]:
    """What was typed or chosen, by the action id of each field."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    found: dict[str, str] = {}
    for block in values.values() if isinstance(values, Mapping) else ():
        for name, element in block.items() if isinstance(block, Mapping) else ():
            if isinstance(element, Mapping):
                chosen = element.get("value") or element.get("selected_user") or element.get("selected_date")
                found[str(name)] = str(chosen or "")
    return found


def _error_block(view: Payload) -> str:
    """The first field's block: where Slack shows what is wrong."""
    blocks = view.get("blocks")
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "input":
            return str(block.get("block_id") or "")
    return ""
