"""What a configuration must be like to be put back at all, each with the mend. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.domain.model import Json
from bot.domain.plan import Note
from bot.domain.refusal import Code, Refused
from bot.domain.template_references import Reference, references
from jobs.backups.document import OPAQUE, SECRET
from jobs.clients.resources import Raw
from jobs.strategies import ownership
from jobs.strategies.config_facts import ConfigFacts, Piece

HASHED: Final = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
"""A name with kustomize's hash at its end (api/hasher/hasher.go: ten letters, none of which can spell a word)."""
MOST_KEYS: Final = 8


def require_restorable(facts: ConfigFacts) -> None:
    """The gates, for each object.

    Raises:
        Refused: config-fixed (immutable, hashed, type), owned-elsewhere, bad-backup (lacks-keys).
    """
    wanted = references(facts.live.template)
    for piece in facts.pieces:
        _require_plain_name(piece, wanted)
        if piece.live is not None:
            _require_writable(piece, piece.live)
            _require_free(piece, piece.live)
        _require_keys(facts, piece, wanted)


def unused(facts: ConfigFacts) -> Iterator[Note]:
    """Objects that the workload's template does not name: a restart makes no difference to them."""
    there = {(one.kind, one.name) for one in references(facts.live.template)}
    for piece in facts.pieces:
        if (piece.kind, piece.name) not in there:
            workload = f"{facts.live.kind} {facts.live.item['metadata']['name']}"
            yield Note(code="config-unused", figures={"name": str(piece), "workload": workload})


def _require_plain_name(piece: Piece, wanted: tuple[Reference, ...]) -> None:
    """A hash in the name says that a change is a new object: the old one still stands, and undo leads back to it."""
    for one in (piece.name, *(each.name for each in wanted if each.kind == piece.kind)):
        found = HASHED.fullmatch(one)
        if found and piece.name in (one, found[1]):
            raise Refused(Code.CONFIG_FIXED, why="hashed", kind=piece.kind, name=one)


def _require_writable(piece: Piece, live: Raw) -> None:
    if live.get("immutable"):
        raise Refused(Code.CONFIG_FIXED, why="immutable", kind=piece.kind, name=piece.name)
    found = str(live.get("type") or OPAQUE)
    if piece.kind == SECRET and found != piece.backup.type:
        figures = {"found": found, "wanted": piece.backup.type, "file": piece.file}
        raise Refused(Code.CONFIG_FIXED, why="type", kind=piece.kind, name=piece.name, **figures)


def _require_free(piece: Piece, live: Raw) -> None:
    """Nobody writes it back: no tool that syncs, and no controller that makes it from something else."""
    ownership.require_free(live, kind=piece.kind)
    for owner in live["metadata"].get("ownerReferences") or []:
        if owner.get("controller"):
            by = f"{owner.get('kind')} {owner.get('name')}"
            raise Refused(Code.OWNED_ELSEWHERE, owner=by, kind=piece.kind, name=piece.name, mark="ownerReferences")


def _require_keys(facts: ConfigFacts, piece: Piece, wanted: tuple[Reference, ...]) -> None:
    """Pods that name a key do not start without it."""
    held = {*piece.backup.content.data, *piece.backup.content.binary}
    for one in wanted:
        if (one.kind, one.name) == (piece.kind, piece.name) and (lacking := sorted(set(one.keys) - held)):
            keys: list[Json] = [*lacking[:MOST_KEYS]]
            workload = f"{facts.live.kind} {facts.live.item['metadata']['name']}"
            raise Refused(Code.BAD_BACKUP, why="lacks-keys", file=piece.file, keys=keys, workload=workload)
