"""What is available stays so. Last of this folder: the other tests are most of its wait."""

from datetime import UTC, datetime

from tests.contract.cluster.conftest import DEPLOYMENTS, PODS, Steady
from tests.contract.cluster.scenes import eventually

THREE_MINUTES_S = 180.0


def test_everything_is_still_available_after_three_minutes(steady: Steady) -> None:
    """No Deployment and no pod has turned once since the run began: the node's lease is kept."""

    def age_s() -> float:
        return (datetime.now(UTC) - steady.seen_at).total_seconds()

    assert len(steady.before) == DEPLOYMENTS + PODS
    eventually(
        lambda: age_s() >= THREE_MINUTES_S or steady.now() != steady.before,
        within_s=max(THREE_MINUTES_S - age_s(), 0) + 10,
    )
    assert steady.now() == steady.before
