"""Pods that do not come up: which ones, for what reason, and the one that blocks a StatefulSet."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.checks.pods_failing import HOPELESS, blocking, failing, late
from tests.unit.undo.pods import NOW, OLD, ago, pod, stateful_set

PATIENCE = 15_000


@pytest.mark.parametrize("reason", sorted(HOPELESS))
def test_a_hopeless_reason_is_told_once_the_pod_is_old_enough(reason: str) -> None:
    """With container and message; not in its first 15 s, when an image may still be on its way."""
    waits = {"reason": reason, "message": "what the kubelet says, password=hunter22"}
    old, young = pod("b", waits=waits), pod("a", waits=waits, made_s=14)
    (found,) = failing([old, young], now_ms=NOW, patience_ms=PATIENCE)
    assert (found.pod, found.container, found.reason) == ("b", "match-server", reason)
    assert found.message == "what the kubelet says, password=…"


def test_a_container_that_ended_says_how() -> None:
    """Out of memory is another thing than a crash."""
    last = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    (found,) = failing([pod("a", waits={"reason": "CrashLoopBackOff"}, last=last)], now_ms=NOW, patience_ms=PATIENCE)
    assert found.ended == "OOMKilled, exit 137"


def test_what_starts_runs_or_is_on_its_way_out_does_not_fail() -> None:
    """Only what waiting does not mend counts."""
    fine = [
        pod("starts", waits={"reason": "ContainerCreating"}),
        pod("runs", ready=True),
        pod("goes", waits={"reason": "CrashLoopBackOff"}, going=True),
    ]
    assert failing(fine, now_ms=NOW, patience_ms=PATIENCE) == []


def test_an_init_container_that_fails_is_named() -> None:
    """The others have not even begun."""
    broken = {"name": "migrate", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    (found,) = failing(
        [pod("a", waits={"reason": "PodInitializing"}, initContainerStatuses=[broken])],
        now_ms=NOW,
        patience_ms=PATIENCE,
    )
    assert found.container == "migrate"


def test_a_pod_that_is_long_not_ready_is_late_and_says_why_as_far_as_it_knows() -> None:
    """No node for it, or what its container waits for; nothing where only its probe knows."""
    nowhere = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: cpu"}
    found = late(
        [
            pod("c-probe"),
            pod("a-nowhere", conditions=[nowhere]),
            pod("b-creating", waits={"reason": "ContainerCreating"}),
            pod("ready", ready=True),
            pod("young", made_s=10),
            pod("going", going=True),
        ],
        now_ms=NOW,
        patience_ms=PATIENCE,
    )
    assert [(one.pod, one.why) for one in found] == [
        ("a-nowhere", "Unschedulable: 0/3 nodes: cpu"),
        ("b-creating", "ContainerCreating"),
        ("c-probe", ""),
    ]


def test_a_pod_that_ceased_to_be_ready_a_moment_ago_is_not_late() -> None:
    """It is counted from then, not from when it was made."""
    assert late([pod("a", made_s=3_600, unready_s=5)], now_ms=NOW, patience_ms=PATIENCE) == []


def four(**third: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as pod()
    """Pods 0, 1 and 3 Ready, pod 2 as told."""
    ready = [pod(f"match-server-{at}", ready=True) for at in (3, 1, 0)]
    return [*ready, pod("match-server-2", **{"revision": OLD, **third})]


def test_the_first_pod_that_is_not_ready_blocks_when_it_is_of_another_revision() -> None:
    """The controller waits for just that pod."""
    found = blocking(stateful_set(), four())
    assert found is not None
    assert found["metadata"]["name"] == "match-server-2"


@pytest.mark.parametrize(
    "third",
    [
        {"ready": True},
        {"revision": "match-2"},
        {"revision": ""},
        {"going": True},
        {"phase": "Failed"},
        {"owner": "somebody-else"},
    ],
    ids=["Ready", "of the present template", "of no revision", "on its way out", "ended", "not its own"],
)
def test_a_pod_that_may_come_up_or_goes_by_itself_does_not_block(third: dict[str, Any]) -> None:
    """Nothing is deleted that need not be."""
    assert blocking(stateful_set(), four(**third)) is None


def test_an_earlier_pod_of_the_present_template_is_waited_for_first() -> None:
    """The controller has not come as far as the other one."""
    pods = [pod("match-server-0"), pod("match-server-1", revision=OLD)]
    assert blocking(stateful_set(), pods) is None


def test_pods_are_ordered_by_number_and_those_beyond_the_size_are_left_out() -> None:
    """Pod 10 comes after pod 2, and one that is to go goes by itself."""
    pods = [pod("match-server-10", revision=OLD), pod("match-server-2", revision=OLD)]
    found = blocking(stateful_set(replicas=11), pods)
    assert found is not None
    assert found["metadata"]["name"] == "match-server-2"
    assert blocking(stateful_set(replicas=2), pods) is None
    assert blocking(stateful_set(replicas=2, ordinals={"start": 2}), pods) is not None


@pytest.mark.parametrize(
    "workload",
    [
        stateful_set(podManagementPolicy="Parallel"),
        stateful_set(updateStrategy={"type": "OnDelete"}),
        stateful_set(seen=False),
        stateful_set(revision=""),
    ],
    ids=["in parallel", "on delete", "not seen yet", "no revision"],
)
def test_where_the_controller_does_not_stop_or_has_not_looked_nothing_blocks(workload: dict[str, Any]) -> None:
    """What is not known is no reason to delete."""
    assert blocking(workload, four()) is None


def test_times_are_read_as_kubernetes_writes_them() -> None:
    """Seconds, in UTC."""
    assert ago(0) == "2026-11-22T03:14:02Z"
