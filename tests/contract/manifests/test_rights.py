"""The target's Roles: each right in turn away is named when it is missed, and each one is accounted for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.catalog.model import Undo, Workload
from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Request
from bot.domain.verdict import Verdict
from jobs.clients import KubernetesClient, build, workloads
from jobs.steps import CARRIERS, Done
from jobs.steps.model import Settled
from jobs.strategies import STRATEGIES
from sandbox.cluster import ApiError, Cluster, game_objects, rbac_objects
from sandbox.cluster.shared import own_namespace
from sandbox.ports import free_port
from tests.contract.clients.scene import APPS, ISTIO, Scene, autoscaler, entry, eventually, settled
from tests.contract.manifests.rights import CREATING, RIGHTS, Right, granted, only, refusal, without
from tests.contract.manifests.shipped import MANIFESTS, render

WITHIN_S = 30.0
CANNOT = re.compile(r"cannot (\w+) resource")


@pytest.fixture(scope="module")
def bot(cluster: Cluster) -> KubernetesClient:
    """The bot's own client, with the ServiceAccount's token."""
    return KubernetesClient.connect(cluster.kubeconfig("bot"))


@pytest.fixture
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The game under an autoscaler, and a bot that has the listed rights and no others."""
    with own_namespace(cluster) as namespace:
        cluster.apply(only(rbac_objects(namespace=namespace), RIGHTS))
        clients = build(kubeconfig=cluster.kubeconfig("bot"), prometheus_url=f"http://127.0.0.1:{free_port()}")
        made = Scene(cluster, namespace, clients, entry(namespace), cluster.api())
        eventually(lambda: _has_all(RIGHTS, clients.kubernetes, namespace), within_s=WITHIN_S)
        cluster.apply([*game_objects(namespace=namespace), autoscaler(namespace, low=4, high=10)])
        eventually(lambda: _is_up(made, "game-server") and _is_up(made, "game-server-canary"), within_s=WITHIN_S)
        yield made


@pytest.mark.parametrize("right", RIGHTS, ids=str)
def test_a_right_that_is_away_is_named(cluster: Cluster, bot: KubernetesClient, namespace: str, right: Right) -> None:
    """With the Roles as shipped the call is allowed; without this one verb it is refused, and says which."""
    shipped = rbac_objects(namespace=namespace)
    cluster.apply(shipped)
    eventually(lambda: _has_all(RIGHTS, bot, namespace), within_s=WITHIN_S)
    cluster.apply(without(shipped, right))
    refused = eventually(lambda: refusal(right.call, bot, namespace), within_s=WITHIN_S)
    assert refused is not None
    assert (refused.resource, refused.namespace) == (right.resource, namespace)
    # A command takes two verbs on pods/exec: the client names one of them, the API server the one that is missing.
    assert right.verb in {refused.verb, *CANNOT.findall(refused.message)}
    assert _has_all([other for other in RIGHTS if other.call is not right.call], bot, namespace)


def test_every_right_is_accounted_for() -> None:
    """What the Roles grant is what the table calls, no more and no less."""
    used = {str(right) for right in RIGHTS}
    assert len(used) == len(RIGHTS)
    assert granted(render(MANIFESTS / "target")) == used | CREATING


def test_a_canary_is_taken_back_with_the_rights_that_the_table_lists(scene: Scene) -> None:
    """Planned and carried out under those alone: a right the table forgot would refuse one of these calls."""
    plan = scene.observe_and_plan()
    STRATEGIES["canary"].bind(scene.clients, plan, scene.service)
    for kind in ("scale_up", "set_weight"):
        assert isinstance(_carried(scene, plan, kind), Done)
    _send_all_to_stable(scene)
    for kind in ("retire", "autoscaler_back"):
        assert isinstance(_carried(scene, plan, kind), Done)
    validate = scene.step(plan, "validate")
    assert CARRIERS["validate"].check(validate)
    assert set(scene.writes()) == {
        "patch horizontalpodautoscalers/game-server",
        "patch virtualservices/game-server-vs",
        "patch deployments/game-server-canary",
        "delete deployments/game-server-canary",
    }


