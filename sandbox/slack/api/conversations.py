"""conversations.*: channels, their members, and what was said in them."""

from sandbox.slack.api.arguments import Arguments, page_of, paged
from sandbox.slack.api.method import Method
from sandbox.slack.config import Channel, Json
from sandbox.slack.errors import ApiError
from sandbox.slack.files import files_json
from sandbox.slack.limits import TIER_2, TIER_3, TIER_4
from sandbox.slack.parts import Parts
from sandbox.slack.state import Message
from sandbox.slack.wire import channel_json, parent_json


def channel_of(parts: Parts, args: Arguments, *, must_be_in: bool = False) -> Channel:
    """Find the channel that `channel` names; raises ApiError channel_not_found or not_in_channel."""
    channel = parts.workspace.channels.get(args.text("channel"))
    if channel is None:
        raise ApiError("channel_not_found")
    if must_be_in and parts.workspace.app.bot_user_id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _list(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    kinds = (args.maybe("types") or "public_channel").split(",")
    with workspace.changed:
        shown = [
            channel_json(workspace, channel)
            for channel in workspace.channels.values()
            if ("im" if channel.im_with else "public_channel") in kinds
            and not (args.flag("exclude_archived") and channel.is_archived)
        ]
    return paged("channels", page_of(shown, args))


def _info(parts: Parts, args: Arguments) -> Json:
    return {"channel": channel_json(parts.workspace, channel_of(parts, args))}


def _members(parts: Parts, args: Arguments) -> Json:
    members: list[Json] = [{"id": member} for member in channel_of(parts, args).members]
    page, following = page_of(members, args)
    return {"members": [member["id"] for member in page], "response_metadata": {"next_cursor": following}}


def _history(parts: Parts, args: Arguments) -> Json:
    channel = channel_of(parts, args, must_be_in=True)
    messages = _between(parts.workspace.messages(channel.id)[::-1], args)
    return _messages(parts, messages, args)


def _replies(parts: Parts, args: Arguments) -> Json:
    channel = channel_of(parts, args, must_be_in=True)
    thread = parts.workspace.thread(channel.id, args.text("ts"))
    if not thread:
        raise ApiError("thread_not_found")
    return _messages(parts, thread[:1] + _between(thread[1:], args), args)


def _between(messages: list[Message], args: Arguments) -> list[Message]:
    oldest, latest = args.maybe("oldest") or "0", args.maybe("latest") or "9" * 17
    inclusive = args.flag("inclusive")

    def fits(message: Message) -> bool:
        moment = float(message.ts)
        if inclusive:
            return float(oldest) <= moment <= float(latest)
        return float(oldest) < moment < float(latest)

    try:
        return [message for message in messages if fits(message)]
    except ValueError:
        raise ApiError("invalid_ts_latest" if args.has("latest") else "invalid_ts_oldest") from None


def _message(parts: Parts, message: Message, *, with_metadata: bool) -> Json:
    shown = parent_json(parts.workspace, message, with_metadata=with_metadata)
    if message.files:
        user = parts.workspace.app.bot_user_id
        shown["files"] = files_json(parts.files, message.files, base_url=parts.base_url, user=user)
    return shown


def _messages(parts: Parts, messages: list[Message], args: Arguments) -> Json:
    with_metadata = args.flag("include_all_metadata")
    shown = [_message(parts, message, with_metadata=with_metadata) for message in messages]
    page, following = page_of(shown, args, most=999)
    return {
        "messages": page,
        "has_more": bool(following),
        "pin_count": 0,
        "response_metadata": {"next_cursor": following},
    }


def _open(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    users = args.text("users").split(",")
    if len(users) != 1:
        raise ApiError("method_not_supported_for_channel_type")
    if users[0] not in workspace.people:
        raise ApiError("user_not_found")
    if users[0] == workspace.app.bot_user_id:
        raise ApiError("cannot_dm_bot")
    channel = workspace.open_im(users[0])
    return {"channel": channel_json(workspace, channel) if args.flag("return_im") else {"id": channel.id}}


def _join(parts: Parts, args: Arguments) -> Json:
    workspace = parts.workspace
    with workspace.changed:
        channel = channel_of(parts, args)
        if channel.im_with:
            raise ApiError("method_not_supported_for_channel_type")
        if channel.is_archived:
            raise ApiError("is_archived")
        bot = workspace.app.bot_user_id
        if bot not in channel.members:
            channel = replace_members(channel, (*channel.members, bot))
            workspace.channels[channel.id] = channel
            workspace.touch("channels", {})
    return {"channel": channel_json(workspace, channel)}


def replace_members(channel: Channel, members: tuple[str, ...]) -> Channel:
    """Give the channel with other members."""
    return channel.model_copy(update={"members": members})


METHODS = (
    Method("conversations.list", TIER_2, _list),
    Method("conversations.info", TIER_3, _info),
    Method("conversations.members", TIER_4, _members),
    Method("conversations.history", TIER_3, _history),
    Method("conversations.replies", TIER_3, _replies),
    Method("conversations.open", TIER_3, _open),
    Method("conversations.join", TIER_3, _join),
)
