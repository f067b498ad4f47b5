"""A game on a real cluster, and what a test does to both."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from kubernetes import client, config
from kubernetes.stream import stream
from prometheus_client.parser import text_string_to_metric_families

from sandbox.cluster import Cluster
from sandbox.game.process import GameProcess

ROOMY_RPS = 1000.0


@dataclass(frozen=True)
class Counts:
    """What a scrape says about one subset."""

    requests: float = 0
    errors: float = 0
    slow: float = 0  # answered after more than a second

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(self.requests - other.requests, self.errors - other.errors, self.slow - other.slow)


@dataclass(frozen=True)
class Scene:
    """One namespace, the game that follows it, and the cluster around them."""

    cluster: Cluster
    namespace: str
    game: GameProcess

    def wait_until(self, condition: Callable[[], bool], *, within_s: float) -> None:
        """Wait for a condition; fails with the game's state when it does not come true."""
        deadline = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < deadline, self.game.state()
            time.sleep(0.02)

    def pods(self) -> dict[str, int]:
        """How many pods the proxies send each subset's requests to."""
        return {way["subset"]: len(way["pods"]) for way in self.game.state()["routes"]}

    def shares(self) -> dict[str, float]:
        """The share of each subset, as the proxies have it."""
        return {way["subset"]: way["share"] for way in self.game.state()["routes"]}

    def weigh(self, *, stable: int, canary: int) -> None:
        """Write weights into the VirtualService."""
        api = self.cluster.api()
        path = f"/apis/networking.istio.io/v1/namespaces/{self.namespace}/virtualservices/game-server-vs"
        routes = api.get(path)["spec"]["http"]
        (index,) = (number for number, route in enumerate(routes) if route["name"] == "primary")
        weights = enumerate((stable, canary))
        changes: list[Mapping[str, Any]] = [
            {"op": "replace", "path": f"/spec/http/{index}/route/{number}/weight", "value": weight}
            for number, weight in weights
        ]
        api.patch(path, changes, kind="json")

    def scale(self, deployment: str, replicas: int) -> None:
        """Set a Deployment's replicas."""
        self.cluster.api().patch(self.deployment(deployment), {"spec": {"replicas": replicas}}, kind="merge")

    def deployment(self, name: str) -> str:
        """The API's path of a Deployment."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}"

    def exec_objects(self) -> list[str]:
        """The pods that kwok has been told how to run commands for."""
        path = f"/apis/kwok.x-k8s.io/v1alpha1/namespaces/{self.namespace}/execs"
        return sorted(each["metadata"]["name"] for each in self.cluster.api().get(path)["items"])

    def curl(self, pod: str) -> tuple[str, str]:
        """Run the runbook's health command in a pod: what it printed, and the error channel's Status."""
        settings = client.Configuration()
        config.load_kube_config(  # type: ignore[no-untyped-call]  # the library has no types
            str(self.cluster.kubeconfig("admin")), client_configuration=settings
        )
        with client.ApiClient(settings) as api:
            running = stream(
                client.CoreV1Api(api).connect_get_namespaced_pod_exec,
                pod,
                self.namespace,
                command=["curl", "-s", "http://localhost:8080/health"],
                stdout=True,
                stderr=True,
                _preload_content=False,
            )
            running.run_forever(timeout=10)
            output, outcome = str(running.read_stdout()), str(running.read_channel(3))
            running.sock.shutdown()  # close() leaves the socket open once the server has closed its side
        return output, outcome

    def wait_for_curl(self, *pods: str) -> None:
        """Wait until the pods' Exec objects are there, and until kwok has heard of them: nobody listens before."""
        self.wait_until(lambda: set(self.exec_objects()) >= set(pods), within_s=10)
        self.wait_until(lambda: all(self.curl(pod)[0] for pod in pods), within_s=10)

    def make_room(self) -> None:
        """Send many requests to pods that can take them, so that a share shows within a second or two."""
        for version in ("v2.0.5", "v2.1.0"):
            self.game.behaviour(version, capacity_rps=ROOMY_RPS)
        self.game.rate(400)

    def scrape(self) -> dict[str, Counts]:
        """The game's counters by subset, from a real scrape."""
        text = requests.get(f"{self.game.url}/metrics", timeout=5).text
        found: dict[str, Counts] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                subset = sample.labels.get("subset", "")
                change = _counts(sample.name, sample.labels, sample.value)
                found[subset] = found.get(subset, Counts()) - change
        return {subset: Counts() - each for subset, each in found.items() if subset}

    def watch(self, requests_wanted: int, *, within_s: float = 20) -> dict[str, Counts]:
        """What happens over so many more requests: increases by subset."""
        before = self.scrape()

        def enough() -> bool:
            grown = (each.requests - before.get(name, Counts()).requests for name, each in self.scrape().items())
            return sum(grown) >= requests_wanted

        self.wait_until(enough, within_s=within_s)
        return {name: each - before.get(name, Counts()) for name, each in self.scrape().items()}


def canary_share(seen: Mapping[str, Counts]) -> float:
    """The canary's share of the requests seen, 0 to 1."""
    return seen["canary"].requests / sum(each.requests for each in seen.values())


def _counts(name: str, labels: Mapping[str, str], value: float) -> Counts:
    if name == "game_requests_total":
        return Counts(requests=value)
    if name == "game_errors_total":
        return Counts(errors=value)
    if name == "game_request_duration_seconds_count":
        return Counts(slow=value)
    if name == "game_request_duration_seconds_bucket" and labels["le"] == "1.0":
        return Counts(slow=-value)
    return Counts()
