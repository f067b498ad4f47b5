"""What a person can do with an element, and how Slack writes down what they chose."""

import secrets
from collections.abc import Iterator

from sandbox.slack.config import Json

_VALUE = {
    "plain_text_input": "value",
    "url_text_input": "value",
    "email_text_input": "value",
    "number_input": "value",
    "button": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
}
_INITIAL = {
    "value": ("initial_value",),
    "selected_date": ("initial_date",),
    "selected_time": ("initial_time",),
    "selected_date_time": ("initial_date_time",),
    "selected_user": ("initial_user",),
    "selected_conversation": ("initial_conversation",),
    "selected_channel": ("initial_channel",),
    "selected_users": ("initial_users",),
    "selected_option": ("initial_option",),
    "selected_options": ("initial_options",),
}
STATELESS = frozenset({"button", "overflow", "workflow_button", "image", "icon_button", "feedback_buttons"})


def with_ids(blocks: list[Json]) -> list[Json]:
    """Give every block a block_id and every element an action_id, where the author gave none."""
    return [_with_action_ids({**block, "block_id": block.get("block_id") or secrets.token_hex(3)}) for block in blocks]


def _with_action_ids(block: Json) -> Json:
    def named(element: object) -> object:
        if isinstance(element, dict) and element.get("type") in _VALUE and not element.get("action_id"):
            return {**element, "action_id": secrets.token_hex(3)}
        return element

    changed = dict(block)
    for key in ("accessory", "element"):
        if key in block:
            changed[key] = named(block[key])
    if block["type"] == "actions":
        changed["elements"] = [named(element) for element in block["elements"]]
    return changed


def interactive(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """List every (block, element) that a person can act on, top to bottom."""
    for block in blocks:
        candidates = [block.get("accessory"), block.get("element")]
        if block["type"] in ("actions", "context_actions"):
            candidates += block["elements"]
        for element in candidates:
            if element and element.get("type") in _VALUE:
                yield block, element


def find(
    blocks: list[Json], *, action_id: str | None, block_id: str | None, text: str | None
) -> tuple[Json, Json] | None:
    """Find an element by its action_id, or a button by the words on it; `block_id` narrows both."""
    for block, element in interactive(blocks):
        if block_id and block["block_id"] != block_id:
            continue
        if action_id and element["action_id"] == action_id:
            return block, element
        if text and not action_id and element.get("text", {}).get("text") == text:
            return block, element
    return None


def chosen(element: Json, raw: object) -> Json:
    """Write down a choice: `raw` is a plain value or list of values, or None; an unknown option is sent as asked.

    Sending an option that the element does not have is what a tampered client would do.
    """
    key = _VALUE[element["type"]]
    if isinstance(raw, dict) and raw.get("type") == element["type"]:
        return raw
    if key == "selected_option":
        value: object = _option(element, raw) if raw is not None else None
    elif key == "selected_options":
        value = [_option(element, one) for one in (raw if isinstance(raw, list) else [])]
    elif key == "value" and raw is not None:
        value = str(raw)
    else:
        value = raw
    return {"type": element["type"], key: value}


def state_of(blocks: list[Json], raw: Json, kept: Json | None = None) -> Json:
    """Build `state.values`: what was typed, else what was `kept` from before, else what the element begins with."""
    values: Json = {}
    for block, element in interactive(blocks):
        if element["type"] in STATELESS:
            continue
        block_id, action_id = block["block_id"], element["action_id"]
        typed = raw.get(block_id, {})
        before = (kept or {}).get(block_id, {}).get(action_id)
        if action_id in typed:
            value = chosen(element, typed[action_id])
        elif before and before["type"] == element["type"]:
            value = before
        else:
            value = _begin(element)
        values.setdefault(block_id, {})[action_id] = value
    return values


def missing(blocks: list[Json], values: Json) -> dict[str, str]:
    """List what Slack's client refuses before it sends a modal: {block_id: what it says}."""
    errors: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        value = values[block["block_id"]][element["action_id"]].get(_VALUE[element["type"]])
        if value in (None, "", []):
            if not block.get("optional"):
                errors[block["block_id"]] = "Please complete this required field."
        elif isinstance(value, str) and element["type"] == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if len(value) < least:
                errors[block["block_id"]] = f"Write at least {least} characters."
            elif len(value) > most:
                errors[block["block_id"]] = f"Write at most {most} characters."
    return errors


def _begin(element: Json) -> Json:
    key = _VALUE[element["type"]]
    empty: object = [] if key.endswith("s") and key != "selected_options" else None
    if key == "selected_options":
        empty = []
    return {"type": element["type"], key: next((element[n] for n in _INITIAL[key] if n in element), empty)}


def _option(element: Json, value: object) -> Json:
    if isinstance(value, dict):
        return value
    options = list(element.get("options", []))
    for group in element.get("option_groups", []):
        options += group["options"]
    for option in options:
        if option.get("value") == value or option["text"]["text"] == value:
            return dict(option)
    return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": str(value)}
