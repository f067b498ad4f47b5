"""Asking the cluster for a workload's revisions only when they can have changed."""

from __future__ import annotations

import time

from bot.domain.revisions import Revision
from bot.domain.sightings import Sighting
from jobs.clients import KubernetesClient
from jobs.clients.errors import ClientError, Temporary
from jobs.clients.resources import DAEMON_SET, Kind, Raw
from jobs.revisions.seed import owned
from jobs.revisions.troubles import Troubles

_OWNED = "owned"


class Seeds:
    """What the cluster had of each service's revisions when it was last asked. One thread's."""

    def __init__(self, kubernetes: KubernetesClient, kind: Kind, troubles: Troubles, *, refused_s: float) -> None:
        self._kubernetes = kubernetes
        self._kind = kind
        self._troubles = troubles
        self._refused_s = refused_s
        self._known: dict[str, tuple[tuple[object, ...], tuple[Revision, ...]]] = {}
        self._not_before = 0.0

    def of(self, service: str, workload: Raw, seen: Sighting, *, container: str) -> tuple[Revision, ...] | None:
        """The revisions at this look; None while the controller has yet to make the present one, or a right is missing.

        Without them the ledger goes on: it lacks what ran before, and numbers where the workload does not say them.

        Raises:
            Temporary.
        """
        if not seen.observed or seen.paused:
            return None
        # A DaemonSet says neither number nor name; its generation moves with its template, and hardly else.
        asked = (seen.uid, seen.key, seen.number, seen.name, seen.generation if self._kind == DAEMON_SET else 0)
        at, known = self._known.get(service, ((), ()))
        if at == asked:
            return known
        if time.monotonic() < self._not_before:
            return None
        try:
            found = owned(self._kubernetes, workload, self._kind, container)
        except Temporary:
            raise
        except ClientError as error:
            self._troubles.tell(_OWNED, error)
            self._not_before = time.monotonic() + self._refused_s
            return None
        self._troubles.over(_OWNED)
        self._known[service] = (asked, found)
        return found
