"""What pods/log serves: one file a pod, written in the container runtime's format."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sandbox.cluster.api import Api

NO_LOG = "none.log"


def append(api: Api, *, folder: Path, namespace: str, pod: str, lines: Iterable[str]) -> None:
    """Append lines, stamped with the time of now, to a pod's log, and have kwok serve it from then on.

    Raises ApiError with status 404 when there is no such pod.
    """
    file = folder / f"{namespace}_{pod}.log"
    if not file.exists():
        _serve(api, file, namespace=namespace, pod=pod)
    with file.open("a") as log:
        for line in lines:
            log.write(
                f"{datetime.now(UTC).isoformat(timespec='microseconds').replace('+00:00', 'Z')} stdout F {line}\n"
            )


def _serve(api: Api, file: Path, *, namespace: str, pod: str) -> None:
    uid = api.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid}
    logs = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Logs",
        "metadata": {"name": pod, "namespace": namespace, "ownerReferences": [owner]},
        "spec": {"logs": [{"logsFile": str(file), "previousLogsFile": str(file)}]},
    }
    api.apply([logs])
