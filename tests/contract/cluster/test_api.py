"""What the API server accepts, records and refuses."""

import pytest

from sandbox.cluster import Api, ApiError, AuditEvent, Cluster, game_objects, rbac_objects
from sandbox.cluster.shared import own_namespace
from tests.contract.cluster.scenes import IMAGE, deployment, deployment_path, eventually

_WRITES = (("apps", "deployments"), ("networking.istio.io", "virtualservices"))


def _virtual_service(namespace: str) -> str:
    return f"/apis/networking.istio.io/v1/namespaces/{namespace}/virtualservices/game-server-vs"


def _weight(value: int) -> list[dict[str, object]]:
    return [{"op": "replace", "path": "/spec/http/1/route/0/weight", "value": value}]


@pytest.mark.parametrize("weight", [300, -10])
def test_the_definition_of_virtualservice_accepts_any_weight(cluster: Cluster, namespace: str, weight: int) -> None:
    """Weights outside 0 to 100 are stored as they are: whoever reads them must cope."""
    cluster.apply(game_objects(namespace=namespace))
    cluster.api().patch(_virtual_service(namespace), _weight(weight), kind="json")
    stored = cluster.api().get(_virtual_service(namespace))
    assert stored["spec"]["http"][1]["route"][0]["weight"] == weight


def test_the_audit_log_counts_a_write_with_its_field_manager(cluster: Cluster, namespace: str) -> None:
    """One patch is one event, with who, what, when, the field manager and the patch itself."""
    cluster.apply(game_objects(namespace=namespace))
    cluster.api().patch(_virtual_service(namespace), _weight(75), kind="json", manager="somebody")
    events = _told(cluster, namespace, manager="somebody")
    assert len(events) == 1
    assert (events[0].user, events[0].verb, events[0].resource) == ("admin", "patch", "virtualservices")
    assert events[0].body == _weight(75)
    assert events[0].received_at <= events[0].answered_at


def test_the_audit_log_keeps_no_secret(cluster: Cluster, namespace: str) -> None:
    """A Secret's write is recorded without its content."""
    cluster.apply(game_objects(namespace=namespace))
    events = [e for e in cluster.audit() if e.namespace == namespace and e.resource == "secrets"]
    assert events
    assert all(event.body is None for event in events)


def test_the_bot_may_patch_routing_where_it_is_bound(cluster: Cluster, namespace: str) -> None:
    """The Role of manifests/ lets the bot move weights in its namespace."""
    cluster.apply(game_objects(namespace=namespace))
    _bind(cluster, namespace)
    patched = cluster.api("bot").patch(_virtual_service(namespace), _weight(75), kind="json", manager="rollback-bot")
    assert patched["spec"]["http"][1]["route"][0]["weight"] == 75


def test_the_bot_is_refused_elsewhere(cluster: Cluster, namespace: str) -> None:
    """Being bound in one namespace gives no right in another."""
    cluster.apply(rbac_objects(namespace=namespace))
    with own_namespace(cluster) as elsewhere:
        cluster.apply(game_objects(namespace=elsewhere))
        with pytest.raises(ApiError, match="cannot patch resource") as refused:
            cluster.api("bot").patch(_virtual_service(elsewhere), _weight(75), kind="json")
    assert refused.value.status == 403


@pytest.mark.parametrize("path", ["/api/v1/namespaces/{}/secrets", "/api/v1/namespaces/{}/configmaps", "/api/v1/nodes"])
def test_the_bot_may_not_read_what_it_does_not_need(cluster: Cluster, namespace: str, path: str) -> None:
    """The Role grants no look at configuration, secrets or nodes."""
    cluster.apply(rbac_objects(namespace=namespace))
    with pytest.raises(ApiError) as refused:
        cluster.api("bot").get(path.format(namespace))
    assert refused.value.status == 403


def test_other_routes_are_in_the_virtual_service(cluster: Cluster, namespace: str) -> None:
    """The demo's routing holds a named route that a rollback has no business with."""
    cluster.apply(game_objects(namespace=namespace))
    routes = cluster.api().get(_virtual_service(namespace))["spec"]["http"]
    assert [route["name"] for route in routes] == ["admin", "primary"]
    assert routes[0]["route"] == [{"destination": {"host": "game-server", "subset": "stable"}}]


def test_a_write_by_the_bot_tells_of_the_bot(cluster: Cluster, namespace: str) -> None:
    """In the audit log the bot is its ServiceAccount."""
    cluster.apply([deployment(namespace)])
    _bind(cluster, namespace)
    body = {"metadata": {"annotations": {"rollback/fence": "1"}}}
    cluster.api("bot").patch(deployment_path(namespace), body, manager="rollback-bot")
    events = _told(cluster, namespace, manager="rollback-bot")
    assert [event.user for event in events] == ["system:serviceaccount:rollback-bot:rollback-bot"]
    assert IMAGE in str(cluster.api().get(deployment_path(namespace)))


def _bind(cluster: Cluster, namespace: str) -> None:
    """Bind the bot's Role, and wait until the authorizer has heard of it: it learns by a watch of its own."""
    cluster.apply(rbac_objects(namespace=namespace))
    bot = cluster.api("bot")

    def allowed() -> bool:
        return all(_may(bot, namespace, group, resource) for group, resource in _WRITES)

    eventually(allowed, within_s=10)


def _may(bot: Api, namespace: str, group: str, resource: str) -> bool:
    asked = {"namespace": namespace, "verb": "patch", "group": group, "resource": resource}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    answer = bot.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    return bool(answer["status"]["allowed"])


def _told(cluster: Cluster, namespace: str, *, manager: str) -> list[AuditEvent]:
    """The writes with this field manager; one is written down a moment after its answer is here."""

    def look() -> list[AuditEvent]:
        events = [event for event in cluster.audit() if event.wrote and event.namespace == namespace]
        return [event for event in events if event.field_manager == manager]

    return eventually(look, within_s=5)
