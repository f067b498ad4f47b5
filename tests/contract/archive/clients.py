"""Clients of the sandbox's AWS: who calls, and where."""

from __future__ import annotations

from typing import Any

from boto3.session import Session

from jobs.clients.bucket import Bucket, connect
from sandbox.aws import Aws

BUCKET = "rollback-archive"
ADDRESS = f"s3://{BUCKET}/prod"
ANYBODY = ("sandbox", "sandbox")
"""The id of a key and its secret, where rights are not asked for."""


def bucket_of(aws: Aws, address: str = ADDRESS, *, keys: tuple[str, str] = ANYBODY, read_s: float = 10.0) -> Bucket:
    """A place on that server, as the owner of these keys sees it."""
    return Bucket(address, connect(session(keys), endpoint=aws.url, read_s=read_s))


def session(keys: tuple[str, str] = ANYBODY) -> Any:  # noqa: ANN401 - boto3 has no types
    """A session of boto3 with these keys."""
    return Session(aws_access_key_id=keys[0], aws_secret_access_key=keys[1], region_name="us-east-1")
