"""Writing files so that what is written stays: made once, never through a link, flushed with the folder's own entry."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from pathlib import Path
from typing import Final

MODE: Final = 0o640
DENIED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
"""A right is missing."""
PASSING: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EAGAIN, errno.EMFILE})
"""It may work later."""


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and flush it to the disk.

    Raises:
        OSError: it is there already, or it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def put_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, whole or not at all; on return it is safe.

    It is written beside its place and then linked there, which fails if the name is taken.

    Raises:
        FileExistsError: the name is taken.
        OSError: it cannot be written; EOPNOTSUPP and the like where the file system knows no hard links.
    """
    passing = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        write_new(passing, text)
        os.link(passing, path)
    finally:
        with contextlib.suppress(OSError):
            passing.unlink()
    sync(path.parent)


def sync(folder: Path) -> None:
    """Flush a folder's own entries: a new name is safe only then.

    Raises:
        OSError: it cannot be opened or flushed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
