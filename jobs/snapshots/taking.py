"""Taking one snapshot: both objects as they are now, written where backups lie, and old snapshots taken away.

A Secret is written sealed, or, without a key, not at all; then the ConfigMap's file says that it stands alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from bot.catalog.model import Configuration, Service
from jobs.backups.document import ALONE, SECRET, Backup, file_name, kinds_by_time, of_live, parse, written
from jobs.backups.problems import BadBackup
from jobs.backups.timestamps import OURS, order
from jobs.clients import Backups, KubernetesClient
from jobs.clients.backups import BackupFolder
from jobs.clients.resources import CONFIGURATION, Ref

MARK: Final = "whole"


def take(
    kubernetes: KubernetesClient, backups: Backups, service: Service, *, timestamp: str, prune: bool = True
) -> bool:
    """Keep the service's objects when they are not as kept last; whether anything was written.

    `prune`: take away what is more than the catalog asks for.

    Raises:
        NotFound: an object is not there. Temporary, Forbidden, Rejected: of Kubernetes or of the folder.
    """
    namespace, section = service.kubernetes.namespace, _section(service)
    names = section.objects
    kinds = [kind for kind in names if kind != SECRET or backups.seal]
    folder = backups.folder(section.folder)
    refs = {kind: Ref(CONFIGURATION[kind], namespace, names[kind]) for kind in kinds}
    live = {kind: of_live(kubernetes.get(ref), kind=kind) for kind, ref in refs.items()}
    if not live or _same(folder, live, backups, namespace=namespace):
        return False
    mark = MARK if len(kinds) == len(names) else ALONE
    # The ConfigMap last: a snapshot that was cut off in between has none, and is offered to nobody.
    for kind in reversed(kinds):
        seal = backups.seal if kind == SECRET else None
        folder.put(file_name(kind, timestamp), written(live[kind], namespace=namespace, seal=seal, mark=mark))
    if prune:
        _prune(folder, names, keep=section.snapshots_keep)
    return True


def _same(folder: BackupFolder, live: Mapping[str, Backup], backups: Backups, *, namespace: str) -> bool:
    """Whether the newest of the bot's own snapshots holds what is live. One that does not open is not the same."""
    times = [time for time, kinds in _ours(folder, live).items() if kinds == set(live)]
    if not times:
        return False
    newest = max(times, key=order)
    for kind, now in live.items():
        raw = folder.read(file_name(kind, newest))
        try:
            kept = parse(raw or b"", kind=kind, name=now.name, namespace=namespace, seal=backups.seal)
        except BadBackup:
            return False
        if (kept.content.digest, kept.type) != (now.content.digest, now.type):
            return False
    return True


def _prune(folder: BackupFolder, names: Mapping[str, str], *, keep: int) -> None:
    """Take away the bot's own snapshots beyond the newest ones. What others put there is never touched."""
    for time in sorted(_ours(folder, names), key=order)[:-keep]:
        for kind in names:
            folder.remove(file_name(kind, time))


def _ours(folder: BackupFolder, kinds: Collection[str]) -> dict[str, set[str]]:
    found = kinds_by_time(folder.names(), kinds)
    return {time: there for time, there in found.items() if OURS.fullmatch(time)}


def _section(service: Service) -> Configuration:
    if service.config is None:
        raise ValueError("a service without a configuration has none to keep")
    return service.config
