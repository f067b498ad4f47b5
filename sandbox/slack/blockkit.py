"""Whether Slack would take these blocks: the schema of the published types first, then the documented limits."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft7Validator, ValidationError, validators

from sandbox.slack.block_limits import FORBIDDEN, limit_errors, utf16_units
from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError

MESSAGE_STRINGS = 11_300
_SCHEMA = Path(__file__).with_name("schema") / "blockkit.json"


def check_message(blocks: object, *, file_ready: Callable[[str], bool]) -> list[Json]:
    """Give a message's blocks back when Slack would take them.

    `file_ready` says whether an uploaded file may be shown yet. Raises ApiError: invalid_blocks with JSON pointers, or
    msg_blocks_too_long when all strings together pass MESSAGE_STRINGS (UTF-16 units; undocumented, known from
    slackapi/bolt-js issue 2867).
    """
    checked = _check(blocks, surface="message", most=50, file_ready=file_ready)
    if sum(utf16_units(text) for text in _strings(checked)) > MESSAGE_STRINGS:
        raise ApiError("msg_blocks_too_long")
    return checked


def check_view(view: object, *, file_ready: Callable[[str], bool]) -> Json:
    """Give a modal or Home view back when Slack would take it; raises ApiError invalid_arguments with JSON pointers."""
    if not isinstance(view, dict):
        raise ApiError("invalid_arguments", ("[ERROR] failed to match all allowed schemas [json-pointer:/view]",))
    kind = view.get("type")
    if kind not in ("modal", "home"):
        raise ApiError("invalid_arguments", ("[ERROR] unsupported type [json-pointer:/view/type]",))
    definition = "ModalView" if kind == "modal" else "HomeView"
    frame = {**view, "blocks": []} if "blocks" in view else view
    errors = [_message(error, "/view") for error in _validator(definition).iter_errors(frame)]
    errors += limit_errors(view, "/view", nested=False)
    if not errors:
        try:
            _check(view["blocks"], surface=kind, most=100, file_ready=file_ready, pointer="/view/blocks")
        except ApiError as refused:
            errors = list(refused.messages)
    if errors:
        raise ApiError("invalid_arguments", tuple(errors))
    if kind == "modal" and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        raise ApiError("invalid_arguments", ("[ERROR] missing required field: submit [json-pointer:/view]",))
    return cast("Json", view)


def _check(
    blocks: object, *, surface: str, most: int, file_ready: Callable[[str], bool], pointer: str = "/blocks"
) -> list[Json]:
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks", (f"[ERROR] must be an array [json-pointer:{pointer}]",))
    errors: list[str] = []
    if len(blocks) > most:
        errors.append(f"[ERROR] no more than {most} items allowed [json-pointer:{pointer}]")
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        here = f"{pointer}/{index}"
        found = [_message(error, here) for error in _validator("KnownBlock").iter_errors(block)]
        if not found:
            found = list(limit_errors(block, here)) + list(_rules(block, here, surface, file_ready))
            if (name := block.get("block_id")) and name in seen:
                found.append(f"[ERROR] `block_id` must be unique: {name} [json-pointer:{here}/block_id]")
            seen.add(name or here)
        errors += found
    if errors:
        raise ApiError("invalid_blocks", tuple(errors))
    return blocks


def _rules(block: Json, here: str, surface: str, file_ready: Callable[[str], bool]) -> Iterator[str]:
    kind = block["type"]
    if kind in FORBIDDEN[surface]:
        yield f"[ERROR] unsupported type: {kind} [json-pointer:{here}/type]"
    if kind == "section" and not block.get("text") and not block.get("fields"):
        yield f"[ERROR] missing required field: text [json-pointer:{here}]"
    for path, file in _slack_files(block, here):
        if not file_ready(file):
            yield f"[ERROR] invalid slack file [json-pointer:{path}]"
    seen: set[str] = set()
    for index, element in enumerate(block.get("elements", [])):
        name = element.get("action_id") if isinstance(element, dict) else None
        if name and name in seen:
            place = f"{here}/elements/{index}/action_id"
            yield f"[ERROR] `action_id` must be unique in its block: {name} [json-pointer:{place}]"
        if name:
            seen.add(name)


def _slack_files(value: Json, here: str) -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if key == "slack_file" and isinstance(inner, dict):
            yield f"{here}/{key}", str(inner.get("id") or inner.get("url"))
        elif isinstance(inner, dict):
            yield from _slack_files(inner, f"{here}/{key}")
        elif isinstance(inner, list):
            for index, item in enumerate(inner):
                if isinstance(item, dict):
                    yield from _slack_files(item, f"{here}/{key}/{index}")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _message(error: ValidationError, pointer: str) -> str:
    where = "".join(f"/{part}" for part in error.absolute_path)
    instance = cast("Any", error.instance)
    schema, wanted = cast("Any", error.schema), cast("Any", error.validator_value)
    match error.validator:
        case "required":
            text = f"missing required field: {next(name for name in wanted if name not in instance)}"
        case "additionalProperties":
            text = f"invalid additional property: {', '.join(sorted(set(instance) - set(schema['properties'])))}"
        case "type":
            text = f"must provide a{'n' if wanted[0] in 'aio' else ''} {wanted}"
        case "anyOf":
            text = error.message
        case _:
            text = "value is not one that is allowed here"
    return f"[ERROR] {text} [json-pointer:{pointer}{where}]"


def _by_type(validator: Any, options: list[Json], instance: object, _schema: Json) -> Iterator[ValidationError]:  # noqa: ANN401  jsonschema's own signature
    """Judge an object by the branch that its `type` names, so that the error is about what the author meant."""
    branches = list(_branches(options))
    if isinstance(instance, dict) and all("type" in branch.get("properties", {}) for branch in branches):
        named = [b for b in branches if instance.get("type") in _types(b)]
        if not named:
            yield ValidationError(f"unsupported type: {instance.get('type')}", path=["type"])
            return
        branches = named
    tried = [list(validator.descend(instance, branch)) for branch in branches]
    yield from min(tried, key=len)


def _types(branch: Json) -> list[str]:
    kind = branch["properties"]["type"]
    return [kind["const"]] if "const" in kind else kind.get("enum", [])


def _branches(options: list[Json]) -> Iterator[Json]:
    for option in options:
        schema = _definitions()[option["$ref"].rsplit("/", 1)[1]] if "$ref" in option else option
        if "anyOf" in schema:
            yield from _branches(schema["anyOf"])
        else:
            yield schema


@cache
def _definitions() -> dict[str, Json]:
    definitions: dict[str, Json] = json.loads(_SCHEMA.read_text(encoding="utf-8"))["definitions"]
    return definitions


@cache
def _validator(definition: str) -> Draft7Validator:
    extend = cast("Callable[..., Callable[[Json], Draft7Validator]]", validators.extend)
    typed = extend(Draft7Validator, {"anyOf": _by_type})
    schema = {"$ref": f"#/definitions/{definition}", "definitions": _definitions()}
    return typed(schema)
