"""Who refused a write on a real API server: a test of the patch, validation, a policy, a webhook, a quota, or RBAC."""

from __future__ import annotations

from itertools import count

import pytest

from jobs.clients import KubernetesClient
from jobs.clients.errors import ClientError, Forbidden, Moved, Rejected, Unreachable
from jobs.clients.resources import (
    CONFIG_MAP,
    RESOURCE_QUOTA,
    Raw,
    Ref,
)
from sandbox.cluster import Cluster
from sandbox.ports import free_port
from tests.contract.clients.rules import policy, refusing, webhook
from tests.contract.clients.scene import eventually

BLOCKED: Raw = {"metadata": {"annotations": {"blocked": "yes"}}}
ALLOWS = "!has(object.metadata.annotations) || !('blocked' in object.metadata.annotations)"


def outcome(kubernetes: KubernetesClient, web: Ref, patch: Raw = BLOCKED) -> ClientError | None:
    """How a dry run of a merge patch ends."""
    try:
        kubernetes.merge_patch(web, patch, manager="test", dry_run=True)
    except ClientError as error:
        return error
    return None


def test_a_dry_run_says_what_would_be_and_changes_nothing(admin: KubernetesClient, web: Ref) -> None:
    """Both kinds of patch; their tests and preconditions hold as ever."""
    before = admin.get(web)
    scale = [
        {"op": "test", "path": "/spec/replicas", "value": 1},
        {"op": "replace", "path": "/spec/replicas", "value": 9},
    ]
    assert admin.json_patch(web, scale, manager="test", dry_run=True)["spec"]["replicas"] == 9
    assert admin.merge_patch(web, {"spec": {"replicas": 8}}, manager="test", dry_run=True)["spec"]["replicas"] == 8
    assert admin.get(web)["spec"] == before["spec"]
    scale[0]["value"] = 5
    with pytest.raises(Moved):
        admin.json_patch(web, scale, manager="test", dry_run=True)
    for moved in ({"uid": "another"}, {"resourceVersion": "1"}):
        assert isinstance(outcome(admin, web, {"metadata": moved}), Moved)


@pytest.mark.parametrize("reason", ["Invalid", "Forbidden", "RequestEntityTooLarge"])
def test_a_policys_refusal_is_rejected_whatever_its_status(
    cluster: Cluster, admin: KubernetesClient, web: Ref, reason: str
) -> None:
    """422 as of a test that failed, 403 as of a right that is missing: it is neither, and its words are passed on."""
    with policy(
        cluster, web.namespace, group="apps", resource="deployments", operation="UPDATE", allows=ALLOWS, reason=reason
    ):
        refused = eventually(lambda: outcome(admin, web))
        assert isinstance(refused, Rejected)
        assert "the house says no" in str(refused)
        with pytest.raises(Rejected, match="the house says no"):
            admin.merge_patch(web, BLOCKED, manager="test")
        add = {"op": "add", "path": "/metadata/annotations", "value": {"blocked": "yes"}}
        with pytest.raises(Rejected, match="the house says no"):
            admin.json_patch(web, [add], manager="test", dry_run=True)
        with pytest.raises(Moved):
            admin.json_patch(web, [{"op": "test", "path": "/spec/replicas", "value": 5}, add], manager="test")
    assert "blocked" not in admin.get(web)["metadata"].get("annotations", {})


@pytest.mark.parametrize("code", [None, 400, 401, 403, 404, 409, 422, 429, 500])
def test_a_webhooks_refusal_is_rejected_whatever_its_status(
    cluster: Cluster, admin: KubernetesClient, web: Ref, code: int | None
) -> None:
    """A webhook may answer with any status it likes, those that mean something else here included."""
    said = {"message": "not on a Friday"} | ({"code": code} if code else {})
    with refusing(cluster, said) as url, webhook(cluster, web.namespace, url):
        refused = eventually(lambda: outcome(admin, web))
    assert isinstance(refused, Rejected)
    assert "not on a Friday" in str(refused)


def test_a_webhook_that_is_away_leaves_a_dry_run_unanswered(
    cluster: Cluster, admin: KubernetesClient, web: Ref
) -> None:
    """It cannot have changed anything, so it is no riddle, as it would be of a write."""
    with webhook(cluster, web.namespace, f"https://127.0.0.1:{free_port()}/"):
        refused = eventually(lambda: outcome(admin, web))
    assert isinstance(refused, Unreachable)
    assert "failed calling webhook" in str(refused)


def test_what_validation_and_quota_refuse_is_rejected(cluster: Cluster, admin: KubernetesClient, web: Ref) -> None:
    """To read again would change nothing about it."""
    refused = outcome(admin, web, {"spec": {"replicas": -1}})
    assert isinstance(refused, Rejected)
    assert "must be greater than or equal to 0" in str(refused)
    selector = {"spec": {"selector": {"matchLabels": {"app": "another"}}}}
    assert isinstance(outcome(admin, web, selector), Rejected)
    quota = Ref(RESOURCE_QUOTA, web.namespace, "none")
    admin.create_by_apply(quota, {"spec": {"hard": {"count/configmaps": "0"}}}, manager="test")
    # What the quota controller would write; it does not run here.
    counted = {"status": {"hard": {"count/configmaps": "0"}, "used": {"count/configmaps": "0"}}}
    cluster.api().patch(f"{quota.kind.path(quota.namespace, quota.name)}/status", counted)
    # Whether the server has heard of it is seen by what it says; each try is another object.
    tries = (Ref(CONFIG_MAP, web.namespace, f"too-many-{number}") for number in count())
    eventually(lambda: "exceeded quota" in _rejection(admin, next(tries)))


def test_a_right_that_is_missing_is_still_forbidden(bot: KubernetesClient, web: Ref) -> None:
    """Of a dry run and of a creation as well, by verb and resource."""
    refused = outcome(bot, web)
    assert isinstance(refused, Forbidden)
    assert (refused.verb, refused.resource, refused.name) == ("patch", "deployments.apps", "web")
    assert "cannot patch resource" in refused.message
    with pytest.raises(Forbidden) as caught:
        bot.create_by_apply(Ref(CONFIG_MAP, web.namespace, "x"), {"data": {}}, manager="test")
    assert (caught.value.verb, caught.value.resource, caught.value.name) == ("patch", "configmaps", "x")


def _rejection(kubernetes: KubernetesClient, ref: Ref) -> str:
    try:
        kubernetes.create_by_apply(ref, {"data": {}}, manager="test")
    except Rejected as refused:
        return str(refused)
    return ""
