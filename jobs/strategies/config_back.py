"""Taking a config rollback back: to the newest backup that holds what was live before it. Reads only.

The plan that is taken back holds digests of what was live, never the values, so only a backup can bring them back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.catalog.model import Configuration, Service
from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.backups.document import file_name, kinds_by_time, parse
from jobs.backups.problems import BadBackup
from jobs.backups.timestamps import order
from jobs.clients import Backups
from jobs.clients.backups import BackupFolder
from jobs.strategies import config_facts
from jobs.strategies.config_facts import Piece

MOST_OPENED: Final = 100
"""So many of the newest backups are opened; what is older is named with `to=`."""


def left(pieces: Iterable[Piece]) -> JsonObject:
    """What a plan keeps for the way back: the digest of what each kind held; {} where one was not there at all."""
    held: JsonObject = {piece.kind: piece.before for piece in pieces}
    return {} if None in held.values() else {"strategy": "config", "held": held}


def timestamp(backups: Backups, service: Service, section: Configuration, request: Request) -> str:
    """The time of that backup.

    Raises:
        Refused: cannot-undo, when none of them holds it; unreachable. Temporary: the folder cannot be read now.
    """
    shelf = _Shelf(backups, section, service.kubernetes.namespace)
    held = request.undoes.get("held")
    wanted = {kind: str(digest) for kind, digest in held.items()} if isinstance(held, dict) else {}
    with config_facts.of_folder():
        for time in shelf.times(set(wanted))[:MOST_OPENED]:
            if all(shelf.digest(kind, time) == wanted[kind] for kind in wanted):
                return time
    undone, name = request.undoes.get("id"), request.service
    raise Refused(Code.CANNOT_UNDO, why="no-backup", id=undone, service=name, folder=section.folder)


@dataclass(frozen=True)
class _Shelf:
    """A service's folder of backups."""

    backups: Backups
    section: Configuration
    namespace: str

    @property
    def folder(self) -> BackupFolder:
        return self.backups.folder(self.section.folder)

    def times(self, kinds: set[str]) -> list[str]:
        """The times with a backup of just these kinds, newest first: one of another kind would be restored, too."""
        there = kinds_by_time(self.folder.names(), self.section.objects)
        return sorted((time for time, found in there.items() if found == kinds), key=order, reverse=True)

    def digest(self, kind: str, time: str) -> str:
        """Of what a backup holds; "" for one that is gone, or cannot be used."""
        raw, name = self.folder.read(file_name(kind, time)), self.section.objects[kind]
        try:
            found = parse(raw or b"", kind=kind, name=name, namespace=self.namespace, seal=self.backups.seal)
        except BadBackup:
            return ""
        return found.content.digest
