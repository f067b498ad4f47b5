"""The names of all keys: one prefix, one line a noun."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "rollback:"

EPOCH: Final = PREFIX + "epoch"
DISTRUSTED: Final = PREFIX + "distrusted"
"""Hash: why, at (Redis ms), fence (the highest seen in production): why the epoch was taken away."""
RESERVE: Final = PREFIX + "reserve"
"""String of zeros: room that is given back when the store is full, so that running rollbacks can end."""
IDS: Final = PREFIX + "ids"
FENCE: Final = PREFIX + "fence"
DUE: Final = PREFIX + "due"
JOBS: Final = PREFIX + "jobs"
RESERVED: Final = PREFIX + "reserved"
OPEN: Final = PREFIX + "open"
ALL: Final = PREFIX + "all"
RECORD: Final = PREFIX + "record:"


def record(rollback_id: str) -> str:
    """Hash: state, head, seq, at, digest, body (Rollback as JSON), open and urgent ("1" or "0"), epoch, queue, trimmed.

    `queue`: the RQ queue that carries it on, `urgent`: before others there (due.FIRST); `trimmed`: the number up to
    which its journal is kept elsewhere only.
    """
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


def answer(digest: str) -> str:
    """String with an expiry: one person was told just this a moment ago."""
    return f"{PREFIX}answer:{digest}"


def of(service: str) -> str:
    """Sorted set: ids of a service's rollbacks by the Redis ms they were asked for."""
    return f"{PREFIX}of:{service}"


def standing(service: str) -> str:
    """Hash: head, seq, body (Standing as JSON), locked_until (Redis ms; "" no lock, "0" no end)."""
    return f"{PREFIX}standing:{service}"


def ledger(service: str) -> str:
    """Stream: what people and rollbacks decided about a service, one entry an event, as in a journal."""
    return f"{PREFIX}ledger:{service}"


def revisions(service: str) -> str:
    """Hash: value (a History as JSON), version: what the service's workload has run."""
    return f"{PREFIX}revisions:{service}"


def note(name: str) -> str:
    """Hash: value (JSON), version."""
    return f"{PREFIX}note:{name}"


def mutex(name: str) -> str:
    """String with an expiry: who has it."""
    return f"{PREFIX}mutex:{name}"


def bucket(system: str, name: str) -> str:
    """String with an expiry: a bucket as JSON: tokens, at (Redis ms), and who waits until when."""
    return f"{PREFIX}bucket:{system}:{name}"


def breaker(system: str) -> str:
    """String with an expiry: as JSON, the calls in a row without an answer, and until when (Redis ms) all wait."""
    return f"{PREFIX}breaker:{system}"


def queue(name: str) -> str:
    """RQ's own list of a queue's waiting job ids (rq.Queue.redis_queue_namespace_prefix)."""
    return f"rq:queue:{name}"


def job(job_id: str) -> str:
    """RQ's own hash of a job (rq.job.Job.redis_job_namespace_prefix)."""
    return f"rq:job:{job_id}"


def advance(rollback_id: str) -> str:
    """The member of `due` that says: the runner should look at this rollback."""
    return f"advance:{rollback_id}"


def narrate(rollback_id: str) -> str:
    """The member of `due` that says: the narrator should make Slack equal to this journal."""
    return f"narrate:{rollback_id}"


def keep(rollback_id: str) -> str:
    """The member of `due` that says: this rollback has ended, and its journal is to be kept outside Redis."""
    return f"keep:{rollback_id}"


def snapshot(service: str) -> str:
    """The member of `due` that says: this service's configuration is to be kept where it has changed."""
    return f"snapshot:{service}"


SWEEP: Final = "archive:all"
"""The member of `due` that says: somebody should keep what has ended outside Redis, and trim what is old."""
