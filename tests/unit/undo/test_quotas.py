"""Whether quotas leave room: quantities as Kubernetes reads them, and what is sure, tight or fine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from kubernetes.utils import parse_quantity

from jobs.strategies.quotas import Lack, lacking, needs, quantity, told
from jobs.strategies.surge import Surge

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]


def template(*, init: list[dict[str, Any]] | None = None, **resources: dict[str, str]) -> dict[str, Any]:
    """A template of one container."""
    containers = [{"name": "game", "resources": dict(resources)}]
    return {"spec": {"containers": containers, "initContainers": init or []}}


def quota(hard: dict[str, str], used: dict[str, str], *, name: str = "team", **spec: object) -> dict[str, Any]:
    """A quota as its controller keeps it."""
    return {"metadata": {"name": name}, "spec": {"hard": hard, **spec}, "status": {"hard": hard, "used": used}}


POD = template(requests={"cpu": "250m", "memory": "256Mi"}, limits={"memory": "512Mi"})


def worst(*quotas: dict[str, Any], extra: int = 1, away: int = 0, settled: bool = True, **more: Any) -> Lack | None:  # noqa: ANN401 - templates
    """The worst lack of a rollout from POD to POD."""
    templates = {"present": POD, "target": POD, **more}
    return lacking(quotas, surge=Surge(extra, away), settled=settled, **templates)


@given(some.integers(-(10**6), 10**9), some.sampled_from(SUFFIXES))
def test_quantities_are_read_as_the_official_client_reads_them(number: int, suffix: str) -> None:
    """Whole numbers with each suffix there is."""
    expected = parse_quantity(f"{number}{suffix}")  # type: ignore[no-untyped-call]  # theirs
    assert quantity(f"{number}{suffix}") == expected


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [("250m", "0.25", "250m"), ("1.5Gi", "1610612736", "1536Mi"), ("3e9", "3000000000", "3000000000"), (2, "2", "2")],
)
def test_fractions_and_exponents_are_read_too(text: object, value: str, said: str) -> None:
    """And told again in a form that people know."""
    assert quantity(text) == Decimal(value)
    assert told(quantity(text)) == said


def test_no_quantity_is_an_arithmetic_error() -> None:
    """Nothing is guessed."""
    with pytest.raises(ArithmeticError):
        quantity("much")


def test_a_pod_takes_what_its_containers_ask_for_together_or_what_starts_before_them_does() -> None:
    """Side cars count beside everything that comes after them; limits stand in for requests that are not there."""
    init = [
        {"name": "side", "restartPolicy": "Always", "resources": {"requests": {"cpu": "100m"}}},
        {"name": "load", "resources": {"requests": {"cpu": "900m"}, "limits": {"memory": "1Gi"}}},
    ]
    found = needs(template(init=init, requests={"cpu": "250m"}, limits={"memory": "512Mi"}))
    assert found["requests.cpu"] == found["cpu"] == Decimal(1)
    assert found["requests.memory"] == found["limits.memory"] == quantity("1Gi")
    assert found["pods"] == found["count/pods"] == 1
    assert "limits.cpu" not in found


def test_overhead_and_what_the_pod_says_for_itself_count() -> None:
    """The pod's own resources go before the sum of its containers'."""
    spec = {**POD["spec"], "resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "50m"}}
    assert needs({"spec": spec})["requests.cpu"] == Decimal("2.05")


def test_no_room_for_one_pod_where_none_may_go_first_is_sure() -> None:
    """With the figures that a person needs to mend it."""
    full = quota({"requests.cpu": "1"}, {"requests.cpu": "1"})
    assert worst(full) == Lack(
        quota="team", resource="requests.cpu", hard="1", used="1", need="250m", fits=0, extra=1, sure=True
    )


@pytest.mark.parametrize(
    "changed",
    [{"away": 1}, {"settled": False}, {"scopes": ["NotTerminating"]}],
    ids=["a pod may go first", "a rollout is under way", "it counts only some pods"],
)
def test_what_may_yet_work_is_only_tight(changed: dict[str, Any]) -> None:
    """Nobody is kept from going back for a lack that may mend itself."""
    scopes = {"scopes": changed.pop("scopes")} if "scopes" in changed else {}
    lack = worst(quota({"pods": "4"}, {"pods": "4"}, **scopes), **changed)
    assert lack is not None
    assert not lack.sure


def test_room_for_some_of_the_extra_pods_is_tight_and_for_all_of_them_is_fine() -> None:
    """The rollout then takes longer."""
    some_room = quota({"pods": "6"}, {"pods": "4"})
    lack = worst(some_room, extra=3)
    assert lack is not None
    assert (lack.fits, lack.extra, lack.sure) == (2, 3, False)
    assert worst(some_room, extra=2) is None


def test_where_pods_go_first_only_a_bigger_pod_can_be_too_big() -> None:
    """One that goes makes room for one of its own size."""
    full = quota({"limits.memory": "2Gi"}, {"limits.memory": "2Gi"})
    assert worst(full, extra=0, away=1) is None
    bigger = template(limits={"memory": "1Gi"})
    lack = worst(full, extra=0, away=1, target=bigger)
    assert lack is not None
    assert lack.sure


def test_a_quota_of_what_the_pod_does_not_take_says_nothing() -> None:
    """Nor does one that its controller has not seen yet."""
    assert worst(quota({"services": "1", "limits.cpu": "1"}, {"services": "1", "limits.cpu": "1"})) is None
    assert worst({"metadata": {"name": "new"}, "spec": {"hard": {"pods": "1"}}}) is None


def test_the_worst_of_several_is_told() -> None:
    """A sure lack before a tight one, and the smaller room first."""
    tight, full = quota({"pods": "6"}, {"pods": "5"}, name="a"), quota({"cpu": "1"}, {"cpu": "1"}, name="b")
    lack = worst(tight, full, extra=2)
    assert lack is not None
    assert (lack.quota, lack.sure) == ("b", True)
