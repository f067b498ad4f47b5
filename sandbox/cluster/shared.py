"""One cluster for a whole test run, and a namespace in it for each test."""

import atexit
import functools
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.cluster.api import ApiError
from sandbox.cluster.cluster import Cluster


@functools.cache
def shared_cluster() -> Cluster:
    """The cluster of this process: started at the first call, stopped and removed when the process ends.

    Call it from the main thread first: what a thread starts ends with that thread.
    """
    folder = Path(tempfile.mkdtemp(prefix="rollback-bot-cluster-"))
    cluster = Cluster(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(cluster.stop)
    cluster.start()
    return cluster


@contextmanager
def own_namespace(cluster: Cluster) -> Iterator[str]:
    """A new, empty namespace with a name of its own; it goes, without being waited for, at the end."""
    name = f"test-{secrets.token_hex(4)}"
    cluster.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}])
    try:
        yield name
    finally:
        with _gone_already():
            cluster.api().delete(f"/api/v1/namespaces/{name}")


@contextmanager
def _gone_already() -> Iterator[None]:
    try:
        yield
    except ApiError as error:
        if error.status not in {404, 409}:
            raise
