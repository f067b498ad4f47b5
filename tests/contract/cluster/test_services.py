"""The demo's further services: their objects, the backups of a configuration, and what the bot may do with it."""

from typing import Any

import pytest
import yaml

from sandbox.cluster import Api, ApiError, Cluster, backups, game_objects, rbac_objects, revisions, service_objects
from tests.contract.cluster.scenes import eventually

CONFIG, SECRET = "configmap-20261120-0300.yaml", "secret-20261120-0300.yaml"


def test_the_game_alone_has_no_object_of_the_others() -> None:
    """Who asks for game-server's objects gets those only, and each service's carry its own name."""
    names = {document["metadata"]["name"] for document in game_objects()}
    assert names == {
        "game-production",
        "game-config",
        "game-secrets",
        "game-server",
        "game-server-canary",
        "game-server-vs",
    }
    assert {document["metadata"]["name"] for document in service_objects("lobby")} == {
        "lobby",
        "lobby-vs",
        "lobby-blue",
        "lobby-green",
    }


def test_match_server_has_two_revisions_of_one_deployment() -> None:
    """The second differs from the first in its version and in what the variables say."""
    first, second = (each["spec"]["template"]["spec"]["containers"][0] for each in revisions("match-server"))
    changed = {each["name"] for each, was in zip(second["env"], first["env"], strict=True) if each != was}
    assert changed == {"FEATURE_FLAG_NEW_COMBAT", "FEATURE_FLAG_GUILD_WAR_V2", "MAX_PLAYERS"}
    assert {name for name in second if second[name] != first[name]} == {"image", "env"}
    assert revisions("lobby") == []


def test_one_backup_is_as_kubectl_wrote_it_and_the_other_is_plain(cluster: Cluster, namespace: str) -> None:
    """The API server refuses the raw one and takes the plain one: whoever restores them must cope with both."""
    cluster.apply(service_objects("match-server", namespace=namespace))
    raw, plain = (yaml.safe_load((backups("match-server") / name).read_text()) for name in (CONFIG, SECRET))
    for document in (raw, plain):
        document["metadata"]["namespace"] = namespace
    with pytest.raises(ApiError) as refused:
        cluster.apply([raw])
    assert refused.value.status in {400, 409, 422}
    cluster.apply([plain])
    live = cluster.api().get(f"/api/v1/namespaces/{namespace}/configmaps/match-config")["data"]
    added, changed = live.keys() - raw["data"].keys(), {key for key in raw["data"] if live.get(key) != raw["data"][key]}
    assert (added, changed) == ({"GUILD_WAR_QUEUE"}, {"TICK_RATE_HZ"})


def test_the_bot_may_read_and_write_the_services_own_configuration_only(cluster: Cluster, namespace: str) -> None:
    """The rights that manifests/ ships, with this service's names: another ConfigMap stays out of reach."""
    cluster.apply(game_objects(namespace=namespace))
    cluster.apply([*rbac_objects(namespace=namespace), *service_objects("match-server", namespace=namespace)])
    path = f"/api/v1/namespaces/{namespace}"
    # The authorizer learns of new rights by a watch of its own.
    live = eventually(lambda: _read(cluster.api("bot"), f"{path}/configmaps/match-config"), within_s=10)
    assert live["data"]["TICK_RATE_HZ"] == "60"
    cluster.api("bot").patch(f"{path}/secrets/match-secrets", {"metadata": {"annotations": {"seen": "yes"}}})
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other", "namespace": namespace}}
    cluster.apply([other])
    with pytest.raises(ApiError) as refused:
        cluster.api("bot").get(f"{path}/configmaps/other")
    assert refused.value.status == 403


def _read(bot: Api, path: str) -> dict[str, Any]:
    """An object, {} while the bot may not read it."""
    try:
        return bot.get(path)
    except ApiError as error:
        if error.status != 403:
            raise
        return {}
