"""The limits that Slack documents for Block Kit, as tables. Lengths are UTF-16 units, as Slack's clients count them.

Source: Slack's Block Kit reference (blocks, block elements, composition objects, views).
"""

from collections.abc import Iterator

from sandbox.slack.config import Json

TEXT = {
    ("section", "text"): 3000,
    ("section", "fields"): 2000,
    ("header", "text"): 150,
    ("context", "elements"): 3000,
    ("alert", "text"): 200,
    ("button", "text"): 75,
    ("workflow_button", "text"): 75,
    ("image", "title"): 2000,
    ("input", "label"): 2000,
    ("input", "hint"): 2000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("option", "text"): 75,
    ("option", "description"): 75,
    ("option_group", "label"): 75,
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
    ("*", "placeholder"): 150,
}
STRING = {
    ("button", "value"): 2000,
    ("button", "url"): 3000,
    ("button", "accessibility_label"): 75,
    ("option", "value"): 150,
    ("option", "url"): 3000,
    ("image", "image_url"): 3000,
    ("image", "alt_text"): 2000,
    ("markdown", "text"): 12_000,
    ("plain_text_input", "initial_value"): 3000,
    ("modal", "private_metadata"): 3000,
    ("modal", "callback_id"): 255,
    ("home", "private_metadata"): 3000,
    ("home", "callback_id"): 255,
    ("*", "action_id"): 255,
    ("*", "block_id"): 255,
    ("*", "external_id"): 255,
}
ITEMS = {
    ("section", "fields"): 10,
    ("context", "elements"): 10,
    ("actions", "elements"): 25,
    ("checkboxes", "options"): 10,
    ("radio_buttons", "options"): 10,
    ("overflow", "options"): 5,
    ("static_select", "options"): 100,
    ("static_select", "option_groups"): 100,
    ("multi_static_select", "options"): 100,
    ("multi_static_select", "option_groups"): 100,
    ("option_group", "options"): 100,
    ("table", "rows"): 100,
}
OPTIONAL_EMPTY = {("button", "value"), ("plain_text_input", "initial_value"), ("modal", "private_metadata")}
_MESSAGES_ONLY = frozenset(
    {"markdown", "table", "data_table", "plan", "task_card", "card", "carousel", "container", "context_actions", "file"}
)
FORBIDDEN: dict[str, frozenset[str]] = {
    "message": frozenset({"alert"}),
    "modal": _MESSAGES_ONLY,
    "home": _MESSAGES_ONLY | {"alert"},
}
_NAMED = {"confirm": "confirm", "options": "option", "option_groups": "option_group"}
_NAMED |= {"initial_option": "option", "initial_options": "option"}


def utf16_units(text: str) -> int:
    """Count a text as JavaScript does: characters outside the first plane count twice."""
    return len(text.encode("utf-16-le")) // 2


def limit_errors(value: Json, pointer: str, *, kind: str | None = None, nested: bool = True) -> Iterator[str]:
    """List what is longer or more than allowed, in Slack's words; `nested` false leaves `blocks` of a view alone."""
    kind = kind or str(value.get("type", "*"))
    for key, inner in value.items():
        here = f"{pointer}/{key}"
        if key == "blocks" and not nested:
            continue
        yield from _own_errors(kind, key, inner, here)
        if isinstance(inner, dict):
            yield from limit_errors(inner, here, kind=_named(kind, key))
        elif isinstance(inner, list):
            for index, item in enumerate(inner):
                if isinstance(item, dict):
                    yield from _text_errors(kind, key, item, f"{here}/{index}")
                    yield from limit_errors(item, f"{here}/{index}", kind=_named(kind, key))


def _named(kind: str, key: str) -> str | None:
    return None if (kind, key) == ("confirm", "confirm") else _NAMED.get(key)


def _own_errors(kind: str, key: str, inner: object, here: str) -> Iterator[str]:
    if isinstance(inner, str):
        most = STRING.get((kind, key), STRING.get(("*", key)))
        if most is not None:
            yield from _length_errors(inner, most, here, may_be_empty=(kind, key) in OPTIONAL_EMPTY)
    elif isinstance(inner, dict):
        yield from _text_errors(kind, key, inner, here)
    elif isinstance(inner, list) and (most := ITEMS.get((kind, key))) is not None:
        if len(inner) > most:
            yield f"[ERROR] no more than {most} items allowed [json-pointer:{here}]"
        if not inner:
            yield f"[ERROR] must provide at least 1 item [json-pointer:{here}]"


def _text_errors(kind: str, key: str, item: Json, here: str) -> Iterator[str]:
    if item.get("type") not in ("plain_text", "mrkdwn"):
        return
    most = TEXT.get((kind, key), TEXT.get(("*", key)))
    if most is not None:
        yield from _length_errors(str(item.get("text")), most, f"{here}/text", may_be_empty=False)


def _length_errors(text: str, most: int, here: str, *, may_be_empty: bool) -> Iterator[str]:
    if utf16_units(text) > most:
        yield f"[ERROR] must be less than {most + 1} characters [json-pointer:{here}]"
    elif not text and not may_be_empty:
        yield f"[ERROR] must be more than 0 characters [json-pointer:{here}]"
