"""The Kubernetes client against a real API server: lists, events, logs, and creating what is not there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.clients import KubernetesClient
from jobs.clients.errors import ClientError, Forbidden, Moved, NotFound, Rejected
from jobs.clients.resources import (
    CONFIG_MAP,
    CONTROLLER_REVISION,
    DAEMON_SET,
    POD,
    PVC,
    RESOURCE_QUOTA,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
    VIRTUAL_SERVICE,
    Kind,
    Raw,
    Ref,
)
from sandbox.cluster import Cluster
from tests.contract.clients.rules import grant
from tests.contract.clients.scene import eventually

BLOCKED: Raw = {"metadata": {"annotations": {"blocked": "yes"}}}
ALLOWS = "!has(object.metadata.annotations) || !('blocked' in object.metadata.annotations)"


@pytest.mark.parametrize(
    "kind",
    [CONTROLLER_REVISION, DAEMON_SET, PVC, RESOURCE_QUOTA, SECRET, SERVICE, SERVICE_ACCOUNT, STATEFUL_SET],
    ids=lambda kind: kind.name,
)
def test_a_kind_is_where_the_server_keeps_it(cluster: Cluster, admin: KubernetesClient, kind: Kind) -> None:
    """Its path answers, and discovery gives the plural and the group the kind that stands beside them."""
    assert isinstance(admin.list(kind, "default"), list)
    path = cluster.api().path({"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "x"}})
    assert path == kind.path("default", "x")


def test_lists_by_field_and_of_metadata_only(admin: KubernetesClient, namespace: str) -> None:
    """One object by its name; and metadata without what is in the objects."""
    for name in ("one", "two"):
        body = {"metadata": {"labels": {"which": name}}, "data": {"much": "x" * 1000}}
        admin.create_by_apply(Ref(CONFIG_MAP, namespace, name), body, manager="test")
    found = admin.list(CONFIG_MAP, namespace, field_selector="metadata.name=two")
    assert [each["metadata"]["name"] for each in found] == ["two"]
    assert admin.list(CONFIG_MAP, namespace, selector="which=one", field_selector="metadata.name=two") == []
    known = {each["metadata"]["name"]: each for each in admin.list_metadata(CONFIG_MAP, namespace)}
    assert {"one", "two"} <= set(known)
    assert known["one"]["metadata"]["labels"] == {"which": "one"}
    assert not any("data" in each for each in known.values())
    some = admin.list_metadata(CONFIG_MAP, namespace, selector="which=two")
    assert [each["metadata"]["name"] for each in some] == ["two"]


def test_a_list_under_a_right_on_one_name(cluster: Cluster, bot: KubernetesClient, namespace: str) -> None:
    """The field selector is what makes the API server see that only this name is asked for."""
    rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"], "verbs": ["list"]}
    grant(cluster, namespace, [rule])
    eventually(lambda: _lists(bot, namespace, "metadata.name=mine"))
    assert not _lists(bot, namespace, "")


def test_the_events_of_one_object(admin: KubernetesClient, web: Ref) -> None:
    """By uid: what was said of another object of that name is left out."""
    uid = admin.get(web)["metadata"]["uid"]
    found = eventually(lambda: admin.events(web.namespace, uid))
    assert {event["involvedObject"]["uid"] for event in found} == {uid}
    assert any(event["reason"] == "ScalingReplicaSet" for event in found)
    assert admin.events(web.namespace, "nobody") == []


def test_the_last_lines_of_a_log(cluster: Cluster, admin: KubernetesClient, bot: KubernetesClient, web: Ref) -> None:
    """Of this container, and of the one before it; refusals name the subresource."""
    name = admin.list(POD, web.namespace)[0]["metadata"]["name"]
    pod = Ref(POD, web.namespace, name)
    assert admin.log(pod, "web", lines=10) == ""
    cluster.write_log(namespace=pod.namespace, pod=name, lines=["started", "ERROR lost a player", "ready"])
    eventually(lambda: admin.log(pod, "web", lines=2) == "ERROR lost a player\nready\n")
    assert admin.log(pod, "web", lines=1, previous=True) == "ready\n"
    with pytest.raises(NotFound):
        admin.log(Ref(POD, web.namespace, "nobody"), "web", lines=1)
    with pytest.raises(Rejected, match="nope"):
        admin.log(pod, "nope", lines=1)
    with pytest.raises(Forbidden) as refused:
        bot.log(pod, "web", lines=1)
    assert (refused.value.verb, refused.value.resource, refused.value.name) == ("get", "pods/log", name)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (CONFIG_MAP, {"data": {"a": "1"}}),
        (SECRET, {"stringData": {"a": "1"}, "type": "Opaque"}),
        (SERVICE, {"spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}}),
        (VIRTUAL_SERVICE, {"spec": {"hosts": ["a"], "http": [{"route": [{"destination": {"host": "a"}}]}]}}),
    ],
    ids=lambda given: given.name if isinstance(given, Kind) else "",
)
def test_what_is_not_there_is_created_and_what_is_there_is_left_alone(
    admin: KubernetesClient, namespace: str, kind: Kind, body: Raw
) -> None:
    """Even by the manager that made it, and even with the very same body."""
    ref = Ref(kind, namespace, "made")
    made = admin.create_by_apply(ref, {**body, "metadata": {"labels": {"by": "us"}}}, manager="test")
    assert made["metadata"]["labels"] == {"by": "us"}
    for manager in ("test", "another"):
        with pytest.raises(Moved):
            admin.create_by_apply(ref, {**body, "metadata": {"labels": {"by": "us"}}}, manager=manager)
    assert admin.get(ref)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_of_many_that_create_at_once_one_does(admin: KubernetesClient, namespace: str) -> None:
    """One manager's two runners, or two managers: the others are told that it moved."""
    for round_ in range(10):
        ref = Ref(CONFIG_MAP, namespace, f"race-{round_}")

        def create(number: int, ref: Ref = ref) -> ClientError | None:
            return _created(admin, ref, manager=f"m{number % 2}", data={"by": str(number)})

        with ThreadPoolExecutor(8) as pool:
            ends = list(pool.map(create, range(8)))
        winners = [number for number, end in enumerate(ends) if end is None]
        assert len(winners) == 1
        assert all(isinstance(end, Moved) for end in ends if end is not None)
        assert admin.get(ref)["data"] == {"by": str(winners[0])}


