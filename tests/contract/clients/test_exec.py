"""Commands in pods, through the real API server; kwok runs them on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobs.clients import KubernetesClient
from jobs.clients.errors import Forbidden, NotFound, Rejected, Unreachable
from jobs.clients.execute import OUTPUT_BYTES, Ran
from jobs.clients.resources import POD, Ref
from sandbox.cluster import Cluster
from sandbox.cluster.shared import own_namespace
from sandbox.toxiproxy import Proxy
from tests.answering import Handler, answering
from tests.contract.clients import reach
from tests.contract.clients.rules import grant, policy
from tests.contract.clients.scene import eventually
from tests.contract.cluster.scenes import deployment, deployment_path, pods, rolled_out

TIMEOUT_S = 30


@pytest.fixture
def pod(cluster: Cluster) -> Iterator[Ref]:
    """A running pod with a container `web`, in a namespace of the test's own."""
    with own_namespace(cluster) as namespace:
        cluster.apply([deployment(namespace)])
        eventually(lambda: rolled_out(cluster.api(), deployment_path(namespace)))
        yield Ref(POD, namespace, pods(cluster.api(), namespace)[0]["metadata"]["name"])


@pytest.fixture
def through(cluster: Cluster, proxy: Proxy, tmp_path: Path) -> KubernetesClient:
    """The client, by that way."""
    return KubernetesClient.connect(reach.through(cluster.kubeconfig("admin"), proxy.listen, tmp_path))


def run(kubernetes: KubernetesClient, pod: Ref, *command: str, timeout_s: float = TIMEOUT_S) -> Ran:
    """Run a command in the pod's container."""
    return kubernetes.run(pod, "web", command, timeout_s=timeout_s)


def test_what_a_command_says_and_how_it_ends(admin: KubernetesClient, pod: Ref) -> None:
    """Exit code, stdout and stderr, each by itself; bytes that are no text do no harm."""
    assert run(admin, pod, "echo", "here") == Ran(0, out="here\n")
    script = "echo out; echo wrong >&2; exit 7"
    assert run(admin, pod, "sh", "-c", script) == Ran(7, out="out\n", error="wrong\n")
    assert run(admin, pod, "printf", "\\377ok") == Ran(0, out="\ufffdok")


def test_arguments_arrive_as_they_are(admin: KubernetesClient, pod: Ref) -> None:
    """No shell reads them, and no URL changes them."""
    words = ["a b", "$HOME", "x&y=1;z", "ä\n%41", "*", "'\"", ""]
    assert run(admin, pod, "printf", "[%s]", *words).out == "".join(f"[{word}]" for word in words)


@pytest.mark.parametrize(("answers", "code"), [(200, 0), (503, 22)])
def test_a_health_command_reaches_the_pods_own_listener(
    cluster: Cluster, admin: KubernetesClient, pod: Ref, answers: int, code: int
) -> None:
    """The catalog's curl as it stands: a pod that says 503 makes it fail."""
    with _listening(answers) as listener:
        envs = [{"name": "http_proxy", "value": listener}, {"name": "no_proxy"}, {"name": "NO_PROXY"}]
        meta = {"name": pod.name, "namespace": pod.namespace}
        spec = {"execs": [{"local": {"envs": envs}}]}
        cluster.apply([{"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Exec", "metadata": meta, "spec": spec}])
        curl = ("curl", "-sf", "--max-time", "5", "http://localhost:8080/health")
        # Until kwok has seen the Exec object, nothing listens there: curl's exit code 7.
        eventually(lambda: run(admin, pod, *curl).code == code)


@pytest.mark.parametrize("command", [["no-such-command"], ["/etc/passwd"], ["env", "no-such-command"]])
def test_a_command_that_is_not_there_is_told_from_one_that_fails(
    admin: KubernetesClient, pod: Ref, command: list[str]
) -> None:
    """It says nothing about the health it was to find out, whoever did not find it."""
    ran = run(admin, pod, *command)
    assert ran.missing
    assert ran.code != 0
    assert not run(admin, pod, "false").missing


def test_a_command_that_takes_too_long_has_no_answer(admin: KubernetesClient, pod: Ref) -> None:
    """What it said until then is kept, and nobody waits for the rest."""
    began = time.monotonic()
    ran = run(admin, pod, "sh", "-c", "echo begun; sleep 20", timeout_s=5)
    assert time.monotonic() - began < 18
    assert (ran.code, ran.out, ran.missing, ran.why) == (None, "begun\n", False, "no end in time")


