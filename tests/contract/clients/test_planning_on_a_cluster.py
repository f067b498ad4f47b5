"""What planning an undo finds out before anybody is asked, and what it costs, on a real API server."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from kubernetes.client import ApiClient

from bot.catalog.model import Environment
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients import Clients, KubernetesClient, around
from jobs.clients.resources import POD, Kind, Raw, Ref
from jobs.clients.transport import READ_S
from jobs.strategies import preflight
from jobs.strategies.env import Env
from sandbox.ports import free_port
from tests.contract.clients.kinds import NAME, SOON_S, Deployed
from tests.contract.clients.rules import policy
from tests.contract.clients.scene import Scene, eventually

MOST_REQUESTS = 16
MANY = 120


class Counting(KubernetesClient):
    """The product's own client, which counts the requests it sends by verb and kind."""

    def __init__(self, api: ApiClient) -> None:
        super().__init__(api)
        self.sent: Counter[str] = Counter()
        self._lock = threading.Lock()

    def get(self, ref: Ref) -> Raw:
        """Counted."""
        self._count("get", ref.kind)
        return super().get(ref)

    def collection(
        self, kind: Kind, namespace: str, *, selector: str = "", field_selector: str = "", read_s: float = READ_S
    ) -> Raw:
        """Counted; every list of whole objects comes through here."""
        self._count("list", kind)
        return super().collection(kind, namespace, selector=selector, field_selector=field_selector, read_s=read_s)

    def list_metadata(self, kind: Kind, namespace: str, *, selector: str = "") -> list[Raw]:
        """Counted."""
        self._count("list metadata", kind)
        return super().list_metadata(kind, namespace, selector=selector)

    def json_patch(
        self, ref: Ref, operations: Sequence[Mapping[str, Any]], *, manager: str, dry_run: bool = False
    ) -> Raw:
        """Counted."""
        self._count("try" if dry_run else "patch", ref.kind)
        return super().json_patch(ref, operations, manager=manager, dry_run=dry_run)

    def merge_patch(self, ref: Ref, patch: Mapping[str, Any], *, manager: str, dry_run: bool = False) -> Raw:
        """Counted."""
        self._count("try" if dry_run else "patch", ref.kind)
        return super().merge_patch(ref, patch, manager=manager, dry_run=dry_run)

    def _count(self, verb: str, kind: Kind) -> None:
        with self._lock:
            self.sent[f"{verb} {kind.name}"] += 1


def counting(scene: Scene) -> tuple[Scene, Counting]:
    """The scene with a client that counts."""
    client = Counting.connect(scene.cluster.kubeconfig("bot"))
    assert isinstance(client, Counting)
    clients: Clients = around(client, prometheus_url=f"http://127.0.0.1:{free_port()}")
    return replace(scene, clients=clients), client


def two_versions(scene: Scene, kind: Any = "Deployment", **spec: Any) -> Deployed:  # noqa: ANN401 - as Deployed
    """A workload that was deployed twice."""
    deployed = Deployed(scene, kind)
    deployed.deploy("v1.0.0", **spec)
    deployed.deploy("v2.0.0", **spec)
    return deployed


def refusal(deployed: Deployed) -> Refused:
    """The refusal that planning ends with."""
    with pytest.raises(Refused) as no:
        deployed.plan()
    return no.value


def risks(plan: Plan) -> list[str]:
    """The codes of what could go wrong."""
    return [note.code for note in plan.risks]


def config_map(scene: Scene, name: str, **data: str) -> None:
    """A ConfigMap beside the workload."""
    meta = {"name": name, "namespace": scene.namespace}
    scene.admin.apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}])


def quota(scene: Scene, hard: dict[str, str], used: dict[str, str]) -> None:
    """A quota. Its controller does not run here, so what it counts is written for it."""
    path = f"/api/v1/namespaces/{scene.namespace}/resourcequotas"
    scene.admin.create(path, {"metadata": {"name": "team"}, "spec": {"hard": hard}})
    scene.admin.patch(f"{path}/team/status", {"status": {"hard": hard, "used": used}})


def from_config_map(name: str, key: str = "") -> dict[str, Any]:
    """A container that takes one variable, or all, from a ConfigMap."""
    if not key:
        return {"envFrom": [{"configMapRef": {"name": name}}]}
    return {"env": [{"name": "MOST", "valueFrom": {"configMapKeyRef": {"name": name, "key": key}}}]}


