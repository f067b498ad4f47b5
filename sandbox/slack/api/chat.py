"""chat.* and blocks.validate."""

from dataclasses import replace

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.conversations import channel_of
from sandbox.slack.api.method import Method
from sandbox.slack.blockkit import check_message
from sandbox.slack.config import Channel, Json
from sandbox.slack.errors import ApiError
from sandbox.slack.limits import SPECIAL, TIER_3, TIER_4
from sandbox.slack.parts import Parts
from sandbox.slack.posting import UPDATE_TEXT, checked_content, checked_metadata
from sandbox.slack.state import Message
from sandbox.slack.wire import message_json

WITHOUT_TEXT = "missing_text_in_message"


def _place(parts: Parts, args: Arguments) -> Channel:
    workspace, name = parts.workspace, args.text("channel")
    if name in workspace.people and name != workspace.app.bot_user_id:
        return workspace.open_im(name)
    channel = channel_of(parts, args, must_be_in=True)
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel


def _warned(answer: Json, text: str) -> Json:
    if text:
        return answer
    return answer | {"warning": WITHOUT_TEXT, "response_metadata": {"warnings": [WITHOUT_TEXT]}}


def _written(parts: Parts, args: Arguments, channel: Channel) -> Message:
    """The app's message as the arguments give it, without a time: it gets one when it is posted."""
    text, blocks = checked_content(parts, text=args.maybe("text"), blocks=args.json("blocks"))
    return Message(
        channel=channel.id,
        ts="",
        user=parts.workspace.app.bot_user_id,
        text=text,
        blocks=blocks,
        thread_ts=args.maybe("thread_ts"),
    )


def _post_message(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    channel = _place(parts, args)
    written = replace(_written(parts, args, channel), metadata=checked_metadata(args.json("metadata")))
    parts.limits.count_post(channel.id)
    with workspace.changed:
        message = workspace.post(replace(written, ts=workspace.next_ts()))
    shown = message_json(workspace, message, with_metadata=True)
    return _warned({"channel": channel.id, "ts": message.ts, "message": shown}, message.text)


def _own(parts: Parts, args: Arguments, refusal: str) -> Message:
    channel = channel_of(parts, args)
    message = parts.workspace.find(channel.id, args.text("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message.user != parts.workspace.app.bot_user_id:
        raise ApiError(refusal)
    if channel.is_archived:
        raise ApiError("is_archived")
    return message


def _update(parts: Parts, args: Arguments) -> Json:
    """Edit in place. Text without blocks removes the blocks; a message that has blocks shows no mark of editing."""
    workspace = parts.workspace
    with workspace.changed:
        old = _own(parts, args, "cant_update_message")
        given = args.json("blocks")
        keeps = given is None and not args.has("text")
        if keeps and not args.has("metadata"):
            raise ApiError("no_text")
        text, blocks = (
            (old.text, old.blocks)
            if keeps
            else checked_content(parts, text=args.maybe("text"), blocks=given, most=UPDATE_TEXT)
        )
        metadata = checked_metadata(args.json("metadata")) if args.has("metadata") else old.metadata
        edited_ts = old.edited_ts if blocks else workspace.next_ts()
        new = replace(old, text=text, blocks=blocks, metadata=metadata, edited_ts=edited_ts)
        workspace.edit(new)
    shown = message_json(workspace, new, with_metadata=True)
    return _warned({"channel": new.channel, "ts": new.ts, "text": new.text, "message": shown}, text)


def _post_ephemeral(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    channel = channel_of(parts, args, must_be_in=True)
    if channel.is_archived:
        raise ApiError("is_archived")
    user = args.text("user")
    if user not in workspace.people:
        raise ApiError("user_not_found")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    written = replace(_written(parts, args, channel), ephemeral_to=user)
    message = workspace.whisper(replace(written, ts=workspace.next_ts()))
    return _warned({"message_ts": message.ts}, message.text)


def _delete(parts: Parts, args: Arguments) -> Json:
    with parts.workspace.changed:
        message = _own(parts, args, "cant_delete_message")
        parts.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def _get_permalink(parts: Parts, args: Arguments) -> Json:
    channel = channel_of(parts, args)
    message = parts.workspace.find(channel.id, args.text("message_ts"))
    if message is None:
        raise ApiError("message_not_found")
    link = f"{parts.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _validate(parts: Parts, args: Arguments) -> Json:
    check_message(args.require_json("blocks"), file_ready=parts.files.ready)
    return {}


METHODS = (
    Method("chat.postMessage", SPECIAL, _post_message),
    Method("chat.update", TIER_3, _update),
    Method("chat.postEphemeral", TIER_4, _post_ephemeral),
    Method("chat.delete", TIER_3, _delete),
    Method("chat.getPermalink", SPECIAL, _get_permalink),
    Method("blocks.validate", TIER_4, _validate),
)
