"""What a rollout's state means: done, moving, standing still, refused, or somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.model import JsonObject
from jobs.clients.workloads import template_key
from jobs.steps.model import Done, Stuck, Waiting
from jobs.steps.rollout import judged, refused
from tests.unit.undo.pods import NOW, ago, pod

TEMPLATE: JsonObject = {"metadata": {"labels": {"app": "game"}}, "spec": {"containers": []}}
PARAMS: JsonObject = {
    "kind": "Deployment",
    "name": "game-server",
    "uid": "u",
    "to_key": template_key(TEMPLATE),
    "from_key": "f" * 64,
}


def live(template: JsonObject = TEMPLATE, **status: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """A workload of four, rolled out to its end unless told otherwise."""
    counts = {"replicas": 4, "updatedReplicas": 4, "readyReplicas": 4, "availableReplicas": 4}
    return {
        "metadata": {"name": "game-server", "uid": "u", "generation": 3},
        "spec": {"replicas": 4, "template": template},
        "status": {"observedGeneration": 3, **counts, **status},
    }


def test_all_pods_updated_and_available_is_done() -> None:
    """As kubectl judges it."""
    assert judged(live(), params=PARAMS, waited_ms=0) == Done({"updated": 4, "available": 4, "of": 4})


@pytest.mark.parametrize(
    "status", [{"updatedReplicas": 3}, {"availableReplicas": 3}, {"replicas": 5}, {"observedGeneration": 2}]
)
def test_anything_missing_is_waited_for(status: dict[str, Any]) -> None:
    """An old pod that is still there, and a controller that has not looked, too."""
    assert isinstance(judged(live(**status), params=PARAMS, waited_ms=0), Waiting)


def test_a_stateful_set_taken_back_halfway_is_not_done_before_its_pods_are() -> None:
    """Its old revision is the present one at once, and its pods are all Ready: two of them on the bad template."""
    halfway = live(updatedReplicas=2, updateRevision="a", currentRevision="a")
    settled = judged(halfway, params={**PARAMS, "kind": "StatefulSet"}, waited_ms=0)
    assert settled == Waiting(0, {"updated": 2, "available": 4, "of": 4})


def test_another_template_is_somebody_elses() -> None:
    """Also the one that was to be replaced: ours was taken back."""
    settled = judged(live({**TEMPLATE, "spec": {"containers": [{"name": "other"}]}}), params=PARAMS, waited_ms=0)
    assert isinstance(settled, Stuck)
    assert settled.code == "template-changed"


def test_past_its_own_deadline_a_deployment_stands_still_but_not_in_the_first_seconds() -> None:
    """What it said of the rollout before may still stand there."""
    over = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    standing = live(availableReplicas=3, conditions=[over])
    assert isinstance(judged(standing, params=PARAMS, waited_ms=14_000), Waiting)
    settled = judged(standing, params=PARAMS, waited_ms=15_000)
    assert isinstance(settled, Stuck)
    assert (settled.code, settled.figures["message"]) == ("rollout-stands-still", "timed out")


def failing(*, failed_s: float, moved_s: float) -> dict[str, Any]:
    """A Deployment that is refused pods since then, and that moved last then."""
    conditions = [
        {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": "exceeded quota: team",
            "lastTransitionTime": ago(failed_s),
        },
        {"type": "Progressing", "status": "True", "lastUpdateTime": ago(moved_s)},
    ]
    return live(conditions=conditions)


def test_refused_pods_are_told_once_nothing_moved_for_ten_seconds() -> None:
    """Before that, and while the rollout goes on by other pods, it is waited."""
    assert refused(failing(failed_s=11, moved_s=12), [], now_ms=NOW) == {
        "message": "exceeded quota: team",
        "reason": "FailedCreate",
    }
    assert refused(failing(failed_s=9, moved_s=30), [], now_ms=NOW) is None
    assert refused(failing(failed_s=30, moved_s=9), [], now_ms=NOW) is None
    assert refused(live(), [], now_ms=NOW) is None


def test_pods_that_are_going_may_yet_make_room() -> None:
    """A quota counts them until they are gone."""
    assert refused(failing(failed_s=60, moved_s=60), [pod("a", going=True)], now_ms=NOW) is None
