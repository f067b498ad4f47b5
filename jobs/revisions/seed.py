"""The revisions of a workload that the cluster itself still has: ReplicaSets, or ControllerRevisions."""

from __future__ import annotations

from typing import Any

from bot.domain.revisions import Revision
from jobs.clients import KubernetesClient
from jobs.clients.objects import REVISION, image, milliseconds, owned_by, selector, version
from jobs.clients.resources import CONTROLLER_REVISION, DEPLOYMENT, REPLICA_SET, Kind, Raw
from jobs.clients.workloads import template, template_key

_MERGE = "$patch"
"""A ControllerRevision's data is a strategic merge patch, whose template says here that it replaces the whole."""


def owned(kubernetes: KubernetesClient, workload: Raw, kind: Kind, container: str) -> tuple[Revision, ...]:
    """The revisions that the workload controls by its uid, newest first, each template once; one list call.

    Nothing is known of them but what they are: their verdict is "unknown". With revisionHistoryLimit 0 there is only
    the present one.

    Raises:
        The client's errors.
    """
    source = REPLICA_SET if kind == DEPLOYMENT else CONTROLLER_REVISION
    meta = workload["metadata"]
    found = kubernetes.list(source, meta["namespace"], selector=selector(workload))
    read = [_revision(item, kind, container) for item in owned_by(found, [meta["uid"]])]
    newest = sorted(read, key=lambda revision: revision.number)
    return tuple(reversed({revision.key: revision for revision in newest}.values()))


def _revision(item: Raw, kind: Kind, container: str) -> Revision:
    meta = item["metadata"]
    spec = item["spec"] if kind == DEPLOYMENT else _spec(item)
    number = (meta.get("annotations") or {}).get(REVISION, 0) if kind == DEPLOYMENT else item["revision"]
    given, shown = template({"spec": spec}), image({"spec": spec}, container)
    return Revision(
        number=int(number),
        name=meta["name"],
        key=template_key(given),
        template=given,
        image=shown,
        version=version(shown),
        created_at=milliseconds(meta["creationTimestamp"]),
    )


def _spec(item: Raw) -> dict[str, Any]:
    held: Raw = item["data"]["spec"]["template"]
    return {"template": {name: value for name, value in held.items() if name != _MERGE}}
