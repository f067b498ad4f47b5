"""The arguments of a Web API call, whether they came as a form or as JSON."""

import base64
import binascii
import json
from typing import Any, cast

from sandbox.slack.config import Json
from sandbox.slack.errors import ApiError


class Arguments:
    """Arguments by name; what is missing or of the wrong shape raises ApiError invalid_arguments, as in Slack."""

    def __init__(self, values: Json) -> None:
        self._values = {name: value for name, value in values.items() if value is not None and value != ""}

    def text(self, name: str) -> str:
        """Give a required string."""
        value = self._values.get(name)
        if value is None:
            raise ApiError("invalid_arguments", (f"[ERROR] missing required field: {name}",))
        if isinstance(value, dict | list):
            raise ApiError("invalid_arguments", (f"[ERROR] must be a string [json-pointer:/{name}]",))
        return str(value)

    def maybe(self, name: str) -> str | None:
        """Give an optional string."""
        return self.text(name) if name in self._values else None

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Give a boolean, which forms write as true or 1."""
        value = self._values.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true")

    def json(self, name: str) -> Any:  # noqa: ANN401  JSON of any shape; the caller judges it
        """Give a structure, which forms carry as a JSON string; None when absent."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            code = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
            raise ApiError(code, (f"[ERROR] not JSON [json-pointer:/{name}]",)) from None

    def require_json(self, name: str) -> Any:  # noqa: ANN401  JSON of any shape; the caller judges it
        """Give a required structure."""
        self.text_or_structure(name)
        return self.json(name)

    def text_or_structure(self, name: str) -> None:
        """Insist that an argument is there."""
        if name not in self._values:
            raise ApiError("invalid_arguments", (f"[ERROR] missing required field: {name}",))

    def has(self, name: str) -> bool:
        """Whether the argument was given, and not empty."""
        return name in self._values

    def number(self, name: str, *, default: int, most: int) -> int:
        """Give a whole number from 1 to `most`."""
        try:
            value = int(self._values.get(name, default))
        except (TypeError, ValueError):
            raise ApiError("invalid_arguments", (f"[ERROR] must be an integer [json-pointer:/{name}]",)) from None
        if not 1 <= value <= most:
            raise ApiError("invalid_limit")
        return value

    def all(self) -> Json:
        """Give everything, for the record."""
        return dict(self._values)


def page_of(items: list[Json], args: Arguments, *, default: int = 100, most: int = 1000) -> tuple[list[Json], str]:
    """Cut one page out of a list: its items, and the cursor of the next one (empty at the end).

    Raises ApiError invalid_cursor or invalid_limit.
    """
    limit = args.number("limit", default=default, most=most)
    start = 0
    if cursor := args.maybe("cursor"):
        try:
            start = int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except (binascii.Error, ValueError):
            raise ApiError("invalid_cursor") from None
    end = start + limit
    following = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], following


def paged(name: str, page: tuple[list[Json], str]) -> Json:
    """Answer one page under its name, with the cursor where Slack puts it."""
    items, following = page
    return {name: items, "response_metadata": {"next_cursor": following}}


def as_object(value: object, name: str) -> Json:
    """Insist on a JSON object."""
    if not isinstance(value, dict):
        raise ApiError("invalid_arguments", (f"[ERROR] must be an object [json-pointer:/{name}]",))
    return cast("Json", value)
