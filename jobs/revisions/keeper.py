"""Keeping the revision ledger of all services: a thread for each kind of workload in each namespace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from threading import Event, Thread

from bot.catalog.model import Service
from bot.store import Store
from jobs.clients import KubernetesClient
from jobs.clients.resources import Kind
from jobs.clients.workloads import KINDS
from jobs.revisions.following import REFUSED_S, ROUND_S, Followed, Follower


class Keeper:
    """Follows the workloads of all services that name one. Any number may run side by side: all write one history.

    `round_s`: everything is looked at anew this often, and a stopped keeper's threads end within so long.
    `refused_s`: after so long Kubernetes is asked again for what it refused.
    """

    def __init__(
        self,
        store: Store,
        kubernetes: KubernetesClient,
        services: Mapping[str, Service],
        *,
        round_s: float = ROUND_S,
        refused_s: float = REFUSED_S,
    ) -> None:
        self._stop = Event()
        pace = {"round_s": round_s, "refused_s": refused_s}
        followers = [
            Follower(store, kubernetes, kind, namespace, group, stop=self._stop, **pace)
            for (kind, namespace), group in _grouped(services).items()
        ]
        self._threads = [Thread(target=follower.run, name="revisions", daemon=True) for follower in followers]

    def start(self) -> None:
        """Begin to follow. It never raises: what is away is waited for."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, patience_s: float = 0.0) -> None:
        """Ask the threads to end, and wait so many seconds for them; they are daemons, and one may be in a read."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(patience_s)


def _grouped(services: Mapping[str, Service]) -> Mapping[tuple[Kind, str], list[Followed]]:
    groups: dict[tuple[Kind, str], list[Followed]] = defaultdict(list)
    for name, service in services.items():
        if service.workload is not None:
            where = (KINDS[service.workload.kind], service.kubernetes.namespace)
            groups[where].append(Followed(name, service.workload, service.kubernetes.container))
    return groups