def test_planning_takes_as_many_requests_for_many_pods_as_for_three(scene: Scene) -> None:
    """At most 16, none for each pod or ReplicaSet, no pod read twice; also with more to look for than is read."""
    counted, client = counting(scene)
    deployed = Deployed(counted, "Deployment")
    names = [f"part-{number:02}" for number in range(12)]
    for name in names:
        config_map(scene, name, KEY="value")
    everything = {"envFrom": [{"configMapRef": {"name": name}} for name in names]}
    for number in range(1, 5):
        deployed.deploy(f"v{number}.0.0", replicas=3, container=everything)
    plan = deployed.plan()
    few = Counter(client.sent)
    deployed.deploy("v4.0.0", replicas=MANY, container=everything)
    client.sent.clear()
    deployed.plan()
    assert client.sent == few
    assert few.total() <= MOST_REQUESTS
    assert few[f"list {POD.name}"] == 1
    assert few["get ConfigMap"] == preflight.MOST_READ
    unknown = next(note for note in plan.risks if note.code == "references-unknown")
    assert unknown.figures["names"] == [f"ConfigMap/{name}" for name in names]


def test_planning_leaves_the_workload_as_it_is(scene: Scene) -> None:
    """The template is tried without effect."""
    deployed = two_versions(scene)
    before = deployed.live()
    deployed.plan()
    after = deployed.live()
    assert (after["spec"], after["metadata"]["generation"]) == (before["spec"], before["metadata"]["generation"])
    assert preflight.MANAGER not in {entry["manager"] for entry in after["metadata"]["managedFields"]}


def test_a_config_map_that_is_gone_is_named(scene: Scene) -> None:
    """The version to go back to needs it; the one that runs does not."""
    config_map(scene, "game-config", MAX_PLAYERS="1000")
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0", container=from_config_map("game-config"))
    deployed.deploy("v2.0.0")
    assert deployed.plan().to_version == "v1.0.0"
    scene.admin.delete(f"/api/v1/namespaces/{scene.namespace}/configmaps/game-config")
    no = refusal(deployed).refusal
    assert no.code is Code.REFERENCE_GONE
    assert (no.figures["kind"], no.figures["name"], no.figures["why"]) == ("ConfigMap", "game-config", "")
    assert no.figures["gone"] == ["ConfigMap/game-config"]


def test_a_key_that_is_gone_is_named(scene: Scene) -> None:
    """The object is there, and pods would still not start."""
    config_map(scene, "game-config", SESSION_TIMEOUT_SECONDS="900", MAX_PLAYERS="1000")
    deployed = Deployed(scene, "Deployment")
    deployed.deploy("v1.0.0", container=from_config_map("game-config", "MAX_PLAYERS"))
    deployed.deploy("v2.0.0")
    path = f"/api/v1/namespaces/{scene.namespace}/configmaps/game-config"
    scene.admin.patch(path, [{"op": "remove", "path": "/data/MAX_PLAYERS"}], kind="json")
    no = refusal(deployed).refusal
    assert no.code is Code.REFERENCE_GONE
    assert (no.figures["missing"], no.figures["why"]) == ("MAX_PLAYERS", "key")


def test_claims_and_accounts_are_looked_for_too(scene: Scene) -> None:
    """A claim that is not there, and a ServiceAccount that is not."""
    deployed = Deployed(scene, "Deployment")
    volume = {"name": "saves", "persistentVolumeClaim": {"claimName": "saves"}}
    deployed.deploy("v1.0.0", wait=False, pod={"volumes": [volume], "serviceAccountName": "gone"})
    deployed.deploy("v2.0.0")
    no = refusal(deployed).refusal
    assert no.code is Code.REFERENCE_GONE
    assert no.figures["gone"] == ["PersistentVolumeClaim/saves", "ServiceAccount/gone"]


def test_what_may_not_be_read_or_need_not_be_there_is_no_reason_to_refuse(scene: Scene) -> None:
    """A Secret beyond the bot's rights is said to be unknown; an optional ConfigMap is not missed."""
    deployed = Deployed(scene, "Deployment")
    hidden = {"secretRef": {"name": "other-secrets"}}
    optional = {"configMapRef": {"name": "not-there", "optional": True}}
    deployed.deploy("v1.0.0", container={"envFrom": [hidden, optional]})
    deployed.deploy("v2.0.0")
    plan = deployed.plan()
    unknown = next(note for note in plan.risks if note.code == "references-unknown")
    assert unknown.figures["names"] == ["Secret/other-secrets"]


def test_a_policy_that_would_refuse_the_template_is_quoted(scene: Scene) -> None:
    """In the server's own words, and before anybody approved."""
    deployed = two_versions(scene)
    allows = "object.spec.template.spec.containers.all(c, !c.image.endsWith('v1.0.0'))"
    with policy(
        scene.cluster, scene.namespace, group="apps", resource="deployments", operation="UPDATE", allows=allows
    ):
        no = _refused(deployed)
    assert no.refusal.code is Code.WOULD_BE_REFUSED
    assert "the house says no" in str(no.refusal.figures["said"])


