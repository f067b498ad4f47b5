"""What an app says outside the Web API: in its acknowledgement of a slash command, or through a response URL."""

from dataclasses import replace

from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError
from sandbox.slack.handles import Hook
from sandbox.slack.parts import Parts
from sandbox.slack.posting import checked_content
from sandbox.slack.state import SLACKBOT, Message


def whisper_from_slackbot(parts: Parts, *, user: str, channel: str, text: str) -> Message:
    """Tell one person something in Slackbot's name."""
    return parts.workspace.whisper(
        Message(channel=channel, ts=parts.workspace.next_ts(), user=SLACKBOT, text=text, ephemeral_to=user)
    )


def say(parts: Parts, hook: Hook, body: Json) -> Message:
    """Show the app's words where the person acted: to them alone, or with response_type in_channel to everybody.

    Raises ApiError as chat.postMessage does.
    """
    text, blocks = checked_content(parts, text=body.get("text"), blocks=body.get("blocks"))
    workspace = parts.workspace
    message = Message(
        channel=hook.channel,
        ts=workspace.next_ts(),
        user=workspace.app.bot_user_id,
        text=text,
        blocks=blocks,
        thread_ts=body.get("thread_ts"),
    )
    if body.get("response_type") == "in_channel":
        return workspace.post(message)
    return workspace.whisper(replace(message, ephemeral_to=hook.user))


def answer_hook(parts: Parts, name: str, body: Json) -> None:
    """Carry out one use of a response URL.

    After a click the original is replaced unless replace_original is false; after a command there is no original.
    Raises ApiError for a used-up or expired address (404) and for words Slack would not take (400).
    """
    hook = parts.hooks.take(name)
    original = _original(parts, hook)
    if original and _true(body.get("delete_original")):
        _remove(parts, original)
    elif original and _true(body.get("replace_original", "response_type" not in body)):
        _replace(parts, name, original, body)
    else:
        say(parts, hook, body)


def _true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _original(parts: Parts, hook: Hook) -> Message | None:
    if hook.ts is None:
        return None
    if hook.is_ephemeral:
        return parts.workspace.find_whisper(hook.user, hook.ts)
    found = parts.workspace.find(hook.channel, hook.ts)
    if found is None:
        raise ApiError("message_not_found", http_status=404)
    return found


def _remove(parts: Parts, original: Message) -> None:
    if original.ephemeral_to:
        parts.workspace.change_whisper(original.ts, None)
    else:
        parts.workspace.delete(original)


def _replace(parts: Parts, name: str, original: Message, body: Json) -> None:
    text, blocks = checked_content(parts, text=body.get("text"), blocks=body.get("blocks"))
    new = replace(original, text=text, blocks=blocks)
    if original.ephemeral_to:
        fresh = replace(new, ts=parts.workspace.next_ts())
        parts.workspace.change_whisper(original.ts, fresh)
        parts.hooks.point_to(name, fresh.ts)
    else:
        parts.workspace.edit(replace(new, edited_ts=None if blocks else parts.workspace.next_ts()))
