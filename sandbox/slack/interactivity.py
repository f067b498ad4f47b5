"""What people do: commands, clicks, choices and forms, each one signed request to the app, and what its answer does."""

import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.slack import elements
from sandbox.slack.answers import say, whisper_from_slackbot
from sandbox.slack.api.views import checked_view
from sandbox.slack.config import Json, Person
from sandbox.slack.delivery import FORM, Answer
from sandbox.slack.errors import ApiError, OutsideError
from sandbox.slack.handles import Hook
from sandbox.slack.parts import Parts
from sandbox.slack.state import Message
from sandbox.slack.views import View
from sandbox.slack.wire import message_json


@dataclass(frozen=True)
class Target:
    """Where a person acts: on a message (`ts` in `channel`) or in a view."""

    user: str
    channel: str | None = None
    ts: str | None = None
    view_id: str | None = None


@dataclass(frozen=True)
class Pick:
    """Which element, by action_id or by a button's words, and what is chosen; `value` None is the element's own."""

    action_id: str | None = None
    block_id: str | None = None
    text: str | None = None
    value: object = None


def command(parts: Parts, *, user: str, channel: str, text: str) -> Json:
    """Type a slash command; gives the delivery, and shows what Slack would show when it fails."""
    workspace = parts.workspace
    person, place = workspace.person(user), workspace.channel(channel)
    name, _, rest = text.strip().partition(" ")
    if name != workspace.app.slash_command:
        raise OutsideError(f"{name} is not a valid command. This app has {workspace.app.slash_command}.", status=422)
    hook_name = parts.hooks.give(person.id, place.id)
    form = {
        "token": "verification-token",
        "team_id": workspace.config.team_id,
        "team_domain": workspace.config.team_domain,
        "channel_id": place.id,
        "channel_name": place.name,
        "user_id": person.id,
        "user_name": person.name,
        "command": name,
        "text": rest.strip(),
        "api_app_id": workspace.app.app_id,
        "is_enterprise_install": "false",
        "response_url": f"{parts.base_url}/commands/{hook_name}",
        "trigger_id": parts.triggers.give(person.id),
    }
    answer = parts.deliveries.send("command", urlencode(form).encode(), FORM)
    error = answer.error or _show_command_answer(parts, Hook(person.id, place.id, 0, 0), answer)
    if error:
        words = f'{name} failed with the error "{error}"'
        whisper_from_slackbot(parts, user=person.id, channel=place.id, text=words)
    return answer.public() | {"error": error}


def _show_command_answer(parts: Parts, hook: Hook, answer: Answer) -> str | None:
    if not answer.text.strip():
        return None
    try:
        body = json.loads(answer.text)
    except ValueError:
        body = {"text": answer.text}
    if not isinstance(body, dict):
        body = {"text": answer.text}
    if not body:
        return None
    try:
        say(parts, hook, body)
    except ApiError as refused:
        return refused.code
    return None


def click(parts: Parts, target: Target, pick: Pick, raw_state: Json | None = None) -> Json:
    """Press a button or choose something, in a message or a view; gives the delivery and the view opened meanwhile."""
    person = parts.workspace.person(target.user)
    surface, payload = _surface(parts, target, person, raw_state or {})
    found = elements.find(surface, action_id=pick.action_id, block_id=pick.block_id, text=pick.text)
    if found is None:
        present = ", ".join(element["action_id"] for _, element in elements.interactive(surface)) or "none"
        raise OutsideError(f"No such element here. Its action_ids: {present}.")
    block, element = found
    action = _action(block, element, pick.value)
    values = payload.get("view", payload).get("state", {}).get("values", {})
    if element["type"] not in elements.STATELESS:
        chosen = elements.chosen(element, pick.value)
        values.setdefault(block["block_id"], {})[element["action_id"]] = chosen
    before = {view.id for view in parts.views.stack(person.id)}
    answer = _interact(parts, "block_actions", payload | {"actions": [action]})
    if answer.error:
        parts.workspace.touch("warning", {"user": person.id, "channel": target.channel, "ts": target.ts})
    opened = [view for view in parts.views.stack(person.id) if view.id not in before]
    return answer.public() | {"view": opened[-1].payload(parts.workspace) if opened else None}


def options(parts: Parts, target: Target, pick: Pick) -> Json:
    """Type into an external_select: asks the app for the options that fit, and gives them."""
    person = parts.workspace.person(target.user)
    surface, payload = _surface(parts, target, person, {})
    found = elements.find(surface, action_id=pick.action_id, block_id=pick.block_id, text=None)
    if found is None or "external_select" not in found[1]["type"]:
        raise OutsideError("No such external_select here.")
    block, element = found
    asked = {"action_id": element["action_id"], "block_id": block["block_id"], "value": str(pick.value or "")}
    payload = {name: value for name, value in payload.items() if name not in ("trigger_id", "response_url", "state")}
    answer = _interact(parts, "block_suggestion", payload | asked)
    shown: Json = json.loads(answer.text) if answer.ok and answer.text else {}
    return answer.public() | {"options": shown.get("options", []), "option_groups": shown.get("option_groups", [])}


