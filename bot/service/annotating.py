"""What only people know: the cause, lessons, actions and whether they are done. Who wrote what is kept."""

from __future__ import annotations

from bot.domain.events import Kind
from bot.domain.model import Json
from bot.domain.people import Person
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import ENDED_AFTER_WORK, Rollback
from bot.service.asking import full_member
from bot.service.desk import Change, Desk, answered, change, event, load
from bot.service.lateness import stale
from bot.store import Snapshot

LIMITS = {"cause": 2_000, "lesson": 300, "action": 75}
"""Characters of each kind of text (UX.md, section 6)."""


class NewerText(Exception):  # noqa: N818 - it says what stands there now, and is no fault of anybody
    """Somebody else wrote the cause since this person opened the form. Nothing was saved."""

    def __init__(self, text: str, by: str) -> None:
        super().__init__(f"{by} wrote meanwhile")
        self.text = text
        self.by = by


@answered
def annotate(
    desk: Desk,
    rollback_id: str,
    *,
    what: str,
    text: str,
    person: Person,
    command_id: str,
    seen: int | None = None,
    owner: str = "",
    due: str = "",
    ticket: str = "",
) -> Rollback:
    """Add a cause, a lesson or an action (`owner` a user id, `due` a date as YYYY-MM-DD, `ticket` an address).

    `seen`: the event number that the form was opened at; a cause somebody else wrote since is not written over.

    Raises:
        Refused: not-a-member, unreachable (nobody knows yet who this is), stale-button (nothing to report on yet),
            bad-value (empty or too long).
        NewerText: somebody else's newer cause stands there.
    """
    full_member(desk, person)
    text = text.strip()
    if what not in LIMITS or not text or len(text) > LIMITS[what]:
        raise Refused(Code.BAD_VALUE, option=what, given=text[:75], why="length", allowed=[], limit=LIMITS.get(what))

    def decide(snapshot: Snapshot) -> Change:
        rollback = _ended(snapshot.rollback)
        if what == "cause" and seen is not None:
            _nothing_newer(desk, rollback, seen=seen, person=person)
        data: dict[str, Json] = {"what": what, "text": text}
        if what == "action":
            data |= {"id": f"a{rollback.seq + 1}", "owner": owner, "due": due, "ticket": ticket}
        return Change([event(Kind.ANNOTATED, by=person, **data)])

    return change(desk, rollback_id, decide, verb="annotate", command_id=command_id)


@answered
def tick(
    desk: Desk, rollback_id: str, *, seen: frozenset[str], ticked: frozenset[str], person: Person, command_id: str
) -> Rollback:
    """Apply what a person changed in the check boxes: `seen` is what was ticked on their screen, `ticked` what is now.

    Raises:
        Refused: not-a-member, unreachable, stale-button.
    """
    full_member(desk, person)
    done, undone = sorted(ticked - seen), sorted(seen - ticked)
    if not done and not undone:
        return _ended(load(desk, rollback_id).rollback)

    def decide(snapshot: Snapshot) -> Change:
        _ended(snapshot.rollback)
        changed = [("done", item) for item in done] + [("open", item) for item in undone]
        return Change([event(Kind.ANNOTATED, by=person, what=what, id=item) for what, item in changed])

    return change(desk, rollback_id, decide, verb="tick", command_id=command_id)


@answered
def cause_of(desk: Desk, rollback_id: str) -> str:
    """The cause as it stands; empty when nobody wrote one."""
    causes = [e for e in desk.store.journal(rollback_id) if e.kind is Kind.ANNOTATED and e.data.get("what") == "cause"]
    return str(causes[-1].data.get("text") or "") if causes else ""


def _ended(rollback: Rollback) -> Rollback:
    if rollback.state not in ENDED_AFTER_WORK:
        raise stale(rollback, what="annotate", why="not-ended")
    return rollback


def _nothing_newer(desk: Desk, rollback: Rollback, *, seen: int, person: Person) -> None:
    for written in desk.store.journal(rollback.id, after=seen):
        by = written.by
        if written.kind is Kind.ANNOTATED and written.data.get("what") == "cause" and by and by.key != person.key:
            raise NewerText(str(written.data.get("text") or ""), by.name or by.id)
