"""files.*: an upload address, then completion, then a moment of processing."""

from sandbox.slack.api.arguments import Arguments
from sandbox.slack.api.method import Method
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError
from sandbox.slack.files import File, file_json
from sandbox.slack.limits import TIER_4
from sandbox.slack.mrkdwn import normalise
from sandbox.slack.parts import Parts
from sandbox.slack.state import Message

LARGEST = 1_000_000_000


def _get_upload_url(parts: Parts, args: Arguments) -> Json:
    name, _required = args.text("filename"), args.text("length")
    length = args.number("length", default=1, most=LARGEST)
    file = parts.files.announce(name, length)
    return {"upload_url": f"{parts.base_url}/upload/v1/{file.key}", "file_id": file.id}


def _shared_in(parts: Parts, args: Arguments) -> str | None:
    channel_id = args.maybe("channel_id") or args.maybe("channels")
    if channel_id is None:
        return None
    channel = parts.workspace.channels.get(channel_id)
    if channel is None:
        raise ApiError("channel_not_found")
    if parts.workspace.app.bot_user_id not in channel.members:
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("is_archived")
    return channel_id


def _complete(parts: Parts, args: Arguments) -> Json:
    asked = args.require_json("files")
    if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) and "id" in one for one in asked):
        raise ApiError("invalid_arguments", ("[ERROR] must be a list of {id, title} [json-pointer:/files]",))
    channel = _shared_in(parts, args)
    done: list[File] = []
    for one in asked:
        file = parts.files.complete(str(one["id"]), str(one.get("title", "")), (channel,) if channel else ())
        if file is None:
            raise ApiError("file_not_found")
        done.append(file)
    if channel:
        workspace = parts.workspace
        workspace.post(
            Message(
                channel=channel,
                ts=workspace.next_ts(),
                user=workspace.app.bot_user_id,
                text=normalise(args.maybe("initial_comment") or ""),
                thread_ts=args.maybe("thread_ts"),
                files=tuple(file.id for file in done),
            )
        )
    return {"files": [{"id": file.id, "title": file.title} for file in done]}


def _info(parts: Parts, args: Arguments) -> Json:
    file = parts.files.find(args.text("file"))
    if file is None or file.done_at is None:
        raise ApiError("file_not_found")
    shown = file_json(file, base_url=parts.base_url, user=parts.workspace.app.bot_user_id)
    return {"file": shown, "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = (
    Method("files.getUploadURLExternal", TIER_4, _get_upload_url),
    Method("files.completeUploadExternal", TIER_4, _complete),
    Method("files.info", TIER_4, _info),
)
