"""Events outside Redis: what is kept, when it is refused, and what may be trimmed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.domain.audit import verify
from bot.domain.events import Kind
from bot.store import NoSuchRollback, Store, StoreUnaccepted, connect, keys
from bot.store.wake import waking_store
from jobs import tasks
from jobs.archived import highest_number
from jobs.archiving import KEEP_MS, Archive, Misfit
from jobs.clients.archive import Folder
from jobs.parking import Parking
from sandbox.redis import Redis as Server
from tests.integration.archive.scene import archive_of, decide, ended, lines_of, replace
from tests.integration.store.builders import MINA, REQUEST, command, event, move, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The archive's folder."""
    return tmp_path / "archive"


@pytest.fixture
def archive(store: Store, folder: Path) -> Archive:
    """An archive that may trim what has just ended."""
    return archive_of(store, folder)


def segments(folder: Path, rollback_id: str) -> list[Path]:
    """The files of a journal, in order."""
    return sorted(folder.glob(f"journals/*/*/{rollback_id}/*.jsonl"))


def test_a_journal_is_kept_byte_for_byte_with_its_head(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """A person finds it by month and id, and reads it with cat."""
    rollback = running(store)
    assert archive.keep(rollback.id) == rollback.seq
    month = datetime.fromtimestamp(rollback.requested_at / 1000, tz=UTC).strftime("%Y/%m")
    name = folder / "journals" / month / rollback.id / f"000001-{rollback.seq:06d}.jsonl"
    assert name.read_text() == "".join(f"{line}\n" for line in lines_of(redis, rollback.id))
    head = (folder / "heads" / rollback.id / f"{rollback.seq:06d}.json").read_text()
    assert rollback.head in head


def test_what_came_later_becomes_a_segment_of_its_own(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """What is kept is never written again, and together the segments are the journal."""
    rollback = running(store)
    archive.keep(rollback.id)
    first = segments(folder, rollback.id)[0].stat().st_mtime_ns
    archive.keep(rollback.id)
    assert len(segments(folder, rollback.id)) == 1
    move(store, rollback.id, event(Kind.ABORT_ASKED, MINA))
    archive.keep(rollback.id)
    files = segments(folder, rollback.id)
    assert files[0].stat().st_mtime_ns == first
    assert "".join(file.read_text() for file in files).splitlines() == lines_of(redis, rollback.id)


def test_two_who_keep_at_once_do_each_other_no_harm(server: Server, store: Store, folder: Path) -> None:
    """A lease that was taken over: the stopped one's late write takes nothing away."""
    rollback = running(store)
    with connect(server.url) as one, connect(server.url) as other, ThreadPoolExecutor(4) as pool:
        archives = [archive_of(Store(redis), folder) for redis in (one, other)] * 4
        for _ in range(5):
            move(store, rollback.id, event(Kind.TAKEN_OVER, fence=1, step=0))
            assert {len({*pool.map(lambda a: a.keep(rollback.id), archives)})} == {1}
        assert [e.seq for e in archives[0].whole(rollback.id)] == list(range(1, rollback.seq + 6))


def test_a_rewritten_journal_is_not_archived_over_the_one_that_was(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """The first event that differs is named; the archive stays as it was."""
    rollback, other = ended(store), ended(store)
    archive.keep(rollback.id)
    before = segments(folder, rollback.id)
    replace(redis, keys.journal(rollback.id), lines_of(redis, other.id))
    with pytest.raises(Misfit, match="from event 1 on"):
        archive.keep(rollback.id)
    assert segments(folder, rollback.id) == before


def test_a_journal_whose_end_was_lost_is_not_taken_for_whole(store: Store, redis: Redis, archive: Archive) -> None:
    """A store restored from an older copy has fewer events than the archive."""
    rollback = running(store)
    archive.keep(rollback.id)
    redis.xdel(keys.journal(rollback.id), f"{rollback.seq}-0")
    with pytest.raises(Misfit, match=f"from event {rollback.seq} on"):
        archive.keep(rollback.id)


def test_a_broken_journal_is_not_archived_at_all(store: Store, redis: Redis, archive: Archive, folder: Path) -> None:
    """Nothing is destroyed on events that prove nothing."""
    rollback = running(store)
    lines = lines_of(redis, rollback.id)
    replace(redis, keys.journal(rollback.id), [lines[0], *lines[2:]])
    with pytest.raises(Misfit, match="from event 2 on"):
        archive.keep(rollback.id)
    assert segments(folder, rollback.id) == []


def test_a_trimmed_journal_is_read_whole_and_goes_on(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """Redis keeps the last event; what people add afterwards is kept too."""
    rollback = ended(store)
    lines = lines_of(redis, rollback.id)
    assert archive.trim(rollback.id)
    assert lines_of(redis, rollback.id) == lines[-1:]
    move(store, rollback.id, event(Kind.ANNOTATED, MINA, what="lesson", text="look earlier"))
    assert archive.keep(rollback.id) == rollback.seq + 1
    whole = archive.whole(rollback.id)
    assert [e.seq for e in whole] == list(range(1, rollback.seq + 2))
    kept = "".join(file.read_text() for file in segments(folder, rollback.id)).splitlines()
    assert kept[:-1] == lines
    assert verify(kept) is None
    assert not archive.trim(rollback.id)


def test_nothing_is_trimmed_that_is_open_young_unreported_or_not_in_the_archive(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """Each of these is enough to keep a journal whole in Redis."""
    unreported = running(store)
    move(store, unreported.id, event(Kind.ABORTED, MINA, step=0, production={}))
    done = ended(store)
    assert not archive.trim(running(store).id)
    assert not archive.trim(unreported.id)
    assert not archive_of(store, folder, keep_ms=KEEP_MS).trim(done.id)
    archive.keep(done.id)
    file = segments(folder, done.id)[0]
    file.write_text(file.read_text().replace("漢", "x").replace("\\u6f22", "x"))
    with pytest.raises(Misfit):
        archive.trim(done.id)
    assert len(lines_of(redis, done.id)) == done.seq


def test_a_trimmed_journal_whose_beginning_is_gone_is_not_made_up(store: Store, archive: Archive, folder: Path) -> None:
    """That it is not whole is said."""
    rollback = ended(store)
    archive.trim(rollback.id)
    segments(folder, rollback.id)[0].unlink()
    with pytest.raises(Misfit, match="not whole"):
        archive.whole(rollback.id)
    with pytest.raises(NoSuchRollback):
        archive.whole("rb-9999")


def test_a_sweep_keeps_what_ended_and_every_ledger_and_trims_what_is_old(
    store: Store, redis: Redis, archive: Archive, folder: Path
) -> None:
    """An open rollback is left to the runner; a chain that does not fit holds up no other."""
    first, second, broken, open_ = ended(store), ended(store), ended(store), running(store)
    replace(redis, keys.journal(broken.id), lines_of(redis, broken.id)[1:])
    decide(store, "game-server", "on call says no")
    archive.sweep()
    assert (folder / "ledgers" / "game-server" / "000001-000001.jsonl").is_file()
    assert [len(lines_of(redis, one.id)) for one in (first, second)] == [first.seq, second.seq]
    assert archive.sweep() is False
    assert [len(lines_of(redis, one.id)) for one in (first, second)] == [1, 1]
    assert segments(folder, broken.id) == segments(folder, open_.id) == []
    assert len(lines_of(redis, broken.id)) == broken.seq - 1


def test_a_store_that_was_lost_gives_no_id_again_that_the_archive_knows(
    store: Store, redis: Redis, archive: Archive
) -> None:
    """Otherwise a new rollback would be taken for a rewritten old one."""
    rollbacks = [ended(store) for _ in range(3)]
    archive.keep(rollbacks[-1].id)
    redis.flushall()
    highest = highest_number(archive.place)
    store.accept(known=highest)
    following = ended(store)
    assert rollbacks[-1].id == f"rb-{highest}"
    assert following.id == f"rb-{highest + 1}"
    assert archive.keep(following.id) == following.seq


def test_the_archive_comes_due_again_soon_when_its_place_is_away(store: Store, tmp_path: Path) -> None:
    """A disk that is not mounted is looked at again within a minute; what was to be kept is not lost."""
    rollback = ended(store)
    store.clear_due(keys.advance(rollback.id))
    store.clear_due(keys.narrate(rollback.id))
    away = Archive(store, Folder(tmp_path / "not" / "mounted"))
    away.tend(Parking())
    due = store.next_due()
    assert due is not None
    assert 0 < due - store.now() <= 60_000
    (tmp_path / "not").mkdir()
    away.tend(Parking())
    assert away.place.names("heads/") == [f"heads/{rollback.id}/{rollback.seq:06d}.json"]


def test_the_sweep_is_a_job_of_its_own_on_the_queue_for_long_work(server: Server, store: Store) -> None:
    """It is handed out like everything that is due, and the worker's list of tasks has it."""
    store.ping()
    with connect(server.url, text=False) as raw:
        waking_store(server.url).set_due(keys.SWEEP, 0)
        ids = [item.decode() for item in raw.lrange("rq:queue:long", 0, -1)]
        job = Job.fetch(ids[0], connection=raw, serializer=JSONSerializer)
        assert len(ids) == 1
        assert (job.func_name in tasks.ALLOWED, list(job.args)) == (True, [])


def test_what_ended_is_kept_soon_and_tried_again_ever_later(store: Store, redis: Redis, tmp_path: Path) -> None:
    """The place is away: 5 s at first, then as long as it was tried so far; once it is back the journal is kept."""
    rollback = ended(store)
    member = keys.keep(rollback.id)
    archive = archive_of(store, tmp_path / "not" / "mounted")
    archive.keep_ended(rollback.id)
    first = float(redis.zscore(keys.DUE, member) or 0) - store.now()
    assert 4_000 < first <= 5_000
    assert rollback.ended_at is not None
    long_ago = rollback.model_copy(update={"ended_at": rollback.ended_at - 600_000})
    redis.hset(keys.record(rollback.id), "body", long_ago.model_dump_json())
    archive.keep_ended(rollback.id)
    assert 590_000 < float(redis.zscore(keys.DUE, member) or 0) - store.now() < 660_000
    (tmp_path / "not").mkdir()
    archive.keep_ended(rollback.id)
    assert redis.zscore(keys.DUE, member) is None
    assert archive.place.names("heads/") == [f"heads/{rollback.id}/{rollback.seq:06d}.json"]


def test_a_chain_that_cannot_be_tended_holds_up_no_other(store: Store, redis: Redis, archive: Archive) -> None:
    """A journal without a record, an open rollback of a lost store, a record nobody can read: the rest is kept."""
    stray = store.create(REQUEST, command_id=command())[0]
    lost, garbled, whole = ended(store), ended(store), ended(store)
    redis.hset(keys.record(stray.id), "epoch", "an earlier one")
    redis.delete(keys.record(lost.id))
    redis.hset(keys.record(garbled.id), "body", "{}")
    assert archive.sweep() is False
    assert archive.place.names(f"heads/{whole.id}/") == [f"heads/{whole.id}/{whole.seq:06d}.json"]


def test_a_sweep_of_a_store_that_nobody_accepted_keeps_nothing(store: Store, archive: Archive) -> None:
    """Who knows what it is a copy of: it is looked at again once it is accepted."""
    ended(store)
    store.distrust("it was restored")
    with pytest.raises(StoreUnaccepted):
        archive.sweep()
    assert archive.place.names("heads/") == []
