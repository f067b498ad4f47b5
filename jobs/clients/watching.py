"""Following all objects of a kind: list, then watch from there, and list again whenever the watch ends."""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

import urllib3

from jobs.clients.errors import Temporary
from jobs.clients.kubernetes import KubernetesClient
from jobs.clients.resources import Kind, Raw
from jobs.clients.transport import READ_S, Stream

PAUSE_S = 0.5
"""Between two lists at the least; it doubles up to MAX_PAUSE_S while they fail."""
MAX_PAUSE_S = 5.0
_LEAST_READ_S = 1.0
_ENDED = (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError)
"""How a read ends. The last two: it was woken up in the middle of one, and TLS has no socket any more."""

Objects = dict[str, Raw]


def follow(
    kubernetes: KubernetesClient,
    kind: Kind,
    namespace: str,
    *,
    selector: str = "",
    field_selector: str = "",
    deadline_s: float,
    silence_s: float,
) -> Generator[Objects, None, None]:
    """All objects of a kind by name, as they are now and again after each change, for `deadline_s` seconds.

    The first mapping comes at once, empty when there are none. Changes that came while the last mapping was being
    looked at come together. Objects carry no kind and apiVersion. A watch that says nothing for `silence_s` seconds
    may hang, and what it has missed is listed. Closing the generator gives up the connection.

    Raises:
        NotFound, Forbidden, Rejected: as `KubernetesClient.list`; Forbidden also by the verb watch.
        Temporary: the first list failed; or, at the deadline, the last one did: what was seen last may be long over.
    """
    asked = _Asked(kubernetes, kind, namespace, selector, field_selector, silence_s)
    until = time.monotonic() + deadline_s
    view = _View()
    listed_at = time.monotonic()
    view.replace(asked.list(until))
    yield from view.news()
    while time.monotonic() < until:
        with suppress(Temporary):
            yield from _watched(asked, view, until)
        if not _wait(listed_at + PAUSE_S - time.monotonic(), until):
            return
        listed_at = time.monotonic()
        view.replace(_listed_again(asked, until))
        yield from view.news()


@dataclass(frozen=True)
class _Asked:
    """What is followed."""

    kubernetes: KubernetesClient
    kind: Kind
    namespace: str
    selector: str
    field_selector: str
    silence_s: float

    def list(self, until: float) -> Raw:
        read_s = max(_LEAST_READ_S, min(READ_S, until - time.monotonic()))
        return self.kubernetes.collection(
            self.kind, self.namespace, selector=self.selector, field_selector=self.field_selector, read_s=read_s
        )

    def watch(self, version: str, until: float) -> Stream:
        left = max(_LEAST_READ_S, until - time.monotonic())
        return self.kubernetes.watch(
            self.kind,
            self.namespace,
            version=version,
            selector=self.selector,
            field_selector=self.field_selector,
            within_s=left,
            silence_s=min(self.silence_s, left),
        )


class _View:
    """The objects as last heard of, and whether that has been shown."""

    def __init__(self) -> None:
        self.version = ""
        self._objects: Objects = {}
        self._shown: Objects | None = None

    def replace(self, answer: Raw) -> None:
        """Take a list's answer in place of all there was."""
        self.version = answer["metadata"]["resourceVersion"]
        self._objects = {item["metadata"]["name"]: _bare(item) for item in answer.get("items") or []}

    def take(self, line: bytes) -> bool:
        """Take one event of a watch. False: it is an error, or no event, and the watch is of no more use."""
        try:
            event = json.loads(line)
            kind, item = event["type"], event["object"]
            if kind == "ERROR":
                return False
            name, version = item["metadata"].get("name", ""), item["metadata"]["resourceVersion"]
        except (ValueError, KeyError, TypeError):
            return False
        if kind == "DELETED":
            self._objects.pop(name, None)
        elif kind in {"ADDED", "MODIFIED"}:
            self._objects[name] = _bare(item)
        self.version = version
        return True

    def news(self) -> Iterator[Objects]:
        """The mapping, if it has changed since it was last shown."""
        if self._objects != self._shown:
            self._shown = dict(self._objects)
            yield dict(self._objects)


class _Feed:
    """The lines of a watch, read by a thread of its own, so that whoever waits for one can stop waiting."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._thread = Thread(target=self._read, name="watch", daemon=True)
        self._thread.start()

    def next(self, within_s: float) -> list[bytes | None]:
        """All lines there are, after waiting for the first; None among them is the end. Empty: none came in time."""
        lines: list[bytes | None] = []
        try:
            lines.append(self._lines.get(timeout=max(0.0, within_s)))
            while True:
                lines.append(self._lines.get_nowait())
        except Empty:
            return lines

    def close(self) -> None:
        """Give up the connection, whatever is being read from it."""
        self._stream.end()
        self._thread.join()
        self._stream.close()

    def _read(self) -> None:
        try:
            with suppress(*_ENDED):
                for line in self._stream.lines():
                    self._lines.put(line)
        finally:
            self._lines.put(None)


def _watched(asked: _Asked, view: _View, until: float) -> Iterator[Objects]:
    """What changes, until the watch ends or the time is up."""
    feed = _Feed(asked.watch(view.version, until))
    try:
        goes_on = True
        while goes_on:
            lines = feed.next(until - time.monotonic())
            goes_on = bool(lines) and all(line is not None and view.take(line) for line in lines)
            yield from view.news()
    finally:
        feed.close()


def _listed_again(asked: _Asked, until: float) -> Raw:
    pause = PAUSE_S
    while True:
        try:
            return asked.list(until)
        except Temporary:
            if not _wait(pause, until):
                raise
        pause = min(2 * pause, MAX_PAUSE_S)


def _wait(pause_s: float, until: float) -> bool:
    """Wait, but not beyond the deadline. False: it has passed."""
    time.sleep(max(0.0, min(pause_s, until - time.monotonic())))
    return time.monotonic() < until


def _bare(item: Raw) -> Raw:
    """An object as a list gives it; a watch's carries its kind and apiVersion."""
    return {key: value for key, value in item.items() if key not in {"kind", "apiVersion"}}