def test_a_template_that_may_not_be_written_is_a_missing_right(scene: Scene) -> None:
    """The verb is named, and nothing was changed."""
    deployed = two_versions(scene)
    role = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{scene.namespace}/roles/rollback-bot"
    rules = scene.admin.get(role)["rules"]
    less = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "patch" or "deployments" not in rule["resources"]]}
        for rule in rules
    ]
    scene.admin.patch(role, {"rules": less})
    no = _refused(deployed)
    assert no.refusal.code is Code.MISSING_RIGHT
    assert (no.refusal.figures["verb"], no.refusal.figures["resource"]) == ("patch", "deployments.apps")


def _refused(deployed: Deployed) -> Refused:
    """The refusal that planning ends with once a rule or a right that was just changed holds."""
    found: list[Refused] = []

    def look() -> bool:
        try:
            deployed.plan()
        except Refused as no:
            found.append(no)
        return bool(found)

    eventually(look, within_s=SOON_S)
    return found[0]


WHOLE = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_a_quota_without_room_refuses_what_could_not_even_begin(scene: Scene) -> None:
    """No pod may go first, and not one more may come: with the figures to mend it."""
    deployed = two_versions(scene, strategy=WHOLE)
    eventually(lambda: len(deployed.pods()) == 4, within_s=SOON_S)
    quota(scene, {"pods": "4", "requests.cpu": "100"}, {"pods": "4", "requests.cpu": "1"})
    no = refusal(deployed).refusal
    assert no.code is Code.QUOTA_FULL
    found = {name: no.figures[name] for name in ("quota", "resource", "hard", "used", "need")}
    assert found == {"quota": "team", "resource": "pods", "hard": "4", "used": "4", "need": "1"}


def test_a_quota_that_only_slows_it_down_is_a_risk(scene: Scene) -> None:
    """By default a quarter of the pods may go first."""
    deployed = two_versions(scene)
    quota(scene, {"pods": "4"}, {"pods": "4"})
    assert "quota-used-up" in risks(deployed.plan())


def test_quotas_that_may_not_be_read_are_said_to_be_unknown(scene: Scene) -> None:
    """The rollback is planned all the same."""
    deployed = two_versions(scene)
    role = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{scene.namespace}/roles/rollback-bot"
    rules = [rule for rule in scene.admin.get(role)["rules"] if "resourcequotas" not in rule["resources"]]
    scene.admin.patch(role, {"rules": rules})
    eventually(lambda: "quota-unknown" in risks(deployed.plan()), within_s=SOON_S)


def test_pods_that_go_before_others_come_are_counted(scene: Scene) -> None:
    """With Recreate, all of them at once."""
    deployed = two_versions(scene, strategy={"type": "Recreate"})
    away = next(note for note in deployed.plan().risks if note.code == "pods-away")
    assert away.figures == {"away": 4, "pods": 4}


def test_a_partition_keeps_pods_back_and_is_refused(scene: Scene) -> None:
    """Such a StatefulSet would never be rolled out to its end."""
    deployed = Deployed(scene, "StatefulSet")
    deployed.deploy("v1.0.0")
    deployed.deploy("v2.0.0", wait=False, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    no = refusal(deployed).refusal
    assert no.code is Code.NO_ROLLOUT
    assert (no.figures["why"], no.figures["partition"]) == ("partition", 2)


def test_where_there_is_nothing_to_go_to_nothing_is_looked_at(scene: Scene) -> None:
    """The plan says why; the choice that is looked at is the one that is planned."""
    deployed = two_versions(scene)
    assert deployed.facts(version="v9.9.9").ahead is None
    assert deployed.facts(version="v1.0.0").ahead == deployed.facts().ahead is not None


def test_env_looks_ahead_too(scene: Scene) -> None:
    """The changed template is tried, and what it names looked for; what is there already is left to the plan."""
    config_map(scene, "game-config", MAX_PLAYERS="1000")
    counted, client = counting(scene)
    deployed = Deployed(counted, "Deployment")
    deployed.deploy("v1.0.0", container=from_config_map("game-config", "MAX_PLAYERS"))
    by = Person(team="T1", id="U1", name="ann")
    asked = Request(service=NAME, strategy="env", by=by, channel="C1")
    section = Environment(values={"FEATURE_FLAG_NEW_COMBAT": "false"}, budget_s=120)
    service, env = deployed.service().model_copy(update={"env": section}), Env()
    facts = env.observe(counted.clients, asked, service)
    assert env.plan(facts, asked, service, NAME).to_version
    assert client.sent["try Deployment"] == 1
    assert client.sent["get ConfigMap"] == 1
    assert client.sent.total() <= MOST_REQUESTS
    scene.admin.delete(f"/api/v1/namespaces/{scene.namespace}/configmaps/game-config")
    with pytest.raises(Refused) as no:
        env.plan(env.observe(counted.clients, asked, service), asked, service, NAME)
    assert no.value.refusal.code is Code.REFERENCE_GONE
