"""Block Kit that the tests share, built as small as it may be."""

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    """Build a plain_text object."""
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    """Build a section of mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str, **more: object) -> Json:
    """Build a button whose words are its action_id."""
    return {"type": "button", "action_id": action_id, "text": plain(action_id), **more}


def actions(*elements: Json, block_id: str = "acts") -> Json:
    """Build an actions block."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def question(block_id: str, element: Json, **more: object) -> Json:
    """Build an input block."""
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


def modal(*blocks: Json, **more: object) -> Json:
    """Build a modal."""
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks), **more}


TYPED = question("why", {"type": "plain_text_input", "action_id": "typed", "min_length": 3})
