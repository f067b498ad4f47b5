"""The names of all keys: one prefix, one line a noun."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "rollback:"

EPOCH: Final = PREFIX + "epoch"
IDS: Final = PREFIX + "ids"
FENCE: Final = PREFIX + "fence"
DUE: Final = PREFIX + "due"
JOBS: Final = PREFIX + "jobs"
RESERVED: Final = PREFIX + "reserved"
OPEN: Final = PREFIX + "open"
ALL: Final = PREFIX + "all"
RECORD: Final = PREFIX + "record:"


def record(rollback_id: str) -> str:
    """Hash: state, head, seq, at, digest, body (Rollback as JSON), open ("1" or "0"), epoch."""
    return RECORD + rollback_id


def journal(rollback_id: str) -> str:
    """Stream: one entry an event, its id `SEQ-0`, field `e` the Event as JSON."""
    return f"{PREFIX}journal:{rollback_id}"


def approvals(rollback_id: str) -> str:
    """Hash: a person's key → the digest of the plan they said yes to."""
    return f"{PREFIX}approvals:{rollback_id}"


def lease(rollback_id: str) -> str:
    """Hash: owner, fence, until (Redis ms), wanted ("1": somebody asked for a look meanwhile)."""
    return f"{PREFIX}lease:{rollback_id}"


def command(command_id: str) -> str:
    """String with an expiry: what the command of this id did.

    Raises:
        ValueError: the id is empty, so that two commands could not be told apart.
    """
    if not command_id:
        raise ValueError("a command needs an id of its own")
    return f"{PREFIX}command:{command_id}"


def of(service: str) -> str:
    """Sorted set: ids of a service's rollbacks by the Redis ms they were asked for."""
    return f"{PREFIX}of:{service}"


def note(name: str) -> str:
    """Hash: value (JSON), version."""
    return f"{PREFIX}note:{name}"


def mutex(name: str) -> str:
    """String with an expiry: who has it."""
    return f"{PREFIX}mutex:{name}"


def queue(name: str) -> str:
    """RQ's own list of a queue's waiting job ids (rq.Queue.redis_queue_namespace_prefix)."""
    return f"rq:queue:{name}"


def advance(rollback_id: str) -> str:
    """The member of `due` that says: the runner should look at this rollback."""
    return f"advance:{rollback_id}"


def narrate(rollback_id: str) -> str:
    """The member of `due` that says: the narrator should make Slack equal to this journal."""
    return f"narrate:{rollback_id}"
