"""services.yaml → Catalog, or every problem in it with file, line, what it is and the mend."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue, ValidationError

from bot.catalog.lines import Lines, Place, read
from bot.catalog.model import Catalog

LARGEST = 1_000_000
"""Bytes. A catalog of a hundred services is a tenth of this."""
SHOWN = 60
"""Characters of a wrong value that a problem quotes."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a catalog. `line` counts from 1; 0: the file as a whole."""

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.what}. {self.mend}"


class CatalogError(Exception):
    """The catalog cannot be used. `problems` holds each of them; the message is all of them, a line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def load(path: Path) -> Catalog:
    """Read and validate a catalog file.

    Raises:
        CatalogError: it cannot be read, is no YAML, or does not fit the model.
    """
    return parse(_text(path), file=str(path))


def parse(text: str, *, file: str) -> Catalog:
    """Validate a catalog's text; `file` is how its problems name it.

    Raises:
        CatalogError: as `load`.
    """
    lines = read(text)
    problems = [Problem(file=file, line=f.line, what=f.what, mend=f.mend) for f in lines.found]
    if lines.data is None and not problems:
        problems.append(Problem(file=file, line=1, what="it is empty", mend="Begin with `services:`."))
    if problems:
        raise CatalogError(problems)
    try:
        # JSON, because strict JSON takes a list for a tuple and still no text for a number.
        return Catalog.model_validate_json(json.dumps(lines.data), strict=True)
    except ValidationError as error:
        raise CatalogError(_problems(error, lines, file)) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        what = f"it cannot be read ({(error.strerror or str(error)).lower()})"
        raise CatalogError(
            [Problem(str(path), 0, what, "Set ROLLBACK_CATALOG to the path of the services file.")]
        ) from None
    if len(raw) > LARGEST:
        raise CatalogError([Problem(str(path), 0, f"it is over {LARGEST:,} bytes", "Take out what is no catalog.")])
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CatalogError([Problem(str(path), line, "it is no UTF-8", "Save the file as UTF-8.")]) from None


def _problems(error: ValidationError, lines: Lines, file: str) -> list[Problem]:
    problems = []
    for wrong in error.errors(include_url=False):
        place = tuple(part for part in wrong["loc"] if part != "[key]")
        what, mend = _words(wrong["type"], wrong["msg"], wrong.get("ctx") or {}, place, wrong["input"])
        line = lines.keys.get(place) if wrong["type"] == "extra_forbidden" else lines.of(place)
        problems.append(Problem(file=file, line=line or lines.of(place), what=what, mend=mend))
    return sorted(problems, key=lambda problem: problem.line)


def _words(kind: str, message: str, context: dict[str, object], place: Place, given: JsonValue) -> tuple[str, str]:
    """What is wrong and the mend, in the catalog's own words."""
    where = ".".join(str(part) for part in place) or "the catalog"
    match kind:
        case "missing":
            return f"{where} is missing", f"Add `{place[-1]}:`{_under(place)}."
        case "extra_forbidden":
            known = _fields(place[:-1])
            near = get_close_matches(str(place[-1]), known)
            mend = f"Did you mean `{'` or `'.join(near)}`?" if near else f"Known here: {', '.join(known) or 'nothing'}."
            return f"{where} is not known", mend
        case "value_error":
            return f"{where}: {context.get('error') or message}", "Change it so."
        case "string_pattern_mismatch":
            return f"{where}: {_shown(given)} does not fit", f"It must match {context.get('pattern')}."
        case _:
            return f"{where}: {_shown(given)} does not fit", f"{message.removeprefix('Input ').capitalize()}."


def _under(place: Place) -> str:
    return f" under `{'.'.join(str(part) for part in place[:-1])}`" if place[:-1] else " at the top"


def _shown(given: JsonValue) -> str:
    if isinstance(given, dict | list):
        return "a list" if isinstance(given, list) else "a group of keys"
    text = json.dumps(given, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _fields(place: Place) -> tuple[str, ...]:
    """The names a model knows at a place of the catalog."""
    annotation: object = Catalog
    for part in place:
        annotation = _inside(annotation, part)
    model = _model(annotation)
    return tuple(model.model_fields) if model else ()


def _inside(annotation: object, part: str | int) -> object:
    model = _model(annotation)
    if model is not None:
        named = model.model_fields.get(str(part))
        return named.annotation if named else None
    inner = get_args(annotation)
    return inner[-1] if get_origin(annotation) is dict else inner[0] if inner else None


def _model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, Annotated}:
        return next((model for inner in get_args(annotation) if (model := _model(inner))), None)
    return None
