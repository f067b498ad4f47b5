"""Following objects on a real API server, and through a connection that breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from jobs.clients import KubernetesClient
from jobs.clients.errors import Forbidden, Unreachable
from jobs.clients.resources import CONFIG_MAP, DEPLOYMENT, POD, VIRTUAL_SERVICE, Raw, Ref
from jobs.clients.watching import Objects, follow
from sandbox.cluster import Cluster
from sandbox.toxiproxy import Proxy
from tests.contract.clients import reach
from tests.contract.clients.rules import grant
from tests.contract.clients.scene import eventually
from tests.contract.cluster.scenes import deployment, deployment_path, rolled_out

Following = Generator[Objects, None, None]


class Counting(KubernetesClient):
    """The client, counting its lists."""

    lists = 0

    def collection(self, *args: Any, **kwargs: Any) -> Raw:  # noqa: ANN401 - whatever the client takes
        """The client's own answer."""
        self.lists += 1
        return super().collection(*args, **kwargs)


class Outdated(Counting):
    """A client whose first list is as old as the cluster."""

    def collection(self, *args: Any, **kwargs: Any) -> Raw:  # noqa: ANN401 - whatever the client takes
        """The client's own answer, the first one with another version."""
        answer = super().collection(*args, **kwargs)
        return answer if self.lists > 1 else {**answer, "metadata": {"resourceVersion": "1"}}


@pytest.fixture
def through(cluster: Cluster, proxy: Proxy, tmp_path: Path) -> Counting:
    """The client, by that way."""
    made = Counting.connect(reach.through(cluster.kubeconfig("admin"), proxy.listen, tmp_path))
    if not isinstance(made, Counting):
        raise TypeError("connect made another class")
    return made


def note(admin: KubernetesClient, namespace: str, text: str) -> None:
    """Write a text into the ConfigMap `note`, which is there or not."""
    ref = Ref(CONFIG_MAP, namespace, "note")
    if not admin.list(CONFIG_MAP, namespace, field_selector="metadata.name=note"):
        admin.create_by_apply(ref, {"data": {"text": text}}, manager="test")
    else:
        admin.merge_patch(ref, {"data": {"text": text}}, manager="test")


def notes(kubernetes: KubernetesClient, namespace: str, *, deadline_s: float = 30, silence_s: float = 30) -> Following:
    """Follow that ConfigMap."""
    return follow(
        kubernetes,
        CONFIG_MAP,
        namespace,
        field_selector="metadata.name=note",
        deadline_s=deadline_s,
        silence_s=silence_s,
    )


def read(following: Following, text: str) -> int:
    """Follow on until the note says so; how many mappings that took."""
    for count, seen in enumerate(following, 1):
        if seen and seen["note"]["data"]["text"] == text:
            return count
    raise AssertionError(f"the note never said {text!r}")


def test_a_scaling_is_seen_as_it_happens(cluster: Cluster, namespace: str, admin: KubernetesClient) -> None:
    """Pods come, run and go; each mapping is whole, and of pods outside the selector nothing is said."""
    cluster.apply([deployment(namespace, replicas=1)])
    eventually(lambda: rolled_out(cluster.api(), deployment_path(namespace)))
    other = deployment(namespace)
    other["metadata"]["name"] = "other"
    other["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    cluster.apply([other])
    counts = []
    for seen in follow(admin, POD, namespace, selector="app=web", deadline_s=60, silence_s=30):
        running = sum(pod["status"].get("phase") == "Running" for pod in seen.values())
        assert all(name == pod["metadata"]["name"] and "kind" not in pod for name, pod in seen.items())
        assert {pod["metadata"]["labels"]["app"] for pod in seen.values()} <= {"web"}
        counts.append(running)
        if counts == [1]:
            admin.merge_patch(Ref(DEPLOYMENT, namespace, "web"), {"spec": {"replicas": 3}}, manager="test")
        elif running == 3:
            admin.merge_patch(Ref(DEPLOYMENT, namespace, "web"), {"spec": {"replicas": 0}}, manager="test")
        elif not seen:
            break
    assert max(counts) == 3
    assert counts[-1] == 0


def test_changes_that_came_meanwhile_come_together(namespace: str, admin: KubernetesClient) -> None:
    """Whoever looks at one mapping for long is shown the newest one next, not each in between."""
    note(admin, namespace, "first")
    following = notes(admin, namespace)
    assert next(following)["note"]["data"]["text"] == "first"
    note(admin, namespace, "second")
    read(following, "second")
    for number in range(40):
        note(admin, namespace, f"{number}")
    assert read(following, "39") < 40
    following.close()


def test_a_version_the_server_has_forgotten_is_listed_anew(cluster: Cluster, namespace: str) -> None:
    """A real 410: the watch cache of a custom resource begins after the cluster does."""
    kubeconfig = cluster.kubeconfig("admin")
    plain, outdated = KubernetesClient.connect(kubeconfig), Outdated.connect(kubeconfig)
    stream = plain.watch(VIRTUAL_SERVICE, namespace, version="1", within_s=10, silence_s=10)
    assert b'"code":410' in next(stream.lines())
    stream.close()
    following = follow(outdated, VIRTUAL_SERVICE, namespace, deadline_s=30, silence_s=30)
    assert next(following) == {}
    spec = {"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web"}}]}]}
    plain.create_by_apply(Ref(VIRTUAL_SERVICE, namespace, "web"), {"spec": spec}, manager="test")
    assert next(following)["web"]["spec"] == spec
    following.close()
    assert isinstance(outdated, Outdated)
    assert outdated.lists == 2