def test_rights_on_one_name_are_enough_to_create_it(cluster: Cluster, bot: KubernetesClient, namespace: str) -> None:
    """A plain POST would need create on all names."""
    rule = {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["mine"], "verbs": ["patch", "create"]}
    grant(cluster, namespace, [rule])
    mine, other = (Ref(CONFIG_MAP, namespace, name) for name in ("mine", "other"))
    eventually(lambda: not isinstance(_created(bot, mine), Forbidden))
    assert isinstance(_created(bot, mine), Moved)
    assert isinstance(_created(bot, other), Forbidden)


def test_a_namespace_that_is_not_there_is_not_found(admin: KubernetesClient) -> None:
    """Nothing is created beside it."""
    with pytest.raises(NotFound):
        admin.create_by_apply(Ref(CONFIG_MAP, "nowhere", "x"), {"data": {}}, manager="test")


def _lists(kubernetes: KubernetesClient, namespace: str, field_selector: str) -> bool:
    try:
        kubernetes.list(CONFIG_MAP, namespace, field_selector=field_selector)
    except Forbidden:
        return False
    return True


def _created(
    kubernetes: KubernetesClient, ref: Ref, *, manager: str = "test", data: dict[str, str] | None = None
) -> ClientError | None:
    try:
        kubernetes.create_by_apply(ref, {"data": data or {}}, manager=manager)
    except ClientError as error:
        return error
    return None
