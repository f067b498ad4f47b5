"""A workload in a namespace of its own on the real control plane, and keepers that follow it with the bot's rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis

from bot.catalog import Service, load
from bot.domain.revisions import Revision
from bot.domain.sightings import History
from bot.store import Store
from jobs.clients import KubernetesClient
from jobs.clients.resources import CONTROLLER_REVISION, DEPLOYMENT, REPLICA_SET, Kind, Raw, Ref
from jobs.revisions import Keeper, owned
from sandbox.cluster import Cluster
from tests.contract.cluster.scenes import eventually

SERVICE = "game-server"
NAME = "web"
GOOD_AFTER_S = 1.5
SOON_S = 60.0
"""Two cores and other work beside: long enough for what takes a second."""
STUCK = "-never-ready"
"""An image whose name ends so has pods that never become Ready (sandbox/cluster/stages.yaml)."""

OWN: dict[str, dict[str, Any]] = {
    "Deployment": {"replicas": 2},
    "StatefulSet": {"replicas": 2, "serviceName": NAME, "podManagementPolicy": "Parallel"},
    "DaemonSet": {},
}
"""What the spec of each kind has beside its template."""


@dataclass
class Scene:
    """One workload of a kind. `clients` are the bot's; changes are made as admin."""

    cluster: Cluster
    namespace: str
    store: Store
    kind: Kind = DEPLOYMENT
    name: str = NAME
    good_after_s: float = GOOD_AFTER_S
    kubernetes: KubernetesClient = field(init=False)

    def __post_init__(self) -> None:
        self.kubernetes = KubernetesClient.connect(self.cluster.kubeconfig("bot"))

    @property
    def service(self) -> Service:
        """The shipped entry, moved to this workload."""
        shipped = load(Path("catalog/services.yaml")).services[SERVICE]
        section = {"kind": self.kind.name, "name": self.name, "good_after_s": self.good_after_s}
        return Service.model_validate(
            {
                **shipped.model_dump(exclude={"canary", "blue_green"}),
                "workload": section,
                "kubernetes": {
                    "namespace": self.namespace,
                    "container": NAME,
                    "service": NAME,
                    "selector": {"app": NAME},
                },
            }
        )

    @contextmanager
    def keeping(self, *, store: Store | None = None, more: Mapping[str, Service] | None = None) -> Iterator[Keeper]:
        """A keeper at work, with short rounds so that it ends soon after; `more` are further services."""
        services = {SERVICE: self.service, **(more or {})}
        keeper = Keeper(store or self.store, self.kubernetes, services, round_s=2.0, refused_s=0.5)
        keeper.start()
        try:
            yield keeper
        finally:
            keeper.stop(patience_s=SOON_S)

    def deploy(self, version: str, **spec: Any) -> None:  # noqa: ANN401 - the workload's fields
        """Create the workload, or bring it to a version."""
        self.cluster.apply([workload(self.kind, self.namespace, self.name, version, **spec)])

    def rolled_out(self, version: str) -> None:
        """Bring it to a version, and wait until the cluster has a revision of it."""
        before = len(self.revisions())
        self.deploy(version)
        eventually(lambda: len(self.revisions()) > before, within_s=SOON_S)

    def revisions(self) -> list[Raw]:
        """The ReplicaSets or ControllerRevisions here, as admin sees them."""
        source = REPLICA_SET if self.kind == DEPLOYMENT else CONTROLLER_REVISION
        found: list[Raw] = self.cluster.api().get(source.path(self.namespace))["items"]
        return found

    def put_back(self, revision: Revision) -> None:
        """What `kubectl rollout undo` does: put a revision's template in the place of the present one."""
        operation = {"op": "replace", "path": "/spec/template", "value": revision.template}
        self.cluster.api().patch(self.kind.path(self.namespace, self.name), [operation], kind="json")

    def live(self) -> Raw:
        """The live workload."""
        return self.kubernetes.get(Ref(self.kind, self.namespace, self.name))

    def owned(self) -> tuple[Revision, ...]:
        """The revisions that the cluster has."""
        return owned(self.kubernetes, self.live(), self.kind, NAME)

    def history(self) -> History:
        """What the ledger has."""
        return self.store.revisions(SERVICE).history

    def told(self) -> list[tuple[str, int, str]]:
        """Version, number and verdict of each revision that the ledger has."""
        return told(self.history().revisions)

    def until(self, *expected: tuple[str, int, str]) -> tuple[Revision, ...]:
        """Wait until the ledger has exactly these, newest first."""
        seen: list[list[tuple[str, int, str]]] = []

        def look() -> bool:
            seen[:] = [self.told()]
            return seen[0] == list(expected)

        try:
            eventually(look, within_s=SOON_S)
        except AssertionError as error:
            raise AssertionError(f"the ledger has {seen}, not {expected}") from error
        return self.history().revisions


def told(revisions: tuple[Revision, ...]) -> list[tuple[str, int, str]]:
    """Version, number and verdict of each."""
    return [(revision.version, revision.number, revision.verdict.value) for revision in revisions]


def let_look(redis: Redis, *, times: int) -> None:
    """Wait until the ledger was looked at so many times more."""

    def calls() -> int:
        stats = redis.info("commandstats")
        return sum(int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "hget"))

    begun = calls()
    eventually(lambda: calls() >= begun + times, within_s=SOON_S)


def workload(kind: Kind, namespace: str, name: str, version: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - its fields
    """A workload; `spec` are fields beside what its kind needs. All carry the same labels, as a canary does."""
    labels = {"app": NAME}
    own = OWN[kind.name]
    container = {"name": NAME, "image": f"registry.example/game-server:{version}", "ports": [{"containerPort": 80}]}
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]},
    }
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **own, **spec},
    }
