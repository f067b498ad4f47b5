"""The admission policy on exec: the bot may run what it lists, and nothing else; others are left alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import yaml
from kubernetes import client
from kubernetes.stream import stream

from bot.catalog import load
from sandbox.cluster import Cluster, rbac_objects
from tests.answering import Echo, answering
from tests.contract.cluster.scenes import eventually
from tests.contract.manifests.shipped import MANIFESTS, ROOT, Raw, apply, named, render, take_away

POD = "game-server"
HEALTH = ("curl", "-s", "http://localhost:8080/health")
WITHIN_S = 60.0
RAN_S = 30


@pytest.fixture(scope="module")
def listener() -> Iterator[str]:
    """The address of the pods' listener."""
    with answering(Echo) as address:
        yield address


@pytest.fixture
def policy(cluster: Cluster, namespace: str) -> Iterator[list[Raw]]:
    """The shipped policy, its list moved to the test's namespace, with the bot's rights there; in force."""
    cluster.apply(rbac_objects(namespace=namespace))
    objects = render(MANIFESTS / "policy")
    allow(objects, listed(objects).replace("game-production", namespace))
    apply(cluster, objects)
    yield objects
    take_away(cluster, objects)


@pytest.fixture
def pod(cluster: Cluster, namespace: str, listener: str, policy: list[Raw]) -> str:
    """The namespace of a running pod with two containers, in which the bot's exec is refused by the policy already."""
    del policy
    containers = [{"name": name, "image": "registry.example/game-server:v2.0.5"} for name in ("game-server", "sidecar")]
    local = {"envs": [{"name": "http_proxy", "value": listener}, {"name": "no_proxy"}, {"name": "NO_PROXY"}]}
    meta = {"name": POD, "namespace": namespace}
    cluster.apply(
        [
            {
                "apiVersion": "kwok.x-k8s.io/v1alpha1",
                "kind": "Exec",
                "metadata": meta,
                "spec": {"execs": [{"local": local}]},
            },
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": containers}},
        ]
    )
    path = f"/api/v1/namespaces/{namespace}/pods/{POD}"
    eventually(lambda: cluster.api().get(path)["status"].get("phase") == "Running", within_s=WITHIN_S)
    # What another test's policy said before this one's list was learned would let nothing through either.
    eventually(lambda: "may not run" in refusal(cluster, "bot", namespace, ("true",)), within_s=WITHIN_S)
    return namespace


