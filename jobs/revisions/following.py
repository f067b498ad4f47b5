"""Following the workloads of one kind in one namespace, round after round, whatever is away."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Final

import structlog

from bot.catalog.model import Workload
from bot.store import Store, StoreUnreadable
from bot.store.revisions import NoHistory
from jobs.clients import KubernetesClient
from jobs.clients.errors import ClientError, Temporary
from jobs.clients.resources import Kind, Raw
from jobs.clients.watching import Objects, follow
from jobs.revisions.ledger import Look, note
from jobs.revisions.looking import sighting
from jobs.revisions.seeding import Seeds
from jobs.revisions.troubles import Troubles

ROUND_S: Final = 20.0
"""All is listed anew this often: a silent watch is noticed, and a ledger that was lost comes back."""
TIMER_S: Final = 0.05
"""The look that is to find a revision proven comes so much after its time, never a moment before."""
AGAIN_S: Final = 1.0
"""What is away is asked again after so long, then twice as long, up to LONGEST_S."""
LONGEST_S: Final = 30.0
REFUSED_S: Final = 60.0
"""A right that is missing is not granted within seconds."""

_FOLLOWING: Final = "following"

log = structlog.get_logger()


@dataclass(frozen=True)
class Followed:
    """A service and its workload. `container`: whose image gives the version."""

    name: str
    workload: Workload
    container: str


class Follower:
    """One kind in one namespace; `run` is a thread's, and ends at the latest a round after `stop` is set."""

    def __init__(
        self,
        store: Store,
        kubernetes: KubernetesClient,
        kind: Kind,
        namespace: str,
        services: Sequence[Followed],
        *,
        stop: Event,
        round_s: float = ROUND_S,
        refused_s: float = REFUSED_S,
    ) -> None:
        self._store = store
        self._kubernetes = kubernetes
        self._kind = kind
        self._namespace = namespace
        self._services = tuple(services)
        self._stop = stop
        self._round_s = round_s
        self._refused_s = refused_s
        self._troubles = Troubles(kind=kind.name, namespace=namespace)
        self._known: dict[str, tuple[str, int]] = {}
        self._seeds = Seeds(kubernetes, kind, self._troubles, refused_s=refused_s)

    def run(self) -> None:
        """Follow until stopped."""
        within_s, again_s = self._round_s, AGAIN_S
        while not self._stop.is_set():
            try:
                within_s, again_s = self._round(within_s), AGAIN_S
            except (Temporary, StoreUnreadable) as error:
                self._troubles.tell(_FOLLOWING, error)
                self._stop.wait(again_s)
                within_s, again_s = self._round_s, min(2 * again_s, LONGEST_S)
            except ClientError as error:
                self._troubles.tell(_FOLLOWING, error)
                self._stop.wait(self._refused_s)
            except Exception:
                # Nobody else follows these: whatever one object did to this thread, it goes on.
                log.exception("revisions are not followed", kind=self._kind.name, namespace=self._namespace)
                self._stop.wait(self._refused_s)

    def _round(self, within_s: float) -> float:
        """Look at everything, then at what changes, for `within_s` seconds; how long the next round is to be.

        A round ends early when a revision will be proven before its end: the next one's first look comes just then.
        """
        ends = time.monotonic() + within_s
        seen: dict[str, str] = {}
        proven = {service.name: math.inf for service in self._services}
        with closing(self._follow(within_s)) as mappings:
            for objects in mappings:
                for service in self._services:
                    workload = objects.get(service.workload.name)
                    version = workload["metadata"]["resourceVersion"] if workload else ""
                    if seen.get(service.name) != version:
                        seen[service.name] = version
                        if not self._is_known(service, version):
                            proven[service.name] = self._look(service, workload, version)
                self._troubles.over(_FOLLOWING)
                if self._stop.is_set() or min(proven.values()) + 2 * TIMER_S < ends:
                    break
        left_s = min(proven.values()) + TIMER_S - time.monotonic()
        return min(self._round_s, max(TIMER_S, left_s))

    def _follow(self, within_s: float) -> Generator[Objects, None, None]:
        one = f"metadata.name={self._services[0].workload.name}" if len(self._services) == 1 else ""
        return follow(
            self._kubernetes,
            self._kind,
            self._namespace,
            field_selector=one,
            deadline_s=within_s,
            silence_s=within_s,
        )

    def _is_known(self, service: Followed, version: str) -> bool:
        """Whether this very object was written down, nothing is waited for, and the history is the one of then."""
        was, kept = self._known.get(service.name, ("", 0))
        return was == version and kept == self._store.revisions_version(service.name)

    def _look(self, service: Followed, workload: Raw | None, version: str) -> float:
        """Write down one look; when, by the monotonic clock, the present revision will be proven."""
        self._known.pop(service.name, None)
        look = self._seen(service, workload)
        try:
            noted = note(self._store, service.name, look, good_after_s=service.workload.good_after_s)
        except NoHistory as error:
            self._troubles.tell(service.name, error)
            return math.inf
        self._troubles.over(service.name)
        if noted.proven_in_s:
            return time.monotonic() + noted.proven_in_s
        if noted.proven_in_s is None and noted.version is not None and look.owned is not None:
            self._known[service.name] = (version, noted.version)
        # Its time may have passed (0.0) while it cannot be told: its controller is away, or a pause hides it.
        return math.inf

    def _seen(self, service: Followed, workload: Raw | None) -> Look:
        if workload is None:
            return Look(None)
        seen = sighting(self._kind, workload, service.container)
        return Look(seen, self._seeds.of(service.name, workload, seen, container=service.container))