def test_a_watch_that_hangs_is_listed_anew(
    namespace: str, admin: KubernetesClient, through: Counting, proxy: Proxy
) -> None:
    """The connection stands and says nothing: it asks for a list by itself, and finds what was swallowed."""
    note(admin, namespace, "before")
    following = notes(through, namespace, deadline_s=60, silence_s=1.5)
    read(following, "before")
    note(admin, namespace, "watched")
    read(following, "watched")
    proxy.timeout()
    note(admin, namespace, "swallowed")
    healer = threading.Thread(target=_heal_once_listed, args=(proxy, through, through.lists))
    healer.start()
    read(following, "swallowed")
    following.close()
    healer.join()


def _heal_once_listed(proxy: Proxy, through: Counting, before: int) -> None:
    # The fault stays until then, since to take it away closes the connection.
    eventually(lambda: through.lists > before, within_s=30)
    proxy.heal()


def test_a_watch_that_breaks_goes_on_once_the_server_is_back(
    namespace: str, admin: KubernetesClient, through: Counting, proxy: Proxy
) -> None:
    """Lists that fail in between are tried again."""
    note(admin, namespace, "before")
    following = notes(through, namespace)
    read(following, "before")
    note(admin, namespace, "watched")
    read(following, "watched")
    proxy.down()
    note(admin, namespace, "missed")
    back = threading.Timer(1.5, proxy.heal)
    back.start()
    read(following, "missed")
    following.close()
    back.join()
    assert through.lists > 2


def test_a_deadline_that_finds_the_server_away_is_no_quiet_end(
    namespace: str, admin: KubernetesClient, through: Counting, proxy: Proxy
) -> None:
    """What was seen last may be long over, so it ends with an error; and a first list that fails does so at once."""
    note(admin, namespace, "before")
    following = notes(through, namespace, deadline_s=2)
    next(following)
    proxy.down()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        next(following)
    assert time.monotonic() - began < 10
    with pytest.raises(Unreachable):
        next(notes(through, namespace, deadline_s=60))


def test_nothing_happens_until_the_deadline_and_then_it_ends(namespace: str, admin: KubernetesClient) -> None:
    """A watch that stays open does not hold it up."""
    began = time.monotonic()
    assert list(notes(admin, namespace, deadline_s=1.5)) == [{}]
    assert 1.5 <= time.monotonic() - began < 10


def test_a_quiet_watch_is_listed_anew_and_nothing_is_shown_twice(cluster: Cluster, namespace: str) -> None:
    """Whether it hangs or has nothing to say cannot be told, so silence costs a list."""
    counting = Counting.connect(cluster.kubeconfig("admin"))
    assert list(notes(counting, namespace, deadline_s=10, silence_s=0.5)) == [{}]
    assert isinstance(counting, Counting)
    assert counting.lists > 2


def test_closing_it_gives_up_the_connection_at_once(namespace: str, admin: KubernetesClient) -> None:
    """Its thread sits in a read that would last half a minute."""
    note(admin, namespace, "before")
    following = notes(admin, namespace)
    read(following, "before")
    note(admin, namespace, "after")
    read(following, "after")
    assert any(thread.name == "watch" for thread in threading.enumerate())
    began = time.monotonic()
    following.close()
    assert time.monotonic() - began < 5
    assert not any(thread.name == "watch" for thread in threading.enumerate())


def test_rights_that_are_missing_are_named(cluster: Cluster, namespace: str) -> None:
    """Without list at once, without watch after the first mapping."""
    bot = KubernetesClient.connect(cluster.kubeconfig("bot"))
    with pytest.raises(Forbidden) as refused:
        next(notes(bot, namespace))
    assert (refused.value.verb, refused.value.resource) == ("list", "configmaps")
    grant(cluster, namespace, [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}])
    eventually(lambda: _may_list(bot, namespace))
    following = notes(bot, namespace)
    assert next(following) == {}
    with pytest.raises(Forbidden) as refused:
        next(following)
    assert (refused.value.verb, refused.value.resource) == ("watch", "configmaps")


def _may_list(kubernetes: KubernetesClient, namespace: str) -> bool:
    try:
        kubernetes.list(CONFIG_MAP, namespace)
    except Forbidden:
        return False
    return True
