"""Objects as the API shows them, read into the world."""

from datetime import UTC, datetime

from sandbox.game import world as reading


def raw_pod(**metadata: object) -> dict[str, object]:
    """A pod as kwok fills it in."""
    return {
        "metadata": {"name": "a", "uid": "u", "labels": {"app": "game-server"}, **metadata},
        "spec": {
            "containers": [
                {
                    "name": "game-server",
                    "image": "registry.example:5000/game-server:v2.0.5@sha256:ab",
                    "env": [{"name": "MAX_PLAYERS", "value": "1000"}, {"name": "POD", "valueFrom": {}}],
                    "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}},
                }
            ]
        },
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "game-server", "state": {"running": {}}}],
        },
    }


def test_a_pod_is_read_with_its_units() -> None:
    """Limits are cores and bytes; the version is the image's tag."""
    pod = reading.pod(raw_pod())
    assert (pod.cpu_cores, pod.memory_bytes, pod.version) == (0.5, 256 * 1024 * 1024, "v2.0.5")
    assert (pod.running, pod.ready, pod.env["MAX_PLAYERS"]) == (True, True, "1000")


def test_a_label_names_the_version_only_where_the_image_has_no_tag() -> None:
    """With blue and green the label names a side, and the tag what runs there."""
    raw = raw_pod(labels={"version": "green"})
    assert reading.pod(raw).version == "v2.0.5"
    raw["spec"] = {"containers": [{"name": "lobby", "image": "registry.example:5000/lobby@sha256:ab"}]}
    assert reading.pod(raw).version == "green"
    assert reading.pod({**raw, "metadata": {"name": "a", "uid": "u"}}).version == "none"


def test_a_terminating_pod_serves_until_its_grace_is_over() -> None:
    """The deletion timestamp of the API is when the grace ends."""
    pod = reading.pod(raw_pod(deletionTimestamp="2026-11-22T03:16:00Z"))
    end = datetime(2026, 11, 22, 3, 16, tzinfo=UTC).timestamp()
    assert pod.serves(now=end - 0.1)
    assert not pod.serves(now=end)


def test_a_pod_that_does_not_run_serves_nothing() -> None:
    """A waiting container has no process behind its port."""
    raw = raw_pod()
    raw["status"] = {"containerStatuses": [{"name": "game-server", "state": {"waiting": {}}}]}
    assert not reading.pod(raw).serves(now=0)


def test_hosts_are_read_in_any_of_a_services_names() -> None:
    """The short name stands for the qualified one."""
    read = reading.virtual_service(
        {
            "metadata": {"name": "game-server-vs"},
            "spec": {
                "hosts": ["game-server.game-production.svc.cluster.local"],
                "http": [{"route": [{"destination": {"host": "game-server.game-production"}, "weight": 5}]}],
            },
        }
    )
    assert read.hosts == {"game-server"}
    assert read.routes[0].destinations == (reading.Destination(service="game-server", subset="", weight=5),)


def test_an_endpoint_without_a_ready_condition_is_ready() -> None:
    """The API reads an absent condition as true, and null endpoints as none."""
    labels = {"kubernetes.io/service-name": "game-server"}
    target = {"kind": "Pod", "name": "a", "uid": "u"}
    read = reading.endpoint_slice(
        {"metadata": {"labels": labels}, "endpoints": [{"targetRef": target}, {"addresses": ["10.0.0.1"]}]}
    )
    assert read.endpoints == (reading.Endpoint(pod="a", uid="u", ready=True),)
    assert reading.endpoint_slice({"metadata": {"labels": labels}, "endpoints": None}).endpoints == ()


def ticking(uid: str) -> reading.Pod:
    """A pod that takes its tick rate from a ConfigMap."""
    raw = raw_pod(uid=uid)
    source = {"configMapKeyRef": {"name": "match-config", "key": "TICK_RATE_HZ"}}
    raw["spec"] = {"containers": [{"name": "a", "image": "a:v1", "env": [{"name": "TICKS", "valueFrom": source}]}]}
    return reading.pod(raw)


def ticks(world: reading.World) -> dict[str, str]:
    """What the one pod has read."""
    return dict(world.pods["a"].read)


def test_a_pod_reads_a_config_map_once_when_it_starts() -> None:
    """A later change is for the pod that takes its place; one that came before its ConfigMap reads it late."""
    none = reading.started(reading.World(pods={"a": ticking("u1")}), reading.World())
    assert ticks(none) == {}
    sixty = {"match-config": reading.config_map({"data": {"TICK_RATE_HZ": "60"}})}
    first = reading.started(reading.World(pods={"a": ticking("u1")}, config_maps=sixty), none)
    assert ticks(first) == {"TICKS": "60"}
    thirty = {"match-config": reading.config_map({"data": {"TICK_RATE_HZ": "30"}})}
    later = reading.started(reading.World(pods={"a": ticking("u1")}, config_maps=thirty), first)
    assert ticks(later) == {"TICKS": "60"}
    anew = reading.started(reading.World(pods={"a": ticking("u2")}, config_maps=thirty), later)
    assert ticks(anew) == {"TICKS": "30"}