def test_a_workload_is_undone_with_the_rights_that_the_table_lists(scene: Scene) -> None:
    """The same for a rollout back to the revision before, and the health command in each of its pods."""
    sections = {"workload": Workload(name="game-server", health=("true",)), "undo": Undo(budget_s=120)}
    there = replace(scene, service=scene.service.model_copy(update=sections))
    _deploy(scene, "v2.1.0")
    asked = Request(
        service="game-server", strategy="kubernetes", by=Person(team="T1", id="U1", name="ann"), channel="C1"
    )
    undo = STRATEGIES["kubernetes"]
    plan = undo.plan(undo.observe(there.clients, asked, there.service), asked, there.service, "game-server")
    assert undo.bind(there.clients, plan, there.service)[0] == plan.binding
    assert isinstance(_carried(there, plan, "rollout"), Done)
    (health,) = CARRIERS["pod_health"].check(there.step(plan, "pod_health"))
    assert health.verdict is Verdict.PASS
    assert CARRIERS["validate"].check(there.step(plan, "validate"))
    assert set(there.writes()) == {"patch deployments/game-server"}


@pytest.mark.parametrize(
    ("plural", "kind", "name"), [("configmaps", "ConfigMap", "game-config"), ("secrets", "Secret", "game-secrets")]
)
def test_configuration_is_reached_by_name_alone(
    cluster: Cluster, namespace: str, plural: str, kind: str, name: str
) -> None:
    """The named object may be applied, also when it is gone, and read; no other of its kind, and no list of them."""
    cluster.apply(rbac_objects(namespace=namespace))
    bot = cluster.api("bot")
    path = f"/api/v1/namespaces/{namespace}/{plural}"
    body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}}
    eventually(lambda: _applied(cluster, f"{path}/{name}", body), within_s=WITHIN_S)
    assert bot.get(f"{path}/{name}")["metadata"]["name"] == name
    for refused in (path, f"{path}/another"):
        with pytest.raises(ApiError) as error:
            bot.get(refused)
        assert error.value.status == 403


def _has_all(rights: Sequence[Right], kubernetes: KubernetesClient, namespace: str) -> bool:
    return all(refusal(right.call, kubernetes, namespace) is None for right in rights)


def _is_up(scene: Scene, name: str) -> bool:
    return bool(scene.deployment(name)["status"].get("availableReplicas") == 4)


def _carried(scene: Scene, plan: Plan, kind: str) -> Settled:
    ctx = scene.step(plan, kind)
    carrier = CARRIERS[kind]
    carrier.look(ctx)
    carrier.claim(ctx)
    carrier.apply(ctx)
    return settled(ctx, within_s=60)


def _deploy(scene: Scene, version: str) -> None:
    """Give stable another image, as a pipeline does, and wait until it is rolled out."""
    container = {"name": "game-server", "image": f"registry.example/game-server:{version}"}
    body = {"spec": {"template": {"spec": {"containers": [container]}}}}
    scene.admin.patch(APPS.format(scene.namespace, "game-server"), body, kind="strategic")
    eventually(lambda: workloads.rolled_out("Deployment", scene.deployment("game-server")), within_s=60)


def _send_all_to_stable(scene: Scene) -> None:
    """What the later weights would do."""
    index = next(i for i, r in enumerate(scene.virtual_service()["spec"]["http"]) if r.get("name") == "primary")
    operations = [
        {"op": "replace", "path": f"/spec/http/{index}/route/{side}/weight", "value": weight}
        for side, weight in enumerate((100, 0))
    ]
    scene.admin.patch(ISTIO.format(scene.namespace), operations, kind="json")


def _applied(cluster: Cluster, path: str, body: dict[str, Any]) -> bool:
    """Whether the bot's server-side apply of an object that is not there yet is let through."""
    try:
        cluster.api("bot").patch(path, body, kind="apply", manager="rollback-bot")
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True
