"""Pods and workloads as the API server gives them, in few words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

NOW = round(datetime(2026, 11, 22, 3, 14, 2, tzinfo=UTC).timestamp() * 1000)
UID = "uid-of-the-workload"
OLD, NEW = "match-1", "match-2"


def ago(seconds: float) -> str:
    """A timestamp so many seconds before NOW."""
    return datetime.fromtimestamp(NOW / 1000 - seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(
    name: str,
    *,
    ready: bool = False,
    made_s: float = 60,
    unready_s: float | None = None,
    revision: str = NEW,
    owner: str = UID,
    waits: dict[str, str] | None = None,
    **changes: Any,  # noqa: ANN401 - members of metadata and status
) -> dict[str, Any]:
    """One pod, made `made_s` seconds ago; `waits`: why its container does."""
    since = ago(made_s if unready_s is None else unready_s)
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}
    state = {"waiting": waits} if waits else {"running": {}}
    status = {"name": "match-server", "state": state, "lastState": changes.pop("last", {})}
    meta = {
        "name": name,
        "uid": f"uid-{name}",
        "creationTimestamp": ago(made_s),
        "labels": {"controller-revision-hash": revision},
        "ownerReferences": [{"uid": owner, "controller": True}],
    }
    if changes.pop("going", False):
        meta["deletionTimestamp"] = ago(0)
    conditions = [condition, *changes.pop("conditions", [])]
    return {"metadata": meta, "status": {"conditions": conditions, "containerStatuses": [status], **changes}}


def stateful_set(*, revision: str = NEW, seen: bool = True, **spec: object) -> dict[str, Any]:
    """A StatefulSet of four that is being rolled out to `revision`."""
    return {
        "metadata": {"name": "match-server", "uid": UID, "generation": 7},
        "spec": {"replicas": 4, **spec},
        "status": {"observedGeneration": 7 if seen else 6, "updateRevision": revision},
    }
