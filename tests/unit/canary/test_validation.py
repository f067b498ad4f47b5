"""The five checks at the end, from objects as the API server gives them."""

from __future__ import annotations

from typing import Any

from bot.domain.model import JsonObject
from bot.domain.verdict import Verdict
from jobs.checks import validation
from jobs.clients.workloads import counts
from tests.unit.canary.world import deployment

IMAGE = "registry.example/game-server:v2.0.5"
EXPECTED = validation.Expected(container="game-server", image=IMAGE, digest="sha256:aa", pods=2)


def pod(name: str, *, image: str = IMAGE, digest: str = "sha256:aa", ready: bool = True) -> dict[str, Any]:
    """A pod whose node has reported an image."""
    status = {"name": "game-server", "image": image, "imageID": f"registry.example/game-server@{digest}"}
    return {
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "status": {
            "containerStatuses": [status] if image else [],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def slices(*names: str, ready: bool = True) -> list[dict[str, Any]]:
    """One EndpointSlice with these pods behind it."""
    return [{"endpoints": [{"targetRef": {"uid": f"uid-{n}"}, "conditions": {"ready": ready}} for n in names]}]


def test_the_same_digest_under_another_name_is_the_same_image() -> None:
    """Images are compared by digest where both are known."""
    moved = pod("a", image="mirror.example/game-server:v2.0.5")
    assert validation.image([moved], EXPECTED).verdict is Verdict.PASS


def test_another_digest_is_another_image_and_names_the_pod() -> None:
    """A tag that was pushed again does not hide behind its name."""
    check = validation.image([pod("a"), pod("b", digest="sha256:bb")], EXPECTED)
    assert (check.verdict, check.figures["names"]) == (Verdict.FAIL, ["b"])


def test_an_image_no_node_reported_is_unknown() -> None:
    """Nothing seen is no pass."""
    assert validation.image([pod("a", image="")], EXPECTED).verdict is Verdict.UNKNOWN


def test_no_pods_at_all_fail() -> None:
    """An empty list would satisfy any rule about all of it."""
    assert validation.image([], EXPECTED).verdict is Verdict.FAIL
    assert validation.endpoints([], [], service="s").verdict is Verdict.FAIL


def test_pods_are_counted_against_spec_and_plan() -> None:
    """Two Ready of two asked for; three planned is a fail."""
    live = deployment("game-server", tag="v2.0.5", replicas=2)
    assert validation.pods(counts("Deployment", live), [pod("a"), pod("b")], EXPECTED).verdict is Verdict.PASS
    short = validation.Expected(container="game-server", image=IMAGE, digest="", pods=3)
    check = validation.pods(counts("Deployment", live), [pod("a"), pod("b", ready=False)], short)
    assert (check.verdict, check.figures["names"]) == (Verdict.FAIL, ["b"])


def test_a_ready_pod_that_is_not_behind_the_service_fails() -> None:
    """Endpoints are joined with pods by uid."""
    owned = [pod("a"), pod("b")]
    assert validation.endpoints(slices("a", "b"), owned, service="s").verdict is Verdict.PASS
    check = validation.endpoints(slices("a"), owned, service="s")
    assert (check.verdict, check.figures["names"]) == (Verdict.FAIL, ["b"])
    assert validation.endpoints(slices("a", "b", ready=False), owned, service="s").verdict is Verdict.FAIL


def answers(*statuses: int | None, error: str = "timed out") -> list[JsonObject]:
    """What the health URL answered."""
    return [{"status": s, "good": s == 200, "error": "" if s else error} for s in statuses]


def test_health_passes_only_when_every_answer_was_good() -> None:
    """One bad answer of three is a fail that says which."""
    assert validation.health(answers(200, 200, 200), url="u", times=3).verdict is Verdict.PASS
    check = validation.health(answers(200, 503, 200), url="u", times=3)
    assert (check.verdict, check.figures["errors"], check.figures["good"]) == (Verdict.FAIL, ["503"], 2)


def test_a_name_that_does_not_resolve_says_nothing_about_the_service() -> None:
    """Unknown, as are answers that were never asked for."""
    nowhere = answers(None, None, error="no such name")
    assert validation.health(nowhere, url="u", times=2).verdict is Verdict.UNKNOWN
    assert validation.health(answers(200), url="u", times=2).verdict is Verdict.UNKNOWN


def test_up_is_unknown_without_series_and_fails_with_one_down() -> None:
    """No data is never a pass."""
    assert validation.up(None, query="up").saw == "unreachable"
    assert validation.up([], query="up").verdict is Verdict.UNKNOWN
    assert validation.up([({"instance": "a"}, 1.0)], query="up").verdict is Verdict.PASS
    check = validation.up([({"instance": "a"}, 1.0), ({"instance": "b"}, 0.0)], query="up")
    assert (check.verdict, check.figures["names"]) == (Verdict.FAIL, ["b"])
