"""Buttons and check boxes. What a button says is never trusted: the state is read anew. Every click is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from bot import service
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal, Refused
from bot.domain.rollback import Rollback
from bot.views import answers, forms
from bot.views.buttons import Action, ButtonValue, parse_value
from bot.views.message import Message
from handlers.dispatch import dispatch, report_of
from handlers.front import Front, Payload, Place, answered, place_of, refusal, speaker, tell

ITEM = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
"""What the value of a check box may be."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Click:
    """One click: who, where, on what, and the id that makes it count once. `open` shows a modal to the clicker."""

    front: Front
    person: Person
    place: Place
    value: str
    command_id: str
    body: Payload
    open: Callable[[JsonObject], object]

    def button(self) -> ButtonValue:
        """What the button is for.

        Raises:
            Refused: stale-button, when the value is none of ours.
        """
        found = parse_value(self.value)
        if found is None:
            raise Refused(Code.STALE_BUTTON, what="button", why="tampered")
        return found

    def rollback(self) -> Rollback:
        """The rollback as it stands."""
        return service.one(self.front.desk, self.button().rollback_id)


def approve(click: Click) -> None:
    """Count a yes; the card says the rest."""
    b = click.button()
    service.approve(
        click.front.desk, b.rollback_id, digest=b.digest, seq=b.seq, person=click.person, command_id=click.command_id
    )


def abort(click: Click) -> None:
    """Ask the runner to stop."""
    rollback_id = click.button().rollback_id
    service.abort(click.front.desk, rollback_id, person=click.person, command_id=click.command_id)


def retry(click: Click) -> None:
    """Have the halted step tried again."""
    b = click.button()
    service.retry(click.front.desk, b.rollback_id, seq=b.seq, person=click.person, command_id=click.command_id)


def skip(click: Click) -> None:
    """Go on without the check that halted it."""
    b = click.button()
    service.skip(click.front.desk, b.rollback_id, seq=b.seq, person=click.person, command_id=click.command_id)


def again(click: Click) -> Message:
    """Ask for the same once more, in the clicker's name."""
    b = click.button()
    return answers.asked(
        service.again(click.front.desk, b.rollback_id, person=click.person, command_id=click.command_id)
    )


def ask(click: Click) -> Message:
    """The command that stands behind [Ask for it], as if it had been typed here."""
    return dispatch(click.front, click.value, person=click.person, place=click.place, command_id=click.command_id)


def why(action: Action) -> Callable[[Click], None]:
    """Open the form that asks why, for a no, a cancellation or a withdrawal."""

    def opened(click: Click) -> None:
        click.open(forms.why(click.rollback(), action=action))

    return opened


def details(click: Click) -> None:
    """Show every step with its parameters and who may approve."""
    rollback = click.rollback()
    group = click.front.desk.approvers(rollback)
    click.open(forms.details(rollback, group=group))


def cause(click: Click) -> None:
    """Open the form for the root cause."""
    service.introduce(click.front.desk, click.person)
    rollback = click.rollback()
    click.open(forms.cause(rollback, text=service.cause_of(click.front.desk, rollback.id)))


def lesson(click: Click) -> None:
    """Open the form for a lesson or an action item."""
    service.introduce(click.front.desk, click.person)
    click.open(forms.lesson_or_action(click.rollback()))


def open_report(click: Click) -> Message:
    """Say where the report is."""
    return report_of(click.front, click.button().rollback_id)


def tick(click: Click) -> None:
    """Apply what changed in the check boxes, compared with what stood on that person's screen."""
    found = re.fullmatch(r"tick:(rb-[0-9]{1,12}):[0-9]{1,9}", _block_id(click.body))
    if found is None:
        raise Refused(Code.STALE_BUTTON, what="tick", why="tampered")
    service.tick(
        click.front.desk,
        found[1],
        seen=_values(_shown_options(click.body, found[0])),
        ticked=_values(_first_action(click.body).get("selected_options")),
        person=click.person,
        command_id=click.command_id,
    )


ACTIONS: Mapping[Action, Callable[[Click], Message | None]] = {
    Action.APPROVE: approve,
    Action.REJECT: why(Action.REJECT),
    Action.CANCEL: why(Action.CANCEL),
    Action.WITHDRAW: why(Action.WITHDRAW),
    Action.ABORT: abort,
    Action.RETRY: retry,
    Action.SKIP: skip,
    Action.PLAN_AGAIN: again,
    Action.PLAN_REST: again,
    Action.DETAILS: details,
    Action.OPEN_REPORT: open_report,
    Action.CAUSE: cause,
    Action.LESSON: lesson,
    Action.TICK: tick,
    Action.ASK: ask,
}
"""What each button does. A message it returns is told to the clicker alone."""


def register(app: App, front: Front) -> None:
    """Listen to every button; one that nobody knows is answered too."""

    @app.action(re.compile(".*"))
    def clicked(ack: Ack, body: dict[str, Any], action: dict[str, Any], client: WebClient) -> None:
        ack()
        name = str(action.get("action_id") or "")
        if "url" in action:
            return
        click = Click(
            front=front,
            person=speaker(body),
            place=place_of(body),
            value=str(action.get("value") or ""),
            command_id=f"action/{body.get('trigger_id')}/{action.get('action_ts')}",
            body=body,
            open=lambda view: front.forms.submit(_open, click, client, view),
        )
        message = answered(lambda: _act(name, click))
        tell(front, person=click.person, place=click.place, message=message)


def _act(name: str, click: Click) -> Message | None:
    act = next((act for action, act in ACTIONS.items() if action.value == name), None)
    if act is None:
        raise Refused(Code.STALE_BUTTON, what=name[:64], why="tampered")
    return act(click)


def _open(click: Click, client: WebClient, view: JsonObject) -> None:
    """Show a modal. Slack's trigger lasts 3 s; when it is gone, or Slack is slow, the person presses again."""
    try:
        client.views_open(trigger_id=str(click.body.get("trigger_id") or ""), view=view)
    except (SlackClientError, OSError) as error:
        log.warning("a form could not be opened", error=str(error))
        said = refusal(Refusal(code=Code.UNREACHABLE, figures={"what": "Slack did not open the form"}))
        tell(click.front, person=click.person, place=click.place, message=said)


def _first_action(body: Payload) -> Payload:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, Mapping) else {}


def _block_id(body: Payload) -> str:
    return str(_first_action(body).get("block_id") or "")


def _shown_options(body: Payload, block_id: str) -> object:
    """What was ticked in the message as its person saw it."""
    message = body.get("message")
    blocks = message.get("blocks") if isinstance(message, Mapping) else None
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and block.get("block_id") == block_id:
            accessory = block.get("accessory")
            return accessory.get("initial_options") if isinstance(accessory, Mapping) else None
    return None


def _values(options: object) -> frozenset[str]:
    listed = options if isinstance(options, list) else []
    found = [str(option.get("value")) for option in listed if isinstance(option, Mapping)]
    if len(found) > 10 or not all(ITEM.fullmatch(value) for value in found):  # noqa: PLR2004 - Slack's own limit
        raise Refused(Code.STALE_BUTTON, what="tick", why="tampered")
    return frozenset(found)
