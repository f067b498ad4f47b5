"""A real S3 interface (moto's) with a bucket, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.clients.bucket import Bucket
from sandbox.aws import Aws
from tests.contract.archive.clients import BUCKET, bucket_of


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """A server with a bucket, which each test uses below a prefix of its own."""
    with Aws(tmp_path_factory.mktemp("aws")) as running:
        running.make_bucket(BUCKET)
        yield running


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    """A server with a bucket for one test alone, to be stopped, paused or closed off."""
    with Aws(tmp_path) as running:
        running.make_bucket(BUCKET)
        yield running


@pytest.fixture
def bucket(shared: Aws, tmp_path: Path) -> Bucket:
    """A prefix of the shared bucket, as somebody who may do everything sees it."""
    return bucket_of(shared, f"s3://{BUCKET}/{tmp_path.name}")
