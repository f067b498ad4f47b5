"""The bodies that /sandbox/* takes, and the changes to the workspace that some of them ask for."""

import time
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.slack.config import Json, Kind, Person
from sandbox.slack.delivery import FORM, Answer, signature
from sandbox.slack.errors import OutsideError
from sandbox.slack.files import files_json
from sandbox.slack.parts import Parts
from sandbox.slack.state import Message
from sandbox.slack.wire import channel_json, group_json, outside_json, person_json


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(_Body):
    """Type a slash command, `text` beginning with the command itself."""

    user: str
    channel: str
    text: str


class Say(_Body):
    """Type a message; @name becomes a mention."""

    user: str
    channel: str
    text: str
    thread_ts: str | None = None


class Click(_Body):
    """Press or choose: `value` is the choice, or for a button a value it does not have (a tampered click)."""

    user: str
    channel: str | None = None
    ts: str | None = None
    view_id: str | None = None
    action_id: str | None = None
    block_id: str | None = None
    text: str | None = None
    value: Any = None
    state: dict[str, Any] = Field(default_factory=dict)


class Submit(_Body):
    """Send a modal: `state` is {block_id: {action_id: plain value}}."""

    user: str
    view_id: str
    state: dict[str, Any] = Field(default_factory=dict)


class Close(_Body):
    """Close a modal; `clear` closes all of them."""

    user: str
    view_id: str
    clear: bool = False


class Home(_Body):
    """Open the app's Home, or its messages tab."""

    user: str
    tab: str = "home"


class Repeat(_Body):
    """Send a request once more."""

    delivery_id: str


class Raw(_Body):
    """Send any body to the app. Without `signature` it is signed properly for `timestamp` (default: now)."""

    body: str
    content_type: str = FORM
    timestamp: str | None = None
    signature: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()


class App(_Body):
    """Where the app is reached, or in Socket Mode that it comes by itself; `verify` asks it for a challenge at once."""

    request_url: str
    socket_mode: bool = False
    verify: bool = False


class LimitFactor(_Body):
    """Multiply every rate limit."""

    factor: float = Field(gt=0)


class GroupChange(_Body):
    """Give a group other members."""

    id: str
    users: tuple[str, ...]


class PersonChange(_Body):
    """Make a person a guest, deactivate them, and so on."""

    id: str
    kind: Kind


class ChannelChange(_Body):
    """Archive a channel, or take the app out of it, or put it back."""

    id: str
    is_archived: bool | None = None
    remove_bot: bool = False
    add_bot: bool = False


def send_raw(parts: Parts, body: Raw) -> Answer:
    """Send exactly what is asked; headers named in `without` are left out."""
    timestamp = body.timestamp if body.timestamp is not None else str(int(time.time()))
    content = body.body.encode()
    signed = body.signature
    if signed is None:
        signed = signature(parts.workspace.app.signing_secret, timestamp, content)
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signed, "Content-Type": body.content_type}
    headers |= body.headers
    return parts.deliveries.send_exactly("raw", content, {k: v for k, v in headers.items() if k not in body.without})


def change_group(parts: Parts, body: GroupChange) -> Json:
    """Replace a group's members, given by id or name; raises OutsideError."""
    workspace = parts.workspace
    users = tuple(workspace.person(user).id for user in body.users)
    with workspace.changed:
        group = workspace.groups.get(body.id)
        group = group or next((g for g in workspace.groups.values() if g.handle == body.id), None)
        if group is None:
            raise OutsideError(f"No group has the id or handle {body.id!r}.")
        group = group.model_copy(update={"users": users})
        workspace.groups[group.id] = group
        workspace.touch("people", {})
    return group_json(workspace, group, with_users=True)


def change_person(parts: Parts, body: PersonChange) -> Person:
    """Change how a person belongs to the workspace; raises OutsideError."""
    workspace = parts.workspace
    with workspace.changed:
        person = workspace.person(body.id).model_copy(update={"kind": body.kind})
        workspace.people[person.id] = person
        workspace.touch("people", {})
    return person


def change_channel(parts: Parts, body: ChannelChange) -> Json:
    """Archive a channel, or change whether the app is in it; raises OutsideError."""
    workspace = parts.workspace
    with workspace.changed:
        channel = workspace.channel(body.id)
        bot = workspace.app.bot_user_id
        members = tuple(m for m in channel.members if m != bot or not body.remove_bot)
        if body.add_bot and bot not in members:
            members = (*members, bot)
        archived = channel.is_archived if body.is_archived is None else body.is_archived
        channel = channel.model_copy(update={"members": members, "is_archived": archived})
        workspace.channels[channel.id] = channel
        workspace.touch("channels", {})
    return channel_json(workspace, channel)


def workspace_json(parts: Parts) -> Json:
    """Show the page everything but messages."""
    workspace = parts.workspace
    with workspace.changed:
        people = [person_json(workspace, p) | {"kind": p.kind.value} for p in workspace.people.values()]
        channels = [
            channel_json(workspace, channel) | {"members": list(channel.members)}
            for channel in workspace.channels.values()
        ]
        groups = [group_json(workspace, group, with_users=True) for group in workspace.groups.values()]
    app = workspace.app.model_dump(include={"app_id", "name", "bot_user_id", "slash_command"})
    team = {"id": workspace.config.team_id, "name": workspace.config.team_name}
    return {"team": team, "app": app, "people": people, "channels": channels, "groups": groups}


def contains(message: Message, wanted: str) -> bool:
    """Whether a message says this, in its text or anywhere in its blocks."""
    return any(wanted in text for text in (message.text, *_texts(message.blocks)))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def with_files(parts: Parts, message: Message) -> Json:
    """Show a message to players, with what is known of its files."""
    user = parts.workspace.app.bot_user_id
    files = files_json(parts.files, message.files, base_url=parts.base_url, user=user)
    return outside_json(parts.workspace, message) | {"files": files}
