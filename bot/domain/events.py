"""What the journal holds: the kinds of events, and one event with its place in the chain of hashes."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.model import JsonObject, Value, sha256
from bot.domain.people import Person

GENESIS = "0" * 64
"""What the first event of a journal carries as the hash before it."""


class Kind(StrEnum):
    """Everything that can happen to a rollback. The data of each is listed beside it; times are Redis milliseconds."""

    REQUESTED = "requested"  # request
    WAITING = "waiting"  # system that planning waits for ("": the error did not say which), since (ms)
    PLANNED = "planned"  # plan, policy, expires_at
    REFUSED = "refused"  # code, figures
    APPROVED = "approved"  # digest; one person's yes
    QUORUM = "quorum"  # have, need
    REJECTED = "rejected"  # why
    EXPIRED = "expired"  # have, need
    SUPERSEDED = "superseded"  # moved: {name: [planned, now]}, successor
    STARTED = "started"  # have
    STEP_STARTED = "step_started"  # step (0-based), attempt, fence
    STEP_PROGRESS = "step_progress"  # step, figures
    STEP_APPLIED = "step_applied"  # step, figures, already, hold_until
    STEP_DONE = "step_done"  # step, checks, figures, unverified
    HALTED = "halted"  # step, before (nothing of the step was done), code, figures, checks, production
    RETRIED = "retried"  # step
    SKIPPED = "skipped"  # step; a person waived its check
    ABORT_ASKED = "abort_asked"  # (by)
    ABORTED = "aborted"  # step, production, under_way, touched (something was changed, or nobody knows); why
    SUCCEEDED = "succeeded"  # figures, production, watch_until
    UNVERIFIED = "unverified"  # figures, production, unknown, watch_until
    FAILED = "failed"  # code, figures, production, checks
    TAKEN_OVER = "taken_over"  # fence, step; a lease whose holder was gone was granted anew
    REMINDED = "reminded"  # minutes
    RECOVERED = "recovered"  # at (ms), value, limit
    NORMALISED = "normalised"  # figures: error_max, p95_max, seconds
    NOT_NORMALISED = "not_normalised"  # figures
    ANNOTATED = (
        "annotated"  # what (cause | lesson | action | done | open), text, and for actions: id, owner, due, ticket
    )
    REPORTED = "reported"  # channel, ts, link


class NewEvent(Value):
    """An event before it has its place: the store gives it number, time and hashes."""

    kind: Kind
    by: Person | None = None
    data: JsonObject = {}


class Event(NewEvent):
    """An event in its place: `seq` counts from 1, `at` is Redis time in ms, `hash` covers all of it and `prev`."""

    seq: int
    at: int
    prev: str
    hash: str


def chained(new: NewEvent, *, seq: int, at: int, prev: str) -> Event:
    """Give an event its place after the one whose hash is `prev`."""
    body = {**new.model_dump(mode="json"), "seq": seq, "at": at, "prev": prev}
    return Event(kind=new.kind, by=new.by, data=new.data, seq=seq, at=at, prev=prev, hash=sha256(body))