def submit(parts: Parts, *, user: str, view_id: str, raw_state: Json) -> Json:
    """Send a modal; does what the app's response_action says, and gives field errors when there are any."""
    person = parts.workspace.person(user)
    view = parts.views.enter(parts.views.of(person.id, view_id), raw_state)
    if errors := elements.missing(view.content["blocks"], view.values):
        parts.views.refuse(view, errors)
        return {"delivery_id": None, "status": None, "ack_ms": 0, "error": "not_sent", "errors": errors}
    payload = _common(parts, person) | {
        "trigger_id": parts.triggers.give(person.id, view_id=view.id),
        "view": view.payload(parts.workspace),
        "response_urls": [],
    }
    answer = _interact(parts, "view_submission", payload)
    if answer.error:
        return answer.public() | {"errors": {}}
    return answer.public() | {"errors": _obey(parts, view, answer)}


def close(parts: Parts, *, user: str, view_id: str, clear: bool = False) -> Json:
    """Close a modal, or with `clear` the whole stack; the app hears of it when it asked to."""
    person = parts.workspace.person(user)
    view = parts.views.of(person.id, view_id)
    if clear:
        parts.views.clear(person.id)
    else:
        parts.views.close(view)
    if not view.content.get("notify_on_close"):
        return {"delivery_id": None, "status": None}
    payload = _common(parts, person) | {"view": view.payload(parts.workspace), "is_cleared": clear}
    return _interact(parts, "view_closed", payload).public()


def _obey(parts: Parts, view: View, answer: Answer) -> dict[str, str]:
    try:
        body = json.loads(answer.text) if answer.text.strip() else {}
    except ValueError:
        body = {}
    match body.get("response_action"):
        case "errors":
            errors: dict[str, str] = body["errors"]
            parts.views.refuse(view, errors)
            return errors
        case "update":
            parts.views.update(view.id, checked_view(parts, body["view"], "modal"), None)
        case "push":
            parts.views.open(view.user, checked_view(parts, body["view"], "modal"), on_top=True)
        case "clear":
            parts.views.clear(view.user)
        case _:
            parts.views.close(view)
    return {}


def _surface(parts: Parts, target: Target, person: Person, raw_state: Json) -> tuple[list[Json], Json]:
    trigger = parts.triggers.give(person.id, view_id=target.view_id)
    common = _common(parts, person) | {"trigger_id": trigger}
    if target.view_id:
        view = parts.views.enter(parts.views.of(person.id, target.view_id), raw_state)
        container: Json = {"type": "view", "view_id": view.id}
        return view.content["blocks"], common | {"container": container, "view": view.payload(parts.workspace)}
    message, is_ephemeral = _message(parts, target, person)
    place = parts.workspace.channel(message.channel)
    hook = parts.hooks.give(person.id, place.id, ts=message.ts, is_ephemeral=is_ephemeral)
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": place.id,
        "is_ephemeral": is_ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = common | {
        "container": container,
        "channel": {"id": place.id, "name": place.name},
        "state": {"values": elements.state_of(list(message.blocks), raw_state)},
        "response_url": f"{parts.base_url}/actions/{hook}",
    }
    if not is_ephemeral:
        payload["message"] = message_json(parts.workspace, message, with_metadata=True)
    return list(message.blocks), payload


def _message(parts: Parts, target: Target, person: Person) -> tuple[Message, bool]:
    if not target.channel or not target.ts:
        raise OutsideError("Say where: `channel` and `ts` of a message, or `view_id`.", status=422)
    channel = parts.workspace.channel(target.channel)
    if message := parts.workspace.find(channel.id, target.ts):
        return message, False
    if whisper := parts.workspace.find_whisper(person.id, target.ts):
        return whisper, True
    raise OutsideError(f"{person.name} sees no message {target.ts} in {channel.name}.")


def _common(parts: Parts, person: Person) -> Json:
    config = parts.workspace.config
    team = person.team_id or config.team_id
    return {
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": team},
        "api_app_id": parts.workspace.app.app_id,
        "token": "verification-token",
        "team": {"id": config.team_id, "domain": config.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _action(block: Json, element: Json, value: object) -> Json:
    own = element.get("value") if element["type"] == "button" else None
    action = elements.chosen(element, value if value is not None else own)
    if action.get("value", "") is None:
        del action["value"]
    action |= {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": f"{time.time():.6f}"}
    for part in ("text", "style", "url"):
        if part in element:
            action[part] = element[part]
    return action


def _interact(parts: Parts, kind: str, payload: Json) -> Answer:
    body = urlencode({"payload": json.dumps({"type": kind, **payload})}).encode()
    return parts.deliveries.send(kind, body, FORM)
