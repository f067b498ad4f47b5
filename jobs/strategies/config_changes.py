"""What will be different in a configuration, key by key, as notes of a plan. Pure.

A Secret's values are never in them; a ConfigMap's are where they are short and look like no secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.concealing import names_secret, shown
from bot.domain.model import JsonObject
from bot.domain.plan import Note
from jobs.backups.content import Content
from jobs.backups.document import SECRET
from jobs.strategies.config_facts import Piece

SHORT: Final = 40
"""Characters of a value that is shown."""


def changes(pieces: tuple[Piece, ...]) -> tuple[Note, ...]:
    """Each key that comes, goes or changes; one note for an object that is created."""
    return tuple(note for piece in pieces for note in _of(piece))


def _of(piece: Piece) -> Iterator[Note]:
    if piece.live is None:
        keys = len(piece.backup.content.data) + len(piece.backup.content.binary)
        yield Note(code="config-created", figures={"name": str(piece), "keys": keys})
        return
    old, new = _held(piece.content), _held(piece.backup.content)
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was != now:
            yield _note(piece, key, was, now)


def _note(piece: Piece, key: str, was: tuple[str, str] | None, now: tuple[str, str] | None) -> Note:
    code = "config-added" if was is None else "config-removed" if now is None else "config-changed"
    figures: JsonObject = {"name": str(piece), "entry": key}
    values = [value for value in (was, now) if value is not None]
    if piece.kind == SECRET or names_secret(key) or not all(_plain(*value) for value in values):
        return Note(code=f"{code}.hidden", figures=figures)
    figures |= {"before": was[1] if was else "", "after": now[1] if now else ""}
    return Note(code=code, figures=figures)


def _held(content: Content) -> dict[str, tuple[str, str]]:
    """Every key with its member and value."""
    return {key: (member, value) for member in content.members for key, value in content.member(member).items()}


def _plain(member: str, value: str) -> bool:
    return member == "data" and len(value) <= SHORT and "\n" not in value and shown(value) == value
