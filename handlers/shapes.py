"""What a signed body must carry before anybody works on it: who, where, what, and the id that makes it count once.

Only the members that the listeners and Bolt rely on are asked for; Slack may add any other. Source: Slack's
documentation of slash commands, interaction payloads and the Events API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]


class _Carries(BaseModel):
    """A payload that has at least these members, of these very kinds."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _Command(_Carries):
    command: Text
    trigger_id: Text
    team_id: Text
    user_id: Text
    channel_id: Text


class _Who(_Carries):
    id: Text


class _Pressed(_Carries):
    type: Text
    action_id: Text


class _Click(_Carries):
    trigger_id: Text
    user: _Who
    actions: Annotated[list[_Pressed], Field(min_length=1)]


class _View(_Carries):
    type: Text
    id: Text
    hash: Text
    callback_id: Text


class _Form(_Carries):
    user: _Who
    view: _View


class _Happening(_Carries):
    type: Text


class _Event(_Carries):
    event_id: Text
    event: _Happening


class _Challenge(_Carries):
    challenge: Text


_INTERACTIONS: Mapping[str, tuple[str, type[_Carries]]] = {
    "block_actions": ("action", _Click),
    "view_submission": ("view", _Form),
    "view_closed": ("view", _Form),
}
_EVENTS: Mapping[str, tuple[str, type[_Carries]]] = {
    "event_callback": ("event", _Event),
    "url_verification": ("event", _Challenge),
}


def kind_of(body: bytes, content_type: str) -> str:
    """What a signed body is: command, action, view, event, or other; "" when it is nothing that Slack sends."""
    try:
        text = body.decode()
        if content_type.startswith("application/json") or text.startswith("{"):
            return _fitting(json.loads(text), _EVENTS)
        form = dict(parse_qsl(text, keep_blank_values=True))
        if "payload" in form:
            return _fitting(json.loads(form["payload"]), _INTERACTIONS)
        if "command" not in form:
            return "other"
        _Command.model_validate(form)
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        return ""
    return "command"


def kind_of_envelope(envelope: str, payload: object) -> str:
    """The same for an envelope of Socket Mode: its type and its payload."""
    try:
        match envelope:
            case "slash_commands":
                _Command.model_validate(payload)
                return "command"
            case "interactive":
                return _fitting(payload, _INTERACTIONS)
            case "events_api":
                return _fitting(payload, _EVENTS)
    except ValueError:  # pydantic's ValidationError is one
        return ""
    return "other"


def _fitting(payload: object, kinds: Mapping[str, tuple[str, type[_Carries]]]) -> str:
    """The kind that the payload's type names, "other" for a type that nobody here listens to.

    Raises:
        ValueError: it lacks what its type must carry.
    """
    kind = payload.get("type") if isinstance(payload, dict) else None
    if not isinstance(kind, str):
        return ""
    if kind not in kinds:
        return "other"
    name, shape = kinds[kind]
    shape.model_validate(payload)
    return name
