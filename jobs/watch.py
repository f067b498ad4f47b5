"""The watch process: hands out what is due, twice a second and at the very moment the next thing comes due.

Beside that it tends the store, and keeps the revision ledger of all services.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import structlog

from bot.catalog import Catalog, CatalogError, load
from bot.directory import REFRESH
from bot.logs import configure
from bot.settings import Settings, SettingsError, read
from bot.store import Store, StoreUnreadable, connect, keys
from bot.store.wake import Waker
from jobs import snapshots
from jobs.announcing import Announcer
from jobs.clients import ConfigException, KubernetesClient
from jobs.clients.pace import Pace
from jobs.clients.slack import Slack
from jobs.revisions import Keeper

TICK_S = 0.5
TEND_S = 3.0
"""The store's reserve is tended, and channels are told about the store, this often: by a thread of its own, so that a
Slack that does not answer delays nobody's hold."""
PATIENCE_S = 5
"""At SIGTERM a post under way has so long to be answered."""
log = structlog.get_logger()


class Watch:
    """Hands out due members until stopped. Any number may run side by side: handing out moves the score.

    `also`: members that come due for ever by themselves once they were due, beside the directory and the archive.
    """

    def __init__(
        self,
        store: Store,
        waker: Waker,
        announcer: Announcer | None = None,
        revisions: Keeper | None = None,
        *,
        also: Sequence[str] = (),
    ) -> None:
        self._store = store
        self._waker = waker
        self._announcer = announcer
        self._revisions = revisions
        self._standing = (REFRESH, keys.SWEEP, *also)
        self._stop = threading.Event()
        self._begun = False
        self._small = ""

    def stop(self) -> None:
        """Leave the loop after the tick under way."""
        self._stop.set()

    def run(self) -> None:
        """Loop until `stop`. Redis away is waited for: nothing can be due that is not there again afterwards."""
        tending = threading.Thread(target=self._tend, name="tending", daemon=True)
        tending.start()
        if self._revisions is not None:
            self._revisions.start()
        while not self._stop.is_set():
            self._stop.wait(self.tick())
        if self._revisions is not None:
            self._revisions.stop()
        tending.join(PATIENCE_S)

    def _tend(self) -> None:
        while not self._stop.is_set():
            self.tend()
            self._stop.wait(TEND_S)

    def tend(self) -> None:
        """Keep the standing jobs due and the store's reserve whole, and tell channels whether rollbacks are taken."""
        for part in (self._keep_due, self._reserve, self._announce):
            try:
                part()
            except StoreUnreadable as error:
                log.warning("the store was not tended", error=str(error))
            except Exception:
                # This thread is the only one that tends: whatever one part cannot do is tried again in a moment.
                log.exception("a part of the tending failed")

    def _keep_due(self) -> None:
        """Have the directory read, the archive tended and snapshots taken: at the start, and where a store forgot.

        From then on they come due by themselves.
        """
        for member in self._standing:
            if not self._begun or not self._store.is_due(member):
                self._store.set_due(member, 0)
        self._begun = True

    def _reserve(self) -> None:
        if self._store.tend_reserve():
            self._small = ""
            return
        small = self._store.too_small()
        if small != self._small:
            log.error("the store is too small", problem=small)
        self._small = small

    def _announce(self) -> None:
        if self._announcer is not None:
            self._announcer.look()

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
    """The watch process's parts.

    Raises:
        CatalogError: the catalog does not fit; nothing was started.
    """
    store = Store(connect(settings.redis_url))
    slack = Slack(settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, pace=Pace(store))
    catalog = load(settings.catalog)
    channels = [service.channel for service in catalog.services.values()]
    waker = Waker(connect(settings.redis_url, text=False), store)
    if not settings.snapshot_keys and (unsealed := snapshots.unsealed(catalog)):
        log.warning("Secrets are not in snapshots: ROLLBACK_SNAPSHOT_KEY is not set", services=unsealed)
    return Watch(
        store,
        waker,
        Announcer(store, slack, channels),
        _revisions(settings, store, catalog),
        also=snapshots.members(catalog),
    )


def _revisions(settings: Settings, store: Store, catalog: Catalog) -> Keeper | None:
    """The revision ledger's keeper; None where no service names a workload, or there is no way to Kubernetes."""
    services = {name: service for name, service in catalog.services.items() if service.workload is not None}
    if not services:
        return None
    try:
        kubernetes = KubernetesClient.connect(settings.kubeconfig)
    except ConfigException as error:
        log.warning("no revision ledger is kept: there is no way to Kubernetes", problem=str(error))
        return None
    except Exception:
        # What is due has to be handed out whatever stands in a kubeconfig.
        log.exception("no revision ledger is kept: the way to Kubernetes cannot be read")
        return None
    return Keeper(store, kubernetes, services)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    try:
        settings = read(Settings)
        configure(settings.log_level, secrets=settings.secrets)
        watch = build(settings)
    except (SettingsError, CatalogError) as error:
        sys.stderr.write(f"{error}\n")
        return 2

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
