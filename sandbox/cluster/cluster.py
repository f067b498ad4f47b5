"""Starts and stops one control plane; several can run side by side."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.cluster import audit, components, credentials, logs
from sandbox.cluster.api import Api, ApiError, Document
from sandbox.cluster.stages import kwok_config
from sandbox.ports import LOOPBACK
from sandbox.processes import Group, Process, responds
from sandbox.toolchain import crds

_READY_S = 60.0
_POLL_S = 0.05


class Cluster:
    """One control plane whose data, logs and credentials live in `folder`; a folder used before is taken up again.

    Use it as a context manager, or call start() and stop(). Users are "admin" (may do everything), "bot" (the
    ServiceAccount rollback-bot/rollback-bot, which may do what RBAC grants it) and "game" (the simulated traffic).
    """

    def __init__(self, folder: Path, *, namespace: str = "game-production") -> None:
        """`namespace` is the one that the kubeconfigs' context names."""
        self.folder = folder.resolve()
        self._namespace = namespace
        self._ports = components.Ports.free()
        self._processes = Group()
        self._tokens: dict[str, str] = {}
        self._pod_logs = self.folder / "pod-logs"
        self._apis: dict[str, Api] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://{LOOPBACK}:{self._ports.api}"

    @property
    def ca(self) -> Path:
        """The bundle that the API server's certificate is checked with."""
        return self.folder / "apiserver.crt"

    def token(self, user: str) -> str:
        """The user's bearer token. Raises KeyError for an unknown user."""
        return self._tokens[user]

    def kubeconfig(self, user: str) -> Path:
        """The path of the user's kubeconfig."""
        return self.folder / f"{user}.kubeconfig"

    def api(self, user: str = "admin") -> Api:
        """The user's own small client."""
        if user not in self._apis:
            self._apis[user] = Api(self.url, ca=self.ca, token=self.token(user))
        return self._apis[user]

    def apply(self, documents: Path | Iterable[Document]) -> None:
        """Server-side apply, as admin. Raises ApiError with what the API server refused."""
        self.api().apply(documents)

    def write_log(self, *, namespace: str, pod: str, lines: Iterable[str]) -> None:
        """Append lines to what pods/log serves for a pod, as if its container had written them now."""
        logs.append(self.api(), folder=self._pod_logs, namespace=namespace, pod=pod, lines=lines)

    def audit(self) -> Iterator[audit.AuditEvent]:
        """What has been written to the cluster so far, oldest first."""
        return audit.read(self.folder / "audit.log")

    def start(self) -> None:
        """Start all parts and wait until pods can run. Raises ProcessError with the log of the part that did not."""
        self._prepare()
        self._run(components.etcd(self.folder, self._ports))
        server = self._run(components.api_server(self.folder, self._ports))
        server.wait_until(lambda: self._answers("/version"), within_s=_READY_S)
        # These need the API server only; the rest of its own start goes on meanwhile.
        self._run(components.controller_manager(self.folder, self._ports))
        self._run(components.scheduler(self.folder, self._ports))
        self._install_definitions()
        server.wait_until(lambda: self._answers("/readyz"), within_s=_READY_S)
        self._install_node()
        self._run(components.kwok(self.folder, self._ports)).wait_until(self._node_is_ready, within_s=_READY_S)

    def stop(self) -> None:
        """Stop all parts, the API server and its store last."""
        for api in self._apis.values():
            api.close()
        self._apis.clear()
        self._processes.stop()

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._pod_logs.mkdir(exist_ok=True)
        (self._pod_logs / logs.NO_LOG).touch()
        self._tokens = credentials.write_tokens(self.folder / "tokens.csv")
        if not self.ca.exists():
            credentials.write_certificate(self.ca, self.folder / "apiserver.key", address=LOOPBACK)
            credentials.write_service_account_key(self.folder / "service-account.key")
        for user, token in self._tokens.items():
            credentials.write_kubeconfig(
                self.kubeconfig(user), url=self.url, ca=self.ca, token=token, namespace=self._namespace
            )
        (self.folder / "kwok.yaml").write_text(kwok_config(empty_log=self._pod_logs / logs.NO_LOG))

    def _install_definitions(self) -> None:
        for name, file in crds.files().items():
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
            self.api().apply_text(path, file.read_text())
        deadline = time.monotonic() + _READY_S
        while missing := [name for name in crds.files() if not self._is_served(name)]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the API server does not serve {', '.join(missing)} after {_READY_S:g} s")
            time.sleep(_POLL_S)

    def _is_served(self, definition: str) -> bool:
        """Whether a definition is established and stands in the API's discovery."""
        found = self.api().get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition}")
        conditions = {each["type"]: each["status"] for each in (found.get("status") or {}).get("conditions") or []}
        if conditions.get("Established") != "True":
            return False
        spec = found["spec"]
        versions = [version["name"] for version in spec["versions"] if version["served"]]
        return all(self._discovers(f"/apis/{spec['group']}/{version}", spec["names"]["plural"]) for version in versions)

    def _discovers(self, root: str, plural: str) -> bool:
        try:
            return any(resource["name"] == plural for resource in self.api().get(root)["resources"])
        except ApiError:
            return False

    def _install_node(self) -> None:
        # A lease that an earlier run left makes the new node wait 45 s for it to run out.
        leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
        for lease in self.api().get(leases)["items"]:
            self.api().delete(f"{leases}/{lease['metadata']['name']}")
        self.apply([_node()])

    def _run(self, argv: list[str | Path]) -> Process:
        return self._processes.start(argv, log=self.folder / f"{Path(argv[0]).name}.log")

    def _answers(self, path: str) -> bool:
        return responds(f"{self.url}{path}", ca=self.ca)

    def _node_is_ready(self) -> bool:
        node = self.api().get(f"/api/v1/nodes/{components.NODE}")
        return "taints" not in node["spec"] and "daemonEndpoints" in node["status"]


def _node() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": components.NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": components.NODE, "kubernetes.io/os": "linux"},
        },
    }