def test_no_more_than_16_kib_are_kept(admin: KubernetesClient, pod: Ref) -> None:
    """The rest is read all the same, or the exit code would never come."""
    ran = run(admin, pod, "sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero >&2; exit 3")
    assert ran.code == 3
    assert (ran.out, ran.error) == ("x" * OUTPUT_BYTES, "\0" * OUTPUT_BYTES)


def test_sixteen_at_once_do_not_mix_up_their_answers(admin: KubernetesClient, pod: Ref) -> None:
    """Reads and commands go side by side through one client."""

    def ask(number: int) -> tuple[Ran, str]:
        ran = run(admin, pod, "sh", "-c", f"sleep 0.1; echo {number}; exit {number % 100}")
        return ran, admin.get(pod)["metadata"]["name"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(64)))
    assert answers == [(Ran(number % 100, out=f"{number}\n"), pod.name) for number in range(64)]


def test_a_pod_or_container_that_is_not_there(admin: KubernetesClient, pod: Ref) -> None:
    """Each has a name of its own; no command at all is a mistake of the caller."""
    with pytest.raises(NotFound):
        run(admin, Ref(POD, pod.namespace, "nobody"), "true")
    with pytest.raises(Rejected, match="container nope is not valid"):
        admin.run(pod, "nope", ["true"], timeout_s=TIMEOUT_S)
    with pytest.raises(ValueError, match="no command"):
        run(admin, pod)


def test_both_rights_are_needed_and_missing_ones_are_named(cluster: Cluster, bot: KubernetesClient, pod: Ref) -> None:
    """A WebSocket is a GET, and since Kubernetes 1.35 it needs create as well."""
    with pytest.raises(Forbidden) as refused:
        run(bot, pod, "true")
    named = refused.value
    assert (named.verb, named.resource, named.namespace, named.name) == ("create", "pods/exec", pod.namespace, pod.name)
    grant(cluster, pod.namespace, [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]}])
    eventually(lambda: "cannot get resource" not in _refusal(bot, pod))
    with pytest.raises(Forbidden):
        run(bot, pod, "true")
    grant(cluster, pod.namespace, [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get", "create"]}])
    eventually(lambda: _refusal(bot, pod) == "")
    assert run(bot, pod, "true").code == 0


def test_a_policy_on_commands_rejects_with_its_own_words(cluster: Cluster, admin: KubernetesClient, pod: Ref) -> None:
    """Rights are there and the command is not allowed: that is no missing right."""
    allows = "object.command == ['true']"
    with policy(cluster, pod.namespace, group="", resource="pods/exec", operation="CONNECT", allows=allows):
        eventually(lambda: _rejected(admin, pod))
        with pytest.raises(Rejected, match="the house says no"):
            run(admin, pod, "echo", "x")
        assert run(admin, pod, "true").code == 0


def test_a_connection_that_drops_leaves_the_end_unknown(
    through: KubernetesClient, proxy: Proxy, pod: Ref, tmp_path: Path
) -> None:
    """The command had begun: nobody knows how it went on."""
    mark = tmp_path / "begun"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, through, pod, "sh", "-c", f"touch {mark}; sleep 5")
        eventually(mark.exists)
        proxy.down()
        ran = running.result()
    assert ran.code is None
    assert "dropped" in ran.why


def test_a_server_that_is_away_started_nothing(through: KubernetesClient, proxy: Proxy, pod: Ref) -> None:
    """No connection is an error as of any read; one that hangs is no answer, and takes no longer than allowed."""
    proxy.down()
    with pytest.raises(Unreachable):
        run(through, pod, "true")
    proxy.heal()
    proxy.timeout()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        run(through, pod, "true", timeout_s=1.5)
    assert time.monotonic() - began < 10


def _refusal(kubernetes: KubernetesClient, pod: Ref) -> str:
    try:
        run(kubernetes, pod, "true")
    except Forbidden as refused:
        return refused.message
    return ""


def _rejected(kubernetes: KubernetesClient, pod: Ref) -> bool:
    try:
        run(kubernetes, pod, "echo", "x")
    except Rejected:
        return True
    return False


class _Answering(Handler):
    """A pod's listener, as an HTTP proxy that answers every request with one status."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def _listening(status: int) -> Iterator[str]:
    with answering(type("_Answers", (_Answering,), {"status": status})) as address:
        yield address
