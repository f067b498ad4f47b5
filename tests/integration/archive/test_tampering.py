"""Whatever somebody does to the events, in Redis or in the archive, the first that does not fit is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from bot.domain.audit import Finding, Head, Why
from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.rollback import Rollback
from bot.store import Store, keys
from jobs.archiving import Archive
from jobs.auditing import Sources, audit
from jobs.clients.archive import Folder
from tests.integration.archive.scene import archive_of, decide, ended, lines_of, replace, stream
from tests.integration.store.builders import MINA, event, move
from tests.unit.audit.chains import sealed


@dataclass(frozen=True)
class Scene:
    """Two rollbacks that ended and were archived, and who may look at what."""

    store: Store
    redis: Redis
    folder: Path
    archive: Archive
    one: Rollback
    two: Rollback

    def findings(self, *heads: Head) -> list[Finding]:
        """What an audit of Redis and the archive finds."""
        return list(audit(Sources(store=self.store, place=Folder(self.folder), given=heads)).findings)

    def alone(self, *heads: Head) -> list[Finding]:
        """What an audit of Redis alone finds."""
        return list(audit(Sources(store=self.store, given=heads)).findings)

    def segment(self, rollback: Rollback) -> Path:
        """The file of a journal."""
        return next(self.folder.glob(f"journals/*/*/{rollback.id}/*.jsonl"))

    def lines(self, rollback: Rollback) -> list[str]:
        """A journal in Redis."""
        return lines_of(self.redis, rollback.id)


@pytest.fixture
def scene(store: Store, redis: Redis, tmp_path: Path) -> Scene:
    """Everything fits yet."""
    folder = tmp_path / "archive"
    archive, one, two = archive_of(store, folder), ended(store), ended(store)
    for rollback in (one, two):
        archive.keep(rollback.id)
    decide(store, "game-server", "on call says no")
    archive.keep("ledger-game-server")
    return Scene(store, redis, folder, archive, one, two)


def test_what_nobody_touched_fits(scene: Scene) -> None:
    """Rollbacks, ledgers, events and heads are counted; also after one was trimmed and went on."""
    heads = [Head(chain=scene.one.id, seq=scene.one.seq, hash=scene.one.head[:12])]
    found = audit(Sources(store=scene.store, place=Folder(scene.folder), given=heads))
    assert (found.journals, found.ledgers, found.heads) == (2, 1, 4)
    assert (found.events, found.findings) == (scene.one.seq + scene.two.seq + 1, ())
    scene.archive.trim(scene.one.id)
    move(scene.store, scene.one.id, event(Kind.ANNOTATED, MINA, what="lesson", text="look earlier"))
    assert scene.findings(*heads) == scene.alone() == []


def _edit(scene: Scene) -> None:
    lines = scene.lines(scene.one)
    lines[2] = lines[2].replace("APPROVED".lower(), "approveD")
    replace(scene.redis, keys.journal(scene.one.id), lines)


def _remove(scene: Scene) -> None:
    scene.redis.xdel(keys.journal(scene.one.id), "4-0")


def _behead(scene: Scene) -> None:
    scene.redis.xdel(keys.journal(scene.one.id), "1-0", "2-0")


def _truncate(scene: Scene) -> None:
    scene.redis.xdel(keys.journal(scene.one.id), f"{scene.one.seq}-0", f"{scene.one.seq - 1}-0")


def _swap(scene: Scene) -> None:
    one, two = scene.lines(scene.one), scene.lines(scene.two)
    replace(scene.redis, keys.journal(scene.one.id), two)
    replace(scene.redis, keys.journal(scene.two.id), one)


def _rewrite(scene: Scene) -> None:
    """Event 3 and all after it, hashes and record included: by itself the chain fits."""
    bodies: list[JsonObject] = [json.loads(line) for line in scene.lines(scene.one)]
    bodies[2]["data"] = {"digest": "0" * 64}
    lines = sealed(bodies)
    replace(scene.redis, keys.journal(scene.one.id), lines)
    scene.redis.hset(keys.record(scene.one.id), "head", json.loads(lines[-1])["hash"])


def _erase(scene: Scene) -> None:
    scene.redis.delete(keys.journal(scene.one.id), keys.record(scene.one.id))


def _archive_edit(scene: Scene) -> None:
    file = scene.segment(scene.one)
    file.write_text(file.read_text().replace('"seq":5', '"seq":7'))


def _archive_cut(scene: Scene) -> None:
    file = scene.segment(scene.one)
    file.write_text(file.read_text()[:-20])


def _archive_gone(scene: Scene) -> None:
    scene.archive.trim(scene.one.id)
    scene.segment(scene.one).unlink()


@pytest.mark.parametrize(
    ("tamper", "seq", "where", "why"),
    [
        (_edit, 3, "redis", Why.CONTENT),
        (_remove, 4, "redis", Why.NUMBER),
        (_behead, 1, "redis", Why.MISSING),
        (_truncate, -1, "redis", Why.MISSING),
        (_swap, 1, "redis", Why.DIFFERS),
        (_rewrite, 3, "redis", Why.DIFFERS),
        (_erase, 1, "redis", Why.MISSING),
        (_archive_edit, 5, "archive", Why.NUMBER),
        (_archive_cut, 0, "archive", Why.UNREADABLE),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else None,
)
def test_the_first_event_that_does_not_fit_is_named(
    scene: Scene, tamper: Callable[[Scene], None], seq: int, where: str, why: Why
) -> None:
    """By rollback, number, whose copy and why; a `seq` up to 0 counts from the last event."""
    tamper(scene)
    found = next(finding for finding in scene.findings() if finding.chain == scene.one.id)
    assert (found.broken.seq, found.where, found.broken.why) == (seq if seq > 0 else scene.one.seq + seq, where, why)


def test_the_second_of_two_that_were_swapped_is_named_too(scene: Scene) -> None:
    """Each is a chain by itself, but neither is the one of its id: also Redis alone knows that by the record."""
    _swap(scene)
    assert [finding.chain for finding in scene.findings()] == [scene.one.id, scene.two.id]
    assert [finding.broken.why for finding in scene.alone()] == [Why.RECORD, Why.RECORD]


def test_a_chain_rewritten_everywhere_is_found_by_the_head_in_the_report(scene: Scene) -> None:
    """Redis, its record, the archive and its heads agree on a false story; what was posted does not."""
    head = Head(chain=scene.one.id, seq=scene.one.seq - 1, hash=json.loads(scene.lines(scene.one)[-2])["hash"][:12])
    _rewrite(scene)
    scene.segment(scene.one).write_text("".join(f"{line}\n" for line in scene.lines(scene.one)))
    for file in (scene.folder / "heads" / scene.one.id).iterdir():
        file.unlink()
    assert scene.findings() == []
    (found,) = scene.findings(head)
    assert (found.chain, found.broken.seq, found.broken.why) == (scene.one.id, scene.one.seq - 1, Why.ANCHOR)


def test_a_chain_rewritten_in_redis_and_archive_is_found_by_the_anchored_head(scene: Scene) -> None:
    """The heads in the archive are objects of their own: in a locked bucket nobody changes them."""
    _rewrite(scene)
    scene.segment(scene.one).write_text("".join(f"{line}\n" for line in scene.lines(scene.one)))
    (found,) = scene.findings()
    assert (found.broken.seq, found.broken.why) == (scene.one.seq, Why.ANCHOR)


def test_last_events_that_were_dropped_everywhere_are_found_by_the_anchored_head(scene: Scene) -> None:
    """Truncated in Redis with the record, and in the archive."""
    lines = scene.lines(scene.one)[:-2]
    replace(scene.redis, keys.journal(scene.one.id), lines)
    scene.redis.hset(keys.record(scene.one.id), mapping={"head": json.loads(lines[-1])["hash"], "seq": len(lines)})
    file = scene.segment(scene.one)
    file.write_text("".join(f"{line}\n" for line in lines))
    file.rename(file.with_name(f"000001-{len(lines):06d}.jsonl"))
    assert scene.alone() == []
    (found,) = scene.findings()
    assert (found.broken.seq, found.broken.why) == (len(lines) + 1, Why.MISSING)


def test_a_ledger_that_was_changed_is_named(scene: Scene) -> None:
    """Who locked a service, and why, is chained like a journal."""
    key = keys.ledger("game-server")
    lines = [line.replace("says no", "says go") for line in stream(scene.redis, key)]
    replace(scene.redis, key, lines)
    (found,) = scene.findings()
    assert (found.chain, found.broken.seq, found.broken.why) == ("ledger-game-server", 1, Why.CONTENT)


def test_a_head_in_the_archive_that_cannot_be_read_fits_nothing(scene: Scene) -> None:
    """An anchor that somebody spoiled is no anchor that agrees."""
    next((scene.folder / "heads" / scene.one.id).iterdir()).write_text("{}")
    (found,) = scene.findings()
    assert (found.chain, found.broken.why, found.broken.expected) == (scene.one.id, Why.ANCHOR, "unreadable")


def test_a_trimmed_journal_whose_archived_beginning_is_gone_is_named(scene: Scene) -> None:
    """The heads say that there was something before."""
    _archive_gone(scene)
    (found,) = scene.findings()
    assert (found.chain, found.where, found.broken.seq) == (scene.one.id, "archive", 1)
