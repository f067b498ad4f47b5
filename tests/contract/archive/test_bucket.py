"""A bucket as the archive, against a server that answers as S3 does."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.clients.bucket import Bucket
from jobs.clients.errors import Forbidden, Rejected, Temporary
from sandbox.aws import Aws
from tests.contract.archive.clients import BUCKET, bucket_of, session

NAME = "journals/2026/11/rb-1/000001-000002.jsonl"


def test_an_object_is_read_back_as_it_was_written(shared: Aws, bucket: Bucket) -> None:
    """Below the prefix; what is not there is None; names come back without the prefix, sorted."""
    assert bucket.names() == []
    bucket.put(NAME, "é one\r\ntwo\n")
    bucket.put("heads/rb-1/000002.json", "x")
    assert bucket.get(NAME) == "é one\r\ntwo\n"
    assert bucket.get("journals/none") is None
    assert bucket.names() == ["heads/rb-1/000002.json", NAME]
    assert bucket.names("heads/") == ["heads/rb-1/000002.json"]
    prefix = bucket.address.rpartition("/")[2]
    whole = bucket_of(shared, f"s3://{BUCKET}/")
    assert whole.address == f"s3://{BUCKET}"
    assert whole.names(f"{prefix}/heads/") == [f"{prefix}/heads/rb-1/000002.json"]


def test_an_object_is_written_once(bucket: Bucket) -> None:
    """The same text again changes nothing, another is refused, also when eight write at once."""
    bucket.put(NAME, "one")
    bucket.put(NAME, "one")
    with pytest.raises(Rejected, match="says something else"):
        bucket.put(NAME, "two")
    assert bucket.get(NAME) == "one"

    def told(text: str) -> str:
        try:
            bucket.put("heads/one.json", text)
        except Rejected as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(told, [f"{number}" for number in range(8)])).count("") == 1


def test_more_names_than_one_answer_holds_are_all_listed(bucket: Bucket) -> None:
    """A list is a thousand a page."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: bucket.put(f"heads/{number:06d}.json", "x"), range(1_005)))
    assert len(bucket.names("heads/")) == 1_005


def test_a_bucket_that_is_not_there_is_named_with_the_mend(shared: Aws) -> None:
    """For writing, reading and listing."""
    bucket = bucket_of(shared, "s3://no-such-bucket")
    for call in (lambda: bucket.put(NAME, "x"), lambda: bucket.get(NAME), bucket.names):
        with pytest.raises(Rejected, match=r"no bucket no-such-bucket.*ROLLBACK_ARCHIVE"):
            call()


def test_a_missing_right_is_named(aws: Aws) -> None:
    """Who may read only is told s3:PutObject; who is nobody is told so at once."""
    iam = session().client("iam", endpoint_url=aws.url)
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    aws.require_rights()

    with pytest.raises(Forbidden, match="s3:ListBucket bucket rollback-archive") as stranger:
        bucket_of(aws).names()
    reader = bucket_of(aws, keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    with pytest.raises(Forbidden) as denied:
        reader.put(NAME, "x")

    assert "InvalidAccessKeyId" in stranger.value.message
    assert (denied.value.verb, denied.value.namespace) == ("s3:PutObject", BUCKET)
    assert reader.names() == []


def test_a_server_that_is_gone_may_be_back_later(aws: Aws) -> None:
    """Connection refused: asked again, never taken for an empty archive."""
    bucket = bucket_of(aws)
    aws.stop()
    for call in (lambda: bucket.put(NAME, "x"), lambda: bucket.get(NAME), bucket.names):
        with pytest.raises(Temporary, match="did not answer"):
            call()


def test_a_put_whose_answer_is_lost_is_put_again_and_stands_once(aws: Aws) -> None:
    """It may have arrived: the same put afterwards finds its own object, or makes it."""
    bucket = bucket_of(aws, read_s=1)
    aws.pause()
    with pytest.raises(Temporary, match="found then"):
        bucket.put(NAME, "one")
    with pytest.raises(Temporary):
        bucket.get(NAME)
    aws.resume()
    bucket.put(NAME, "one")
    assert bucket.get(NAME) == "one"
