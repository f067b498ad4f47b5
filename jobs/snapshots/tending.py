"""When snapshots are taken: each service's own interval, as a due time like any other."""

from __future__ import annotations

from typing import Final

import structlog

from bot.catalog import Catalog, Service
from bot.store import Store, keys
from jobs.backups.document import SECRET
from jobs.backups.timestamps import of_ours
from jobs.clients import Clients
from jobs.clients.errors import ClientError
from jobs.snapshots.taking import take

AGAIN_MS: Final = 60_000
"""After this it is tried again: something was away, or a rollback is changing these very objects."""

log = structlog.get_logger()


def members(catalog: Catalog) -> tuple[str, ...]:
    """What has to be due for the snapshots of all services that ask for them."""
    return tuple(keys.snapshot(name) for name, service in catalog.services.items() if _every_s(service))


def unsealed(catalog: Catalog) -> list[str]:
    """The services whose Secrets are to be kept, and are not as long as there is no key."""
    return [name for name, service in catalog.services.items() if _every_s(service) and SECRET in _objects(service)]


def tend(store: Store, clients: Clients, catalog: Catalog, name: str) -> None:
    """Take a snapshot of one service where it has changed, and come due again; soon while something is away.

    Raises:
        StoreUnreadable: it comes due again.
    """
    member, service = keys.snapshot(name), catalog.services.get(name)
    if service is None or not _every_s(service):
        store.clear_due(member)
        return
    now = store.now()
    store.set_due(member, now + AGAIN_MS)
    if any(store.holder(target) for target in _targets(service)):
        # Between its two writes a rollback leaves one of them as it was: that pair was never meant.
        return
    try:
        kept = take(clients.kubernetes, clients.backups, service, timestamp=of_ours(now))
    except ClientError as error:
        log.warning("no snapshot; it comes due again", service=name, error=str(error))
        return
    if kept:
        log.info("snapshot taken", service=name, timestamp=of_ours(now))
    store.set_due(member, now + round(_every_s(service) * 1000))


def _every_s(service: Service) -> float:
    return service.config.snapshot_every_s if service.config is not None else 0


def _objects(service: Service) -> dict[str, str]:
    return service.config.objects if service.config is not None else {}


def _targets(service: Service) -> list[str]:
    return [f"{kind}/{service.kubernetes.namespace}/{name}" for kind, name in _objects(service).items()]
