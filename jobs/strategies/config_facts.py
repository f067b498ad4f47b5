"""What restoring a configuration looks at: the workload, the live objects, and the backups of one time, validated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.catalog.model import Configuration, Service
from bot.domain.model import Json
from bot.domain.refusal import Code, Refused
from jobs.backups.content import Content
from jobs.backups.document import CONFIG_MAP, SECRET, Backup, file_name, kinds_by_time, parse
from jobs.backups.problems import BadBackup
from jobs.backups.timestamps import TIMESTAMP, nearest
from jobs.clients import Clients, errors
from jobs.clients.backups import SYSTEM, BackupFolder
from jobs.clients.resources import CONFIGURATION, Raw, Ref
from jobs.clients.together import together
from jobs.steps.config_objects import SLUGS
from jobs.strategies import preflight, reading, workload
from jobs.strategies.model import Facts


@dataclass(frozen=True)
class Piece:
    """One object with its backup. `live`: None where it is not there. Neither shows its values when it is printed."""

    kind: str
    name: str
    live: Raw | None = field(repr=False)
    backup: Backup
    file: str
    file_sha256: str

    @property
    def content(self) -> Content:
        """What it holds now; nothing where it is not there."""
        return Content.of(self.live or {})

    @property
    def uid(self) -> str | None:
        """Which object it is; None where it is not there."""
        return self.live["metadata"]["uid"] if self.live else None

    @property
    def before(self) -> str | None:
        """The digest of what it holds now; None where it is not there."""
        return self.content.digest if self.live else None

    @property
    def same(self) -> bool:
        """Whether it holds what its backup holds."""
        return self.before == self.backup.content.digest

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class ConfigFacts(Facts):
    """The workload, both objects with their backups, and what is left alone. `at`: when it was looked.

    `ahead`: what the restart would meet; None where it is refused before.
    """

    live: workload.Live
    pieces: tuple[Piece, ...]
    left_alone: tuple[str, ...]
    timestamp: str
    at: datetime
    ahead: preflight.Seen | None = None


def look(clients: Clients, service: Service, section: Configuration, *, asked: str) -> ConfigFacts:
    """Read everything.

    Raises:
        Refused: bad-value, no-backup, bad-backup; as `workload.live`; missing-right, unreachable.
        Temporary: no answer now.
    """
    timestamp, names = _timestamp(asked), section.objects
    files = _files(clients, section, names, timestamp)
    backups = {
        kind: _parsed(clients, service, raw, kind=kind, name=names[kind], file=file_name(kind, timestamp))
        for kind, raw in files.items()
    }
    left = _left_alone(section, names, backups, timestamp)
    with reading.refusals():
        read: dict[str, Any] = together(
            {
                "live": lambda: workload.live(clients, service, workload.section(service, "config")),
                **{kind: reading.one(clients.kubernetes, _ref(service, kind, names[kind])) for kind in backups},
            }
        )
    pieces = tuple(
        Piece(kind, names[kind], read[kind], backup, file_name(kind, timestamp), _sha256(files[kind]))
        for kind, backup in backups.items()
    )
    return ConfigFacts(read["live"], pieces, left, timestamp, datetime.now(UTC))


def bound(pieces: Iterable[Piece]) -> dict[str, Json]:
    """The binding facts of these objects: which ones, what they hold, and which files they get it from."""
    return {
        f"{SLUGS[piece.kind]}_{fact}": value
        for piece in pieces
        for fact, value in (("uid", piece.uid), ("data", piece.before), ("backup", piece.file_sha256))
    }


def bound_now(
    clients: Clients, service: Service, section: Configuration, *, timestamp: str, kinds: Iterable[str]
) -> dict[str, Json]:
    """The same, read afresh; null for what is gone.

    Raises:
        ClientError: it cannot be read now.
    """
    folder, names, found = clients.backups.folder(section.folder), section.objects, dict[str, Json]()
    for kind in kinds:
        live = reading.one(clients.kubernetes, _ref(service, kind, names.get(kind, "")))()
        raw = folder.read(file_name(kind, timestamp))
        found |= {
            f"{SLUGS[kind]}_uid": live["metadata"]["uid"] if live else None,
            f"{SLUGS[kind]}_data": Content.of(live).digest if live else None,
            f"{SLUGS[kind]}_backup": _sha256(raw) if raw is not None else None,
        }
    return found


@contextmanager
def of_folder() -> Iterator[None]:
    """Reading the folder of backups for a plan: what it does not give is a refusal; what it may give later, Temporary.

    Raises:
        Refused: unreachable.
    """
    try:
        yield
    except errors.Temporary:
        raise
    except errors.ClientError as error:
        raise Refused(Code.UNREACHABLE, system=SYSTEM, detail=str(error)) from error


def _timestamp(asked: str) -> str:
    if not TIMESTAMP.fullmatch(asked):
        raise Refused(Code.BAD_VALUE, option="to", given=asked, why="no-timestamp", allowed=[])
    return asked


def _files(clients: Clients, section: Configuration, names: Mapping[str, str], timestamp: str) -> dict[str, bytes]:
    """The files of that time that there are, by kind.

    Raises:
        Refused: no-backup, with the nearest ones that are there; unreachable.
        Temporary: the folder cannot be read now.
    """
    folder = clients.backups.folder(section.folder)
    with of_folder():
        read = {kind: folder.read(file_name(kind, timestamp)) for kind in names}
        files = {kind: raw for kind, raw in read.items() if raw is not None}
        known = [] if files else _known(folder, names)
    if not files:
        before, after = nearest(timestamp, known)
        why = "none" if not known else "" if before and after else "earlier" if before else "later"
        near: dict[str, Json] = {"earlier": list[Json](before), "later": list[Json](after)}
        raise Refused(Code.NO_BACKUP, asked=timestamp, why=why, folder=section.folder, **near)
    return files


def _known(folder: BackupFolder, names: Mapping[str, str]) -> list[str]:
    """The times of which every object has a backup."""
    return [time for time, kinds in kinds_by_time(folder.names(), names).items() if kinds == set(names)]


def _parsed(clients: Clients, service: Service, raw: bytes, *, kind: str, name: str, file: str) -> Backup:
    namespace = service.kubernetes.namespace
    try:
        return parse(raw, kind=kind, name=name, namespace=namespace, seal=clients.backups.seal)
    except BadBackup as bad:
        raise Refused(Code.BAD_BACKUP, why=bad.why, file=file, **bad.figures) from None


def _left_alone(
    section: Configuration, names: Mapping[str, str], backups: Mapping[str, Backup], timestamp: str
) -> tuple[str, ...]:
    """What has no backup of that time: only a Secret may have none, of a snapshot that says so itself.

    Raises:
        Refused: no-backup.
    """
    missing = [kind for kind in names if kind not in backups]
    if not missing or (missing == [SECRET] and backups[CONFIG_MAP].alone):
        return tuple(f"{kind} {names[kind]}" for kind in missing)
    there = file_name(next(iter(backups)), timestamp)
    file = file_name(missing[0], timestamp)
    raise Refused(Code.NO_BACKUP, asked=timestamp, why="half", file=file, there=there, folder=section.folder)


def _ref(service: Service, kind: str, name: str) -> Ref:
    return Ref(CONFIGURATION[kind], service.kubernetes.namespace, name)


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
