"""The three services of the catalog in one stack, each with its bad version and its traffic, and put back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from sandbox.cluster import Api
from sandbox.services import SERVICES
from sandbox.stack import Stack

NAMESPACE = "game-production"
CORE, APPS = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
ROUTES = f"/apis/networking.istio.io/v1/namespaces/{NAMESPACE}/virtualservices"
REVISION = "deployment.kubernetes.io/revision"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All services, their traffic and Prometheus, without the product."""
    with Stack(tmp_path_factory.mktemp("stack"), services=tuple(SERVICES), scrape_s=0.5, product=False) as running:
        yield running


def deployed(api: Api) -> dict[str, Any]:
    """What stands in the cluster: workloads with their history, routing and configuration."""
    return {
        "deployments": {
            each["metadata"]["name"]: (
                each["spec"]["replicas"],
                each["status"].get("readyReplicas"),
                each["spec"]["template"]["spec"]["containers"][0],
            )
            for each in api.get(f"{APPS}/deployments")["items"]
        },
        "history": sorted(
            (
                each["metadata"]["ownerReferences"][0]["name"],
                each["metadata"]["annotations"][REVISION],
                each["spec"]["template"]["spec"]["containers"][0]["image"],
            )
            for each in api.get(f"{APPS}/replicasets")["items"]
        ),
        "selectors": {
            each["metadata"]["name"]: each["spec"]["selector"] for each in api.get(f"{CORE}/services")["items"]
        },
        "routes": {each["metadata"]["name"]: each["spec"]["http"] for each in api.get(ROUTES)["items"]},
        "config": api.get(f"{CORE}/configmaps/match-config")["data"],
        "secret": api.get(f"{CORE}/secrets/match-secrets")["data"],
    }


def answering(stack: Stack) -> dict[str, set[str]]:
    """The versions that twenty players of each service are told."""
    return {
        name: {requests.get(f"{game.url}/api/v1/version", timeout=5).json()["version"] for _ in range(20)}
        for name, game in stack.games.items()
    }


def test_three_scenes_come_up_and_are_put_back(stack: Stack) -> None:
    """What a run leaves behind, of each kind, is gone afterwards: the same objects, revisions, routes and versions."""
    api, before = stack.cluster.api(), deployed(stack.cluster.api())
    assert before["history"] == [
        ("game-server", "1", "registry.example/game-server:v2.0.5"),
        ("game-server-canary", "1", "registry.example/game-server:v2.1.0"),
        ("lobby-blue", "1", "registry.example/lobby:v3.1.4"),
        ("lobby-green", "1", "registry.example/lobby:v3.2.0"),
        ("match-server", "1", "registry.example/match-server:v1.8.2"),
        ("match-server", "2", "registry.example/match-server:v1.9.0"),
    ]
    assert {name: count for name, (count, *_) in before["deployments"].items()} == {
        "game-server": 4,
        "game-server-canary": 4,
        "lobby-blue": 2,
        "lobby-green": 4,
        "match-server": 4,
    }
    told = answering(stack)
    assert told == {"game-server": {"v2.0.5", "v2.1.0"}, "match-server": {"v1.9.0"}, "lobby": {"v3.2.0"}}
    _roll_back(api)
    stack.games["lobby"].freeze()
    stack.put_back()
    assert deployed(api) == before
    assert answering(stack) == told
    for service in SERVICES.values():
        assert stack.prometheus.instant(f'up{{job="{service.name}"}}') == 1


def test_the_products_catalog_says_where_the_sandbox_has_each_service(stack: Stack) -> None:
    """Addresses are the games', backups are those of the demo, and a good revision need not be old."""
    services = yaml.safe_load((stack.folder / "services.yaml").read_text())["services"]
    assert list(services) == list(SERVICES)
    for name, entry in services.items():
        assert entry["validation"]["health_url"] == f"{stack.games[name].url}/health"
        assert entry["channel"] == SERVICES[name].channel
        assert requests.get(entry["validation"]["health_url"], timeout=5).ok
    assert services["lobby"]["blue_green"]["version_url"] == f"{stack.games['lobby'].url}/api/v1/version"
    assert services["match-server"]["workload"]["good_after_s"] == 1
    folder = Path(services["match-server"]["config"]["folder"])
    assert sorted(file.name for file in folder.iterdir()) == [
        "configmap-20261120-0300.yaml",
        "secret-20261120-0300.yaml",
    ]


def _roll_back(api: Api) -> None:
    """Leave behind what each way back leaves, and a little more."""
    api.patch(f"{APPS}/deployments/game-server", {"spec": {"replicas": 8}})
    api.delete(f"{APPS}/deployments/game-server-canary")
    values = [{"name": "FEATURE_FLAG_GUILD_WAR_V2", "value": "false"}, {"name": "ADDED", "value": "1"}]
    container = {"name": "match-server", "env": values}
    template = {"spec": {"template": {"spec": {"containers": [container]}}}}
    api.patch(f"{APPS}/deployments/match-server", template, kind="strategic", manager="somebody")
    changes = {"TICK_RATE_HZ": "30", "GUILD_WAR_QUEUE": None}
    api.patch(f"{CORE}/configmaps/match-config", {"data": changes}, manager="somebody")
    api.patch(f"{CORE}/secrets/match-secrets", {"data": {"TICKET_KEY": "b2xk"}}, manager="somebody")
    api.patch(f"{CORE}/services/lobby", {"spec": {"selector": {"version": "blue"}}}, manager="somebody")
    blue = [{"route": [{"destination": {"host": "lobby", "subset": "blue"}, "weight": 100}]}]
    api.patch(f"{ROUTES}/lobby-vs", {"spec": {"http": blue}}, manager="somebody")
    api.patch(f"{APPS}/deployments/lobby-blue", {"spec": {"replicas": 4}}, manager="somebody")
    api.delete(f"{APPS}/deployments/lobby-green")
