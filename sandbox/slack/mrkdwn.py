"""Slack's escaping: only `&`, `<` and `>` mean something, and only a known sequence may keep its angle brackets."""

import re

from sandbox.slack.config import Json

_SEQUENCE = re.compile(
    r"<(?:@[UW][A-Z0-9]+|#[CG][A-Z0-9]+|!subteam\^S[A-Z0-9]+|!date\^\d+\^[^<>|]+|!(?:here|channel|everyone)"
    r"|(?:https?|mailto|tel|slack):[^<>|\s]+)(?:\|[^<>]*)?>"
)
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")


def escape(text: str) -> str:
    """Escape what a person typed, all of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def normalise(text: str) -> str:
    """Store text as Slack does: mentions, dates and links stay, every other `&`, `<` and `>` is escaped.

    A `>` at the start of a line is a quote and is stored as `&gt;`, which is how Slack shows it to apps too.
    """
    parts: list[str] = []
    end = 0
    for match in _SEQUENCE.finditer(text):
        parts += [_plain(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join([*parts, _plain(text[end:])])


def normalise_blocks(blocks: list[Json]) -> list[Json]:
    """Apply `normalise` to every text object of the blocks."""
    return [_walk(block) for block in blocks]


def _walk(value: Json) -> Json:
    walked = {key: _inner(inner) for key, inner in value.items()}
    if value.get("type") in ("mrkdwn", "plain_text") and isinstance(value.get("text"), str):
        walked["text"] = normalise(value["text"]) if value["type"] == "mrkdwn" else _plain(value["text"])
    return walked


def _inner(value: object) -> object:
    if isinstance(value, dict):
        return _walk(value)
    if isinstance(value, list):
        return [_inner(item) for item in value]
    return value


def _plain(text: str) -> str:
    return _AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
