"""What stands about a service apart from single rollbacks: a person's lock, the deploy hold, the versions marked bad.

It is the fold of the service's ledger, whose entries are chained by hash exactly as a journal's events are. Pure.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.events import GENESIS
from bot.domain.model import Json, JsonObject, Value, sha256
from bot.domain.people import Person


class Deed(StrEnum):
    """Everything that can be decided about a service. The data of each is listed beside it; times are Redis ms."""

    LOCKED = "locked"  # reason, until (None: no end)
    UNLOCKED = "unlocked"
    HOLD_SET = "hold_set"  # rollback, version
    HOLD_RELEASED = "hold_released"  # rollback
    MARKED_BAD = "marked_bad"  # version, rollback, error_share, reason
    MARKED_GOOD = "marked_good"  # version


class NewEntry(Value):
    """An entry before it has its place: the store gives it number, time and hashes."""

    kind: Deed
    by: Person | None = None
    data: JsonObject = {}


class Entry(NewEntry):
    """An entry in its place: `seq` counts from 1, `at` is Redis time in ms, `hash` covers all of it and `prev`."""

    seq: int
    at: int
    prev: str
    hash: str


class Lock(Value):
    """A person's no to new rollbacks, break glass aside. Times are Redis ms; `until` None: until somebody lifts it."""

    by: Person
    reason: str
    at: int
    until: int | None = None

    def stands(self, now: int) -> bool:
        """Whether it has not run out at `now` (Redis ms)."""
        return self.until is None or now < self.until


class Hold(Value):
    """Advice to pipelines: `rollback_id` brought the service back to `version` at `at` (ms); deploy nothing over it."""

    rollback_id: str
    version: str
    at: int
    by: Person | None = None


class Bad(Value):
    """Why a version is not gone back to: the rollback that left it, when (ms), and what was known of it.

    `error_share`: of its requests, 0..1, as planned; None where it was not the reason. `reason`: as its asker typed it.
    """

    rollback_id: str
    at: int
    error_share: float | None = None
    reason: str = ""


class Standing(Value):
    """Where a service stands: the fold of its ledger. `seq` 0: nothing was ever decided.

    `settled`: the last rollback whose hold was set, also after somebody released it.
    """

    service: str
    seq: int = 0
    head: str = GENESIS
    lock: Lock | None = None
    hold: Hold | None = None
    bad: dict[str, Bad] = {}
    settled: str = ""

    def locked(self, now: int) -> Lock | None:
        """The lock that stands at `now` (Redis ms)."""
        return self.lock if self.lock is not None and self.lock.stands(now) else None

    @property
    def locked_until(self) -> str:
        """What the script that creates rollbacks reads: "" no lock, "0" no end, else Redis ms."""
        if self.lock is None:
            return ""
        return "0" if self.lock.until is None else str(self.lock.until)


def entered(new: NewEntry, *, seq: int, at: int, prev: str) -> Entry:
    """Give an entry its place after the one whose hash is `prev`."""
    body = {**new.model_dump(mode="json"), "seq": seq, "at": at, "prev": prev}
    return Entry(kind=new.kind, by=new.by, data=new.data, seq=seq, at=at, prev=prev, hash=sha256(body))


def after(standing: Standing, entry: Entry) -> Standing:
    """The standing after one more entry.

    Raises:
        ValueError: the entry does not follow the last one, or lacks what its kind must say.
    """
    if entry.seq != standing.seq + 1 or entry.prev != standing.head:
        raise ValueError(f"entry {entry.seq} does not follow {standing.seq} of {standing.service}")
    return standing.model_copy(update={"seq": entry.seq, "head": entry.hash, **_changes(standing, entry)})


def _changes(standing: Standing, entry: Entry) -> dict[str, object]:
    data = entry.data
    match entry.kind:
        case Deed.LOCKED:
            if entry.by is None:
                raise ValueError("a lock is a person's")
            return {"lock": Lock(by=entry.by, reason=_text(data, "reason"), at=entry.at, until=_until(data))}
        case Deed.UNLOCKED:
            return {"lock": None}
        case Deed.HOLD_SET:
            rollback_id = _text(data, "rollback")
            hold = Hold(rollback_id=rollback_id, version=_text(data, "version"), at=entry.at, by=entry.by)
            return {"hold": hold, "settled": rollback_id}
        case Deed.HOLD_RELEASED:
            return {"hold": None}
        case Deed.MARKED_BAD:
            share = data.get("error_share")
            bad = Bad(
                rollback_id=_text(data, "rollback"),
                at=entry.at,
                error_share=share if isinstance(share, float) else None,
                reason=str(data.get("reason") or ""),
            )
            return {"bad": {**standing.bad, _text(data, "version"): bad}}
        case Deed.MARKED_GOOD:
            return {"bad": {name: bad for name, bad in standing.bad.items() if name != data.get("version")}}


def _until(data: JsonObject) -> int | None:
    until = data.get("until")
    return until if isinstance(until, int) else None


def _text(data: JsonObject, name: str) -> str:
    value: Json = data.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - a value's own contents, as pydantic raises it
    return value
