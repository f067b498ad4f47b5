"""The same archive in a bucket: kept, trimmed, audited, tampered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from bot.domain.audit import Why
from bot.store import Store
from jobs.archiving import Archive, Misfit
from jobs.auditing import Sources, audit
from sandbox.aws import Aws
from tests.contract.archive.clients import ADDRESS, BUCKET, bucket_of
from tests.integration.archive.scene import ended, lines_of


def test_a_journal_in_a_bucket_is_kept_trimmed_and_found_when_it_was_changed(
    store: Store, redis: Redis, tmp_path: Path
) -> None:
    """Against a server that answers as S3 does."""
    with Aws(tmp_path) as aws:
        aws.make_bucket(BUCKET)
        bucket = bucket_of(aws)
        archive, one, two = Archive(store, bucket, keep_ms=0), ended(store), ended(store)
        lines = lines_of(redis, one.id)
        archive.keep(two.id)
        assert archive.trim(one.id)
        assert [event.seq for event in archive.whole(one.id)] == list(range(1, len(lines) + 1))
        assert audit(Sources(store=store, place=bucket)).findings == ()

        name = next(name for name in bucket.names("journals/") if f"/{one.id}/" in name)
        key = f"{ADDRESS.removeprefix(f's3://{BUCKET}/')}/{name}"
        aws.put_object(BUCKET, key, (bucket.get(name) or "").replace('"seq":2', '"seq":3'))
        (found,) = audit(Sources(store=store, place=bucket)).findings
        assert (found.chain, found.where, found.broken.seq, found.broken.why) == (one.id, "archive", 2, Why.NUMBER)

        aws.put_object(BUCKET, key, "".join(f"{line}\n" for line in lines[:-2]))
        with pytest.raises(Misfit):
            archive.whole(one.id)
