"""The archive: where events are kept outside Redis. Objects are written once, whole, and never changed.

Nothing is ever overwritten, so no writer can take away what another wrote, and a bucket may be locked against changes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from jobs.clients import disk
from jobs.clients.errors import Forbidden, Rejected, Temporary

_FOLDER_MODE: Final = 0o750
_NO_LINKS: Final = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Place(Protocol):
    """Where objects are kept, by names with slashes such as `journals/2026/11/rb-1042/000001-000017.jsonl`.

    Every method raises Temporary when it may work later, Forbidden when a right is missing, Rejected otherwise.
    """

    @property
    def address(self) -> str:
        """How people write it: a folder's path, or s3://bucket/prefix."""
        ...

    def put(self, name: str, text: str) -> None:
        """Write a new object, whole or not at all; on return it is safe. The same text again changes nothing.

        Raises:
            Rejected: the name is taken by another text.
        """
        ...

    def get(self, name: str) -> str | None:
        """An object's text; None when there is none."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """The names that begin with `prefix`, sorted. The prefix ends with a slash, or is empty."""
        ...


class Folder:
    """A folder of this machine, best on a disk of its own. It is made at the first write, its parent is not."""

    def __init__(self, path: Path) -> None:
        self._root = path.absolute()

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self._root)

    def put(self, name: str, text: str) -> None:
        """As `Place.put`."""
        path = self._path(name)
        with self._spoken("write", name):
            self._make(path.parent)
            try:
                disk.put_new(path, text)
            except FileExistsError:
                self._same(name, text)
                # Whoever wrote it may have stopped before it was safe.
                disk.sync(path.parent)

    def get(self, name: str) -> str | None:
        """As `Place.get`."""
        path = self._path(name)
        with self._spoken("read", name):
            try:
                return path.read_bytes().decode()
            except FileNotFoundError:
                return None
            except UnicodeDecodeError as error:
                raise Rejected(
                    f"{self.address}/{name} is no text: somebody changed it. Restore it from a copy."
                ) from error

    def names(self, prefix: str = "") -> list[str]:
        """As `Place.names`; a folder that is not there yet holds nothing."""
        begin = self._path(prefix.rstrip("/")) if prefix else self._root
        with self._spoken("list", prefix):
            found = [path for path in _files(begin) if not path.name.startswith(".")]
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def _path(self, name: str) -> Path:
        """The path of an object, inside the folder and reached through no symbolic link.

        Raises:
            Rejected: it would lie elsewhere.
        """
        parts = name.split("/")
        if any(part in {"", ".", ".."} or part.startswith(".") for part in parts):
            raise Rejected(f"{name!r} is no name for an object of the archive. Nothing was written.")
        path = self._root
        for part in parts:
            path /= part
            if path.is_symlink():
                raise Rejected(
                    f"{path} is a symbolic link, so what is written there may land elsewhere. Nothing was written. "
                    "Take the link away."
                )
        return path

    def _make(self, folder: Path) -> None:
        """Make the folders below the root, and the root itself where its parent stands; each flushed to the disk."""
        missing = [one for one in (folder, *folder.parents) if one.is_relative_to(self._root) and not one.is_dir()]
        for one in reversed(missing):
            one.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            disk.sync(one.parent)

    def _same(self, name: str, text: str) -> None:
        if self.get(name) != text:
            raise Rejected(
                f"{self.address}/{name} is there and says something else. It was not changed. Look at both with "
                "`rollbackctl audit verify`."
            )

    @contextmanager
    def _spoken(self, verb: str, name: str) -> Iterator[None]:
        """What the file system says, in the clients' words."""
        try:
            yield
        except OSError as error:
            raise self._error(error, verb=verb, name=name) from error

    def _error(self, error: OSError, *, verb: str, name: str) -> Exception:
        said = error.strerror or str(error)
        if error.errno in disk.DENIED:
            return Forbidden(verb=verb, resource="file", namespace=self.address, name=name, message=said)
        if error.errno in disk.PASSING:
            return Temporary(f"The archive {self.address} does not take {name}: {said}. Make room or mend the disk.")
        if error.errno in _NO_LINKS:
            return Rejected(
                f"{self.address} lies on a file system without hard links. Set ROLLBACK_ARCHIVE to another."
            )
        return Rejected(
            f"The archive {self.address} cannot {verb} {name}: {said}. Nothing was changed. Make the folder, take away "
            "what stands in its way, or set ROLLBACK_ARCHIVE to another."
        )


def place(address: str) -> Place:
    """The place of ROLLBACK_ARCHIVE: `s3://bucket/prefix`, or a folder's path.

    boto3 is imported here: it costs half a second, and a folder does not need it.

    Raises:
        Rejected: the address is none.
    """
    if address.startswith("s3://"):
        from jobs.clients.bucket import Bucket, connect  # noqa: PLC0415 - as the docstring says

        return Bucket(address, connect())
    if "://" in address:
        raise Rejected(f"ROLLBACK_ARCHIVE is {address!r}: neither a folder nor s3://bucket/prefix. Set it to one.")
    return Folder(Path(address))


def _files(begin: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for folder, _, names in os.walk(begin, onerror=refuse):
        yield from (Path(folder) / name for name in names)
