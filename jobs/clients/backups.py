"""Backups in a folder: read whole and only so far, written once, and never outside of it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from jobs.backups.document import LARGEST_FILE
from jobs.backups.sealing import Seal
from jobs.clients import disk
from jobs.clients.errors import Forbidden, Rejected, Temporary

SYSTEM: Final = "The folder of backups"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+:-]{0,250}")


class BackupFolder:
    """One folder. Its methods raise Temporary when it may work later, Forbidden without a right, Rejected otherwise."""

    def __init__(self, path: Path) -> None:
        self._root = path.absolute()

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self._root)

    def read(self, name: str) -> bytes | None:
        """A file; None when there is none. Of one that is too large just so much that it is seen to be."""
        with self._spoken("read", name):
            try:
                return self._read(self._path(name))
            except FileNotFoundError:
                return None

    def names(self) -> list[str]:
        """The names of all files, sorted.

        Raises:
            Rejected: there is no such folder.
        """
        with self._spoken("list", ""), os.scandir(self._root) as found:
            return sorted(entry.name for entry in found if not entry.name.startswith("."))

    def put(self, name: str, text: str) -> None:
        """Write a new file, whole or not at all; on return it is safe.

        Raises:
            Rejected: there is one of that name.
        """
        path = self._path(name)
        with self._spoken("write", name):
            disk.put_new(path, text)

    def remove(self, name: str) -> None:
        """Take a file away; one that is gone already is gone."""
        with self._spoken("remove", name):
            self._path(name).unlink(missing_ok=True)

    def _read(self, path: Path) -> bytes:
        # Opened without waiting: a pipe of that name would hold the worker for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Rejected(f"{path} is no plain file. Nothing was read. Put a copy of the backup in its place.")
            return file.read(LARGEST_FILE + 1)

    def _path(self, name: str) -> Path:
        """Where a file lies, inside the folder also when it is a link.

        Raises:
            Rejected: it would lie elsewhere.
        """
        if not _NAME.fullmatch(name):
            raise Rejected(f"{name!r} is no name of a backup. Nothing was read or written.")
        path = self._root / name
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise Rejected(f"{path} leads out of its folder. Nothing was read or written. Put a copy in its place.")
        return path

    @contextmanager
    def _spoken(self, verb: str, name: str) -> Iterator[None]:
        """What the file system says, in the clients' words."""
        try:
            yield
        except OSError as error:
            raise self._error(error, verb=verb, name=name) from error

    def _error(self, error: OSError, *, verb: str, name: str) -> Exception:
        said = error.strerror or str(error)
        what = f"{self._root}/{name}" if name else str(self._root)
        if error.errno in disk.DENIED:
            return Forbidden(verb=verb, resource="file", namespace=self.address, name=name, message=said)
        if error.errno in disk.PASSING:
            return Temporary(f"{what}: {said}. Make room or mend the disk.", system=SYSTEM)
        return Rejected(f"Cannot {verb} {what}: {said}. Mount the folder, or mend `config.folder` in the catalog.")


@dataclass(frozen=True)
class Backups:
    """Where backups lie, and what opens those that are sealed."""

    seal: Seal = field(default_factory=Seal)

    def folder(self, path: str) -> BackupFolder:
        """A folder by its path, as the catalog names it."""
        return BackupFolder(Path(path))
