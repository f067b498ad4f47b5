"""The watch process: hands out what is due, twice a second and at the very moment the next thing comes due."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import structlog

from bot.directory import REFRESH
from bot.logs import configure
from bot.settings import Settings, SettingsError, read
from bot.store import Store, StoreUnreadable, connect
from bot.store.wake import Waker

TICK_S = 0.5
log = structlog.get_logger()


class Watch:
    """Hands out due members until stopped. Any number may run side by side: handing out moves the score."""

    def __init__(self, store: Store, waker: Waker) -> None:
        self._store = store
        self._waker = waker
        self._stop = threading.Event()

    def stop(self) -> None:
        """Leave the loop after the tick under way."""
        self._stop.set()

    def run(self) -> None:
        """Loop until `stop`. Redis away is waited for: nothing can be due that is not there again afterwards."""
        begun = False
        while not self._stop.is_set():
            begun = begun or self._begin()
            self._stop.wait(self.tick())

    def _begin(self) -> bool:
        """Have the directory read once; from then on it comes due by itself. Whether that could be said."""
        try:
            return self._store.set_due(REFRESH, 0)
        except StoreUnreadable:
            return False

    def tick(self) -> float:
        """Hand out what is due now; the seconds until the next look, at most half a second."""
        try:
            self._waker()
            next_due = self._store.next_due()
            if next_due is None:
                return TICK_S
            return min(TICK_S, max(0.0, (next_due - self._store.now()) / 1000))
        except StoreUnreadable as error:
            log.warning("the store cannot be read", error=str(error))
            return TICK_S


def build(settings: Settings) -> Watch:
    """The watch process's parts."""
    store = Store(connect(settings.redis_url))
    return Watch(store, Waker(connect(settings.redis_url, text=False), store))


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    try:
        settings = read(Settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure(settings.log_level, secrets=settings.secrets)
    watch = build(settings)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        watch.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("watching")
    watch.run()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
