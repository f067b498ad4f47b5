"""Did any effect happen twice, or in the wrong order? Counted where effects arrive, never from the bot's records."""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.cluster import AuditEvent
from tests.chaos.counter import Deed

BOT = "system:serviceaccount:rollback-bot:rollback-bot"
_MANAGER = re.compile(r"(rb-\d+)/(\d+)/(\d+)")
_INSERT = re.compile(r"INSERT INTO drill_effects VALUES \('(rb-\d+)', (\d+), (\d+)\)")


@dataclass(frozen=True)
class Write:
    """One write of the bot's that the API server took. `value` is "" for a claim."""

    rollback_id: str
    step: int
    fence: int
    what: str
    value: str
    received_at: datetime
    answered_at: datetime


def writes(events: Iterable[AuditEvent]) -> list[Write]:
    """The bot's patches in the order in which they came in."""
    found = []
    for event in events:
        manager = _MANAGER.fullmatch(event.field_manager)
        if event.user == BOT and event.wrote and manager:
            found.append(
                Write(
                    rollback_id=manager[1],
                    step=int(manager[2]),
                    fence=int(manager[3]),
                    what=f"{event.resource}/{event.name}",
                    value=_value(event),
                    received_at=event.received_at,
                    answered_at=event.answered_at,
                )
            )
    return sorted(found, key=lambda write: write.received_at)


def twice(found: Sequence[Write]) -> list[str]:
    """Effects of one step on one object with one value that were taken more than once."""
    tally = Tally((write.rollback_id, write.step, write.what, write.value) for write in found if write.value)
    return [f"{count} times: {key}" for key, count in tally.items() if count > 1]


def deleted_twice(events: Iterable[AuditEvent]) -> list[str]:
    """Objects (by uid) that were deleted more than once."""
    tally = Tally(
        (event.name, str((event.body or {}).get("preconditions", {}).get("uid")))
        for event in events
        if event.user == BOT and event.wrote and event.verb == "delete"
    )
    return [f"{count} deletions of {key}" for key, count in tally.items() if count > 1]


def overtaken(found: Sequence[Write]) -> list[str]:
    """Effects taken from somebody whom another holder had overtaken: only luck kept them from being doubles."""
    late = []
    for write in found:
        newer = [w for w in found if w.what == write.what and w.fence > write.fence]
        if write.value and any(w.answered_at < write.received_at for w in newer):
            late.append(f"{write.rollback_id} step {write.step}: fence {write.fence} wrote {write.value} too late")
    return late


def disordered(found: Sequence[Write]) -> list[str]:
    """Effects of an earlier step after those of a later one, within one rollback."""
    reached: dict[str, int] = {}
    wrong = []
    for write in (w for w in found if w.value):
        if write.step < reached.get(write.rollback_id, 0):
            wrong.append(f"{write.rollback_id}: step {write.step} after step {reached[write.rollback_id]}")
        reached[write.rollback_id] = max(write.step, reached.get(write.rollback_id, 0))
    return wrong


def after_the_end(found: Sequence[Write], ends: Mapping[str, float]) -> list[str]:
    """Effects taken after people had been told that it is over. `ends`: rollback → seconds since 1970."""
    return [
        f"{write.rollback_id}: step {write.step} wrote {write.value} after its end was told"
        for write in found
        if write.value and write.received_at.timestamp() > ends.get(write.rollback_id, float("inf"))
    ]


def rows_twice(statements: Iterable[tuple[int, str]]) -> list[str]:
    """Rows of one step that were inserted and committed more than once, by the server's general log."""
    open_rows: dict[int, list[tuple[str, str]]] = {}
    tally: Tally[tuple[str, str]] = Tally()
    for connection, statement in statements:
        inserted = _INSERT.match(statement)
        if inserted:
            open_rows.setdefault(connection, []).append((inserted[1], inserted[2]))
        elif statement == "COMMIT":
            tally.update(open_rows.pop(connection, []))
    return [f"{count} rows of {key}" for key, count in tally.items() if count > 1]


def deeds_twice(deeds: Iterable[Deed]) -> list[str]:
    """Files that were changed to the same content twice, and things that must be done once and were not."""
    tally = Tally((deed.what, deed.name, deed.value) for deed in deeds if deed.changed)
    return [f"{count} times: {key}" for key, count in tally.items() if count > 1]


def _value(event: AuditEvent) -> str:
    if not isinstance(event.body, list):
        return ""
    written = [op for op in event.body if op["op"] in {"replace", "add"} and "annotations" not in op["path"]]
    return ", ".join(f"{op['path']}={op['value']}" for op in written)
