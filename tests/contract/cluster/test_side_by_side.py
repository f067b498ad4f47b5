"""More than one cluster, and a cluster taken up again."""

from pathlib import Path

from sandbox.cluster import Cluster
from tests.contract.cluster.scenes import deployment, deployment_path, eventually, rolled_out


def test_two_clusters_run_side_by_side_and_one_is_taken_up_again(cluster: Cluster, tmp_path: Path) -> None:
    """A second cluster knows nothing of the first, and its folder brings it back with what it held."""
    with Cluster(tmp_path) as other:
        other.apply([deployment("default")])
        eventually(lambda: rolled_out(other.api(), deployment_path("default")), within_s=15)
        assert other.url != cluster.url
        assert cluster.api().get("/apis/apps/v1/namespaces/default/deployments")["items"] == []
    with Cluster(tmp_path) as again:
        eventually(lambda: rolled_out(again.api(), deployment_path("default")), within_s=15)
        again.api().patch(f"{deployment_path('default')}/scale", {"spec": {"replicas": 2}})
        eventually(lambda: rolled_out(again.api(), deployment_path("default")), within_s=15)
