"""What happens in the workspace, as a live feed for pages and tests (server-sent events)."""

import json
import queue
import threading
from collections.abc import Iterator

from sandbox.slack.config import Json

HEARTBEAT_SECONDS = 10.0
BACKLOG = 1000


class Feed:
    """Hands every happening to every subscriber. One that is BACKLOG behind misses what does not fit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: set[queue.Queue[str | None]] = set()
        self._closed = False

    def publish(self, kind: str, data: Json) -> None:
        """Tell every subscriber; never waits."""
        text = f"event: {kind}\ndata: {json.dumps(data)}\n\n"
        with self._lock:
            for subscriber in self._subscribers:
                try:
                    subscriber.put_nowait(text)
                except queue.Full:
                    continue

    def close(self) -> None:
        """End every stream, now and later."""
        with self._lock:
            self._closed = True
            for subscriber in self._subscribers:
                try:
                    subscriber.put_nowait(None)
                except queue.Full:
                    continue

    def stream(self) -> Iterator[str]:
        """Give the feed as text/event-stream, from now until the reader leaves or the server closes."""
        mine: queue.Queue[str | None] = queue.Queue(BACKLOG)
        with self._lock:
            if self._closed:
                return
            self._subscribers.add(mine)
        try:
            yield "retry: 500\n\nevent: hello\ndata: {}\n\n"
            while True:
                try:
                    text = mine.get(timeout=HEARTBEAT_SECONDS)
                except queue.Empty:
                    text = ": still here\n\n"
                if text is None or self._closed:
                    return
                yield text
        finally:
            with self._lock:
                self._subscribers.discard(mine)
