"""A second reading of the journal: what a rollback is by its events, computed from raw JSON and nothing of the product.

It shares no code with the store, its scripts or the domain, so that a mistake in those is not repeated here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

ENDS = {
    "refused": "refused",
    "rejected": "rejected",
    "expired": "expired",
    "superseded": "superseded",
    "aborted": "aborted",
    "succeeded": "succeeded",
    "unverified": "unverified",
    "failed": "failed",
}
"""Events after which nothing carries the rollback on, and the state each leaves."""
AFTERWARDS = {"recovered", "normalised", "not_normalised", "annotated", "reported"}
"""What may still be told of a rollback that has ended."""

Event = dict[str, Any]


@dataclass
class Read:
    """Where the events leave a rollback. `wrong`: what cannot be, in words."""

    state: str = ""
    seq: int = 0
    head: str = "0" * 64
    step: int = 0
    need: int = 0
    requester: str = ""
    requester_counts: bool = False
    digest: str = ""
    approvals: list[tuple[str, str]] = field(default_factory=list)
    started: bool = False
    ended: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def voices(self) -> set[str]:
        """The people whose yes was for the plan that stands, as far as they count at all."""
        said = {person for person, digest in self.approvals if digest == self.digest}
        return said if self.requester_counts else said - {self.requester}


def read(events: list[Event]) -> Read:
    """Go through a journal's events, oldest first."""
    found = Read()
    for event in events:
        _chain(found, event)
        _tell(found, event)
    return found


def _chain(found: Read, event: Event) -> None:
    if event["seq"] != found.seq + 1:
        found.wrong.append(f"event {event['seq']} follows {found.seq}")
    if event["prev"] != found.head:
        found.wrong.append(f"event {event['seq']} does not carry the hash before it")
    bare = {name: value for name, value in event.items() if name != "hash"}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if hashlib.sha256(text.encode()).hexdigest() != event["hash"]:
        found.wrong.append(f"event {event['seq']} is not what its hash says")
    found.seq, found.head = event["seq"], event["hash"]


def _tell(found: Read, event: Event) -> None:
    kind, data = event["kind"], event["data"]
    if found.ended and kind not in AFTERWARDS:
        found.wrong.append(f"{kind} after the end")
    if kind == "requested":
        found.state, found.requester = "requested", _key(data["request"]["by"])
    elif kind == "waiting":
        if found.state != "requested":
            found.wrong.append(f"waiting while it is {found.state}")
    elif kind == "planned":
        found.state, found.need = "planned", data["policy"]["need"]
        found.requester_counts = data["policy"]["requester_counts"]
        found.digest = _digest(data["plan"])
    elif kind == "approved":
        found.approvals.append((_key(event["by"]), data["digest"]))
    elif kind == "quorum":
        found.state = "approved"
        _enough(found, "quorum")
    elif kind == "started":
        found.state, found.started = "running", True
        _enough(found, "started")
    elif kind in ("halted", "retried", "skipped"):
        found.state = "halted" if kind == "halted" else "running"
    elif kind == "step_done":
        found.step += 1
    elif kind in ENDS:
        found.state, found.ended = ENDS[kind], True
    if kind.startswith("step_") and not found.started:
        found.wrong.append(f"{kind} before the start")


def _enough(found: Read, kind: str) -> None:
    if found.need < 1 or len(found.voices) < found.need:
        found.wrong.append(f"{kind} with {len(found.voices)} of {found.need} voices for {found.digest[:8]}")


def _digest(plan: dict[str, Any]) -> str:
    bound = {name: plan[name] for name in ("steps", "binding", "entry", "service")}
    text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _key(person: dict[str, Any]) -> str:
    return f"{person['team']}/{person['id']}"
