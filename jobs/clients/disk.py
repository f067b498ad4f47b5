"""Writing files so that what is written stays: made once, never through a link, flushed with the folder's own entry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

MODE: Final = 0o640


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
