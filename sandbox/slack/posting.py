"""Making a message of what an app sends: shared by chat.*, response URLs and answers to slash commands."""

from sandbox.slack.blockkit import check_message
from sandbox.slack.config import Json
from sandbox.slack.elements import with_ids
from sandbox.slack.errors import ApiError
from sandbox.slack.mrkdwn import normalise, normalise_blocks
from sandbox.slack.parts import Parts

POST_TEXT = 40_000
UPDATE_TEXT = 4_000


def checked_content(
    parts: Parts, *, text: str | None, blocks: object, most: int = POST_TEXT
) -> tuple[str, tuple[Json, ...]]:
    """Give text and blocks as they are stored.

    Raises ApiError no_text, msg_too_long, invalid_blocks or msg_blocks_too_long.
    """
    checked = check_message(blocks, file_ready=parts.files.ready) if blocks else []
    if not text and not checked:
        raise ApiError("no_text")
    if text and len(text) > most:
        raise ApiError("msg_too_long")
    return normalise(text or ""), tuple(with_ids(normalise_blocks(checked)))


def checked_metadata(value: object) -> Json | None:
    """Give message metadata back; an empty object means none. Raises ApiError invalid_metadata_format."""
    if value is None or value == {}:
        return None
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("event_type"), str)
        or not isinstance(value.get("event_payload"), dict)
    ):
        raise ApiError("invalid_metadata_format")
    return {"event_type": value["event_type"], "event_payload": value["event_payload"]}