def test_the_listed_command_runs_in_its_container(cluster: Cluster, pod: str) -> None:
    """The shipped health command, word for word, in the catalog's container."""
    eventually(lambda: "localhost:8080/health" in _allowed(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)


@pytest.mark.parametrize(
    ("command", "container"),
    [
        pytest.param(("curl", "-s", "http://localhost:8080/admin"), "game-server", id="another-address"),
        pytest.param((*HEALTH, "--verbose"), "game-server", id="more-words"),
        pytest.param(HEALTH[:2], "game-server", id="fewer-words"),
        pytest.param(("sh", "-c", " ".join(HEALTH)), "game-server", id="in-a-shell"),
        pytest.param(("sh",), "game-server", id="a-shell"),
        pytest.param(("\n".join(HEALTH),), "game-server", id="one-word-of-three-lines"),
        pytest.param(HEALTH, "sidecar", id="another-container"),
        pytest.param(HEALTH, "", id="no-container"),
    ],
)
def test_anything_else_is_refused_and_named(cluster: Cluster, pod: str, command: Sequence[str], container: str) -> None:
    """HTTP 403 with the policy's own words: the command, the container, and where the list is."""
    eventually(lambda: _allowed(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)
    said = refusal(cluster, "bot", pod, command, container=container)
    assert "ValidatingAdmissionPolicy 'rollback-bot-exec'" in said
    assert "is not in the list of ValidatingAdmissionPolicy rollback-bot-exec" in said
    assert f"in container '{container}' of namespace {pod}" in said


def test_others_are_left_alone(cluster: Cluster, pod: str) -> None:
    """An administrator still gets a shell, in any container."""
    assert _allowed(cluster, "admin", pod, ("sh", "-c", "echo from a shell"), container="sidecar") == "from a shell\n"


def test_the_same_command_in_another_namespace_is_refused(cluster: Cluster, pod: str, policy: list[Raw]) -> None:
    """An entry holds for one namespace: with it moved away, nothing is left that the bot may run here."""
    eventually(lambda: _allowed(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)
    allow(policy, listed(policy).replace(pod, "game-production"))
    apply(cluster, policy)
    said = eventually(lambda: refusal(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)
    assert "rollback-bot may not run curl -s" in said


def test_a_list_that_cannot_be_read_lets_nothing_through(cluster: Cluster, pod: str, policy: list[Raw]) -> None:
    """It fails closed for the bot, and does not stand in anybody else's way."""
    eventually(lambda: _allowed(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)
    allow(policy, "[[string(1 / (size(request.namespace) * 0))]]")
    apply(cluster, policy)
    said = eventually(lambda: refusal(cluster, "bot", pod, HEALTH), within_s=WITHIN_S)
    assert "division by zero" in said
    assert _allowed(cluster, "admin", pod, ("echo", "here")) == "here\n"


def test_the_list_fits_the_shipped_catalog() -> None:
    """The health command of every service is in it, for its container; and no namespace that no service is in."""
    services = load(ROOT / "catalog" / "services.yaml").services.values()
    entries = {tuple(words) for words in yaml.safe_load(listed(render(MANIFESTS / "policy")))}
    for each in services:
        if each.workload and each.workload.health:
            assert (each.kubernetes.namespace, each.kubernetes.container, *each.workload.health) in entries
    assert {words[0] for words in entries} <= {each.kubernetes.namespace for each in services}


def listed(objects: list[Raw]) -> str:
    """The policy's list of commands, as it is written: the part that is a site's own."""
    return str(_list(objects)["expression"])


def allow(objects: list[Raw], expression: str) -> None:
    """Write another list into the policy."""
    _list(objects)["expression"] = expression


def _list(objects: list[Raw]) -> Raw:
    variables = named(objects, "ValidatingAdmissionPolicy", "rollback-bot-exec")["spec"]["variables"]
    assert variables[0]["name"] == "allowed"
    assert isinstance(variables[0], dict)
    return variables[0]


def refusal(
    cluster: Cluster, user: str, namespace: str, command: Sequence[str], *, container: str = "game-server"
) -> str:
    """What the API server says against it; "" when the command was let through."""
    try:
        execute(cluster, user, namespace, command, container=container)
    except client.ApiException as error:
        if "denied request" not in str(error.reason):
            raise
        return str(error.reason)
    return ""


def execute(cluster: Cluster, user: str, namespace: str, command: Sequence[str], *, container: str) -> str:
    """Run a command in the pod over a web socket, as kubectl does; what it printed.

    Raises:
        kubernetes.client.ApiException: the API server did not let it through.
    """
    settings = client.Configuration(host=cluster.url)
    settings.ssl_ca_cert = str(cluster.ca)
    settings.api_key = {"authorization": f"Bearer {cluster.token(user)}"}
    with client.ApiClient(settings) as connection:
        channel = stream(
            client.CoreV1Api(connection).connect_get_namespaced_pod_exec,
            POD,
            namespace,
            command=list(command),
            container=container,
            stdout=True,
            stderr=True,
            _preload_content=False,
        )
        channel.run_forever(timeout=RAN_S)
        said: str = channel.read_all()
        channel.close()
        channel.sock.shutdown()  # close() leaves the socket open once the server has said goodbye
    return said


def _allowed(
    cluster: Cluster, user: str, namespace: str, command: Sequence[str], *, container: str = "game-server"
) -> str:
    """What the command printed; "" while it is refused."""
    try:
        return execute(cluster, user, namespace, command, container=container)
    except client.ApiException:
        return ""
