"""Every script that writes, and a call that makes it write as much as it ever does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from redis import Redis

from bot.domain.events import Kind
from bot.domain.sightings import History
from bot.domain.standing import Deed, NewEntry
from bot.store import Store, keys
from bot.store.buckets import Bucket
from tests.integration.store.builders import JOON, REQUEST, SORA, TARGETS, due_members, event, move, planned, running

Call: TypeAlias = Callable[[Store], object]
Image: TypeAlias = dict[str, bytes | None]


def _accept(store: Store) -> Call:
    store._redis.delete(keys.EPOCH)  # noqa: SLF001 - no verb takes an acceptance back
    return lambda again: again.accept()


def _quorum(store: Store) -> Call:
    rollback = planned(store)
    yes = event(Kind.APPROVED, JOON, digest=rollback.digest)
    move(store, rollback.id, yes, approve=(JOON.key, rollback.digest))
    snapshot = store.load(rollback.id)
    events = [event(Kind.APPROVED, SORA, digest=rollback.digest), event(Kind.QUORUM, have=2, need=2)]
    lease = store.lease(rollback.id, owner="job-1")
    return lambda again: again.transition(
        snapshot,
        events,
        command_id="quorum-1",
        due={f"advance:{rollback.id}": 0, "directory:all": None},
        lease=lease,
        approve=(SORA.key, rollback.digest),
        quorum=(rollback.digest, 2),
        reserve=TARGETS,
    )


def _end(store: Store) -> Call:
    snapshot = store.load(running(store).id)
    member = f"advance:{snapshot.rollback.id}"
    return lambda again: again.transition(
        snapshot, [event(Kind.SUCCEEDED)], command_id="end-1", due={member: None, "directory:all": 0}
    )


def _release(store: Store) -> Call:
    rollback = running(store)
    lease = store.lease(rollback.id, owner="job-1")
    assert lease is not None
    return lambda again: again.release(lease, head=rollback.head, due=None)


def _renew(store: Store) -> Call:
    lease = store.lease(running(store).id, owner="job-1")
    assert lease is not None
    return lambda again: again.renew(lease)


def _wanted(store: Store) -> Call:
    rollback = running(store)
    store.lease(rollback.id, owner="job-1")
    return lambda again: again.lease(rollback.id, owner="job-2")


def _look_now(store: Store) -> Call:
    rollback = running(store)
    store.lease(rollback.id, owner="job-1")
    return lambda again: again.set_due(f"advance:{rollback.id}", 0)


def _clear_due(store: Store) -> Call:
    member = f"narrate:{planned(store).id}"
    return lambda again: again.clear_due(member)


def _lease(store: Store) -> Call:
    rollback = running(store)
    return lambda again: again.lease(rollback.id, owner="job-1")


def _hand_out(store: Store) -> Call:
    member = f"narrate:{running(store).id}"
    store.hand_out(members=[member])
    store.set_due(member, 0)
    return lambda again: due_members(again, members=[member])


def _put_note(store: Store) -> Call:
    store.put_note("cursor", {"seq": 1}, version=0)
    return lambda again: again.put_note("cursor", {"seq": 2}, version=1)


def _put_revisions(store: Store) -> Call:
    history = History(workload="Deployment/game-production/game-server")
    store.put_revisions("game-server", history, version=0)
    return lambda again: again.put_revisions("game-server", history, version=1)


def _unmutex(store: Store) -> Call:
    store.mutex("narrator", owner="a", seconds=60)
    return lambda again: again.unmutex("narrator", owner="a")


def _create(_: Store) -> Call:
    return lambda again: again.create(REQUEST, command_id="create-1")


def _another_queue(store: Store) -> Call:
    rollback = planned(store)
    member = f"advance:{rollback.id}"
    (handed,) = store.hand_out(members=[member])
    redis = store._redis  # noqa: SLF001 - RQ, not the store, puts jobs there
    redis.rpush(f"rq:queue:{handed.queue}", handed.job_id)
    redis.hset(f"rq:job:{handed.job_id}", "origin", handed.queue)
    redis.hset(f"rollback:record:{rollback.id}", "queue", "long")
    store.set_due(member, 0)
    return lambda again: again.hand_out(members=[member])


def _adopt(store: Store) -> Call:
    rollback = running(store)
    store.distrust("restored")
    store.accept()
    return lambda again: again.adopt(rollback.id, by=SORA)


def _trim(store: Store) -> Call:
    rollback = move(store, running(store).id, event(Kind.SUCCEEDED))
    return lambda again: again.trim(rollback.id, upto=3)


def _stand(store: Store) -> Call:
    stood = store.standing("game-server")
    entry = NewEntry(kind=Deed.MARKED_GOOD, by=SORA, data={"version": "1.0"})
    return lambda again: again.stand(stood, [entry], command_id="stand-1", due=["narrate:standing"])


def _take(store: Store) -> Call:
    store.silent("slack")
    bucket = Bucket("chat.update", burst=3, per_minute=50)
    return lambda again: again.take("slack", [bucket], asker="a", first=False)


def _close_bucket(_: Store) -> Call:
    return lambda again: again.shut("slack", ["chat.update"], seconds=3)


CASES: dict[str, Callable[[Store], Call]] = {
    "accept": _accept,
    "allot": lambda _: lambda again: again.new_id(),
    "create": _create,
    "transition, quorum": _quorum,
    "transition, end": _end,
    "lease": _lease,
    "lease, held by another": _wanted,
    "renew": _renew,
    "release": _release,
    "set_due": _look_now,
    "set_due, cleared": _clear_due,
    "hand_out": _hand_out,
    "put_note": _put_note,
    "put_revisions": _put_revisions,
    "mutex": lambda _: lambda again: again.mutex("narrator", owner="a", seconds=60),
    "mutex, given back": _unmutex,
    "hand_out, another queue": _another_queue,
    "transition, adopted": _adopt,
    "distrust": lambda _: lambda again: again.distrust("an older fence"),
    "trim": _trim,
    "stand": _stand,
    "take": _take,
    "close_bucket": _close_bucket,
    "break": lambda _: lambda again: again.silent("slack"),
}


def image(redis: Redis) -> Image:
    """Everything in the database, as Redis itself dumps it (values without expiries, the reserve by name only)."""
    return {str(key): None if key == keys.RESERVE else redis.dump(key) for key in redis.scan_iter()}


def prepared(redis: Redis, case: str) -> tuple[Call, Image]:
    """An accepted store, prepared for the case; the call under test and what the database holds before it."""
    redis.flushall()
    store = Store(redis)
    store.accept()
    call = CASES[case](store)
    redis.script_flush()
    return call, image(redis)
