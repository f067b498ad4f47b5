"""Uploaded files: announced, sent, completed, and for a moment 'processing', when no block may show them."""

import secrets
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sandbox.slack.config import Json, Timings

_PNG = b"\x89PNG\r\n\x1a\n"
_KINDS = {"png": ("png", "image/png"), "md": ("markdown", "text/markdown"), "txt": ("text", "text/plain")}
_KINDS |= {"jpg": ("jpg", "image/jpeg"), "gif": ("gif", "image/gif"), "json": ("json", "application/json")}


@dataclass(frozen=True)
class File:
    """One file; `done_at` is the monotonic second at which Slack has processed it, None before completion."""

    id: str
    key: str
    name: str
    length: int
    created: float
    content: bytes | None = None
    title: str = ""
    done_at: float | None = None
    channels: tuple[str, ...] = ()

    @property
    def processed(self) -> bool:
        """Whether a block may show it."""
        return self.done_at is not None and time.monotonic() >= self.done_at

    def kind(self) -> tuple[str, str]:
        """Give Slack's file type and the MIME type, by the name's ending."""
        return _KINDS.get(self.name.rpartition(".")[2].lower(), ("binary", "application/octet-stream"))


class Files:
    """All files of the workspace."""

    def __init__(self, timings: Timings) -> None:
        self._processing = timings.file_processing
        self._lock = threading.Lock()
        self._files: dict[str, File] = {}

    def announce(self, name: str, length: int) -> File:
        """Make room for a file that is about to be sent."""
        file = File(f"F{secrets.token_hex(5).upper()}", secrets.token_urlsafe(24), name, length, time.time())
        return self._keep(file)

    def receive(self, key: str, content: bytes) -> File | None:
        """Take the bytes sent to an upload address; None when no file waits there."""
        with self._lock:
            found = next((f for f in self._files.values() if f.key == key and f.content is None), None)
        return self._keep(replace(found, content=content)) if found else None

    def complete(self, file_id: str, title: str, channels: tuple[str, ...]) -> File | None:
        """Begin processing; None when the file is unknown, was not sent, or is complete already."""
        file = self.find(file_id)
        if file is None or file.content is None or file.done_at is not None:
            return None
        done_at = time.monotonic() + self._processing
        return self._keep(replace(file, title=title or file.name, done_at=done_at, channels=channels))

    def find(self, file_id: str) -> File | None:
        """Find a file by its id."""
        with self._lock:
            return self._files.get(file_id)

    def ready(self, reference: str) -> bool:
        """Whether a block may show the file named by its id or by its private address."""
        file = self.find(reference) or self.find(_id_in(reference))
        return file is not None and file.processed and file.kind()[1].startswith("image/")

    def _keep(self, file: File) -> File:
        with self._lock:
            self._files[file.id] = file
        return file


def _id_in(reference: str) -> str:
    return next((part for part in reference.split("/") if part.startswith("F")), "")


def files_json(files: Files, ids: Iterable[str], *, base_url: str, user: str) -> list[Json]:
    """Show the files of a message, whole, as conversations.history and conversations.replies do."""
    found = (files.find(one) for one in ids)
    return [file_json(file, base_url=base_url, user=user) for file in found if file]


def file_json(file: File, *, base_url: str, user: str) -> Json:
    """Show a file as files.info does: its type and sizes are empty until it is processed."""
    address = f"{base_url}/files/{file.id}/{file.name}"
    shown: Json = {
        "id": file.id,
        "created": int(file.created),
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": "",
        "filetype": "",
        "user": user,
        "size": len(file.content or b""),
        "mode": "hosted",
        "is_external": False,
        "url_private": address,
        "url_private_download": address,
        "permalink": address,
        "channels": list(file.channels),
        "groups": [],
        "ims": [],
        "has_rich_preview": False,
        "file_access": "visible",
    }
    if file.processed and file.content is not None:
        filetype, mimetype = file.kind()
        shown |= {"mimetype": mimetype, "filetype": filetype}
        if file.content.startswith(_PNG):
            width, height = struct.unpack(">II", file.content[16:24])
            shown |= {"original_w": width, "original_h": height, "thumb_360": address}
    return shown
