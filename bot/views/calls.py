"""Calls: the only lines that mention people, one per person per state (UX.md, section 1, principles 3 to 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.domain.people import Person
from bot.domain.rollback import Rollback, State
from bot.views import buttons, halts, moves, shapes, words
from bot.views.card_slots import actor, counted, need, place, rate, service, strategy, versions
from bot.views.card_working import step_number
from bot.views.text import NOTHING, Safe, escape, join, link, quoted
from bot.views.words import Words

REASON_LIMIT = 200
WITHOUT_WORK = (State.REJECTED, State.EXPIRED, State.SUPERSEDED)


@dataclass(frozen=True)
class Call:
    """One line that calls somebody. `key` is stable while its state lasts, so that it is made once.

    `group`: the approver group's handle, for `to="group"`; `people`: those who are mentioned, for `to="people"`.
    `outcome`: what it is edited to once its matter is settled; None while it is open.
    """

    key: str
    to: Literal["group", "people"]
    group: str
    people: tuple[Person, ...]
    text: str
    outcome: str | None = None


@dataclass(frozen=True)
class _Scene:
    words: Words
    rollback: Rollback
    link: Safe
    mention: Safe = NOTHING


def calls(
    rollback: Rollback,
    *,
    card_link: str,
    group_id: str,
    now: int,
    language: str = words.FALLBACK,
    listed: Sequence[Person] = (),
    ordinary_id: str = "",
) -> tuple[Call, ...]:
    """The calls that the present state wants. `group_id`: the user group's id (S…); without one, `listed` people.

    `ordinary_id`: where the glass was broken, the id of the group that would else have approved: it is called too.

    `now` (Redis ms): a call for approval after its expiry is no longer made.
    """
    scene = _Scene(words.get(language), rollback, link(card_link, rollback.id))
    group = _mention_group(rollback, group_id, listed)
    if rollback.request.break_glass:
        group = join(" ", (_mention_group(rollback, group_id, ()), _ordinary(ordinary_id, listed)))
    match rollback.state:
        case State.PLANNED if now < (rollback.expires_at or 0):
            return (_group_call(scene, "approval", group, _approval),)
        case State.HALTED:
            made = [_people_call(scene, f"halted:{rollback.halted_at}", _answerable(rollback), _halted)]
            if rollback.reminded:
                made.append(_group_call(scene, f"halted-group:{rollback.halted_at}", group, _still_halted))
            return tuple(made)
        case state if state in WITHOUT_WORK:
            return (_people_call(scene, state.value, (rollback.request.by,), _ENDS[state]),)
        case _:
            return ()


def outcome(call_key: str, rollback: Rollback, *, card_link: str, language: str = words.FALLBACK) -> str | None:
    """What a call that was made is edited to; None while its matter is open, and for calls that only told something."""
    scene = _Scene(words.get(language), rollback, link(card_link, rollback.id))
    kind, _, since = call_key.partition(":")
    if kind == "approval":
        return _approval_outcome(scene)
    if kind in ("halted", "halted-group"):
        return _halt_outcome(scene, since)
    return None


def _group_call(scene: _Scene, key: str, mention: Safe, text: Callable[[_Scene], Safe]) -> Call:
    policy = scene.rollback.policy
    spoken = text(_Scene(scene.words, scene.rollback, scene.link, mention))
    return Call(key=key, to="group", group=policy.group if policy else "", people=(), text=spoken)


def _people_call(scene: _Scene, key: str, people: tuple[Person, ...], text: Callable[[_Scene], Safe]) -> Call:
    mention = join(" ", (mention_of(person) for person in people))
    spoken = text(_Scene(scene.words, scene.rollback, scene.link, mention))
    return Call(key=key, to="people", group="", people=people, text=spoken)


def mention_of(person: Person) -> Safe:
    """A mention, which makes Slack notify this person; an id that is none of Slack's stays text."""
    if person.id[:1] in ("U", "W") and person.id.isalnum() and person.id.isascii():
        return Safe(f"<@{person.id}>")
    return escape(person.name or person.id)


def _mention_group(rollback: Rollback, group_id: str, listed: Sequence[Person]) -> Safe:
    if group_id.startswith("S") and group_id.isalnum() and group_id.isascii():
        return Safe(f"<!subteam^{group_id}>")
    if listed:
        return join(" ", (mention_of(person) for person in listed))
    return escape(rollback.policy.group if rollback.policy else "")


def _ordinary(group_id: str, listed: Sequence[Person]) -> Safe:
    """The approvers of every other day; nobody where their group was never read."""
    if group_id.startswith("S") and group_id.isalnum() and group_id.isascii():
        return Safe(f"<!subteam^{group_id}>")
    return join(" ", (mention_of(person) for person in listed))


def _answerable(rollback: Rollback) -> tuple[Person, ...]:
    """The requester and those who approved, each once."""
    people = {person.key: person for person in (rollback.request.by, *(a.person for a in rollback.approvals))}
    return tuple(people.values())


def _common(scene: _Scene) -> dict[str, object]:
    rollback, spoken = scene.rollback, scene.words
    return {
        "mention": scene.mention,
        "link": scene.link,
        "service": service(rollback),
        "strategy": strategy(spoken, rollback.request.strategy),
        "place": place(spoken, rollback),
        "have": counted(rollback),
        "need": need(rollback),
        **versions(spoken, rollback.plan),
    }


def _approval(scene: _Scene) -> Safe:
    rollback, spoken = scene.rollback, scene.words
    until = spoken.minute(rollback.expires_at)
    if rollback.request.break_glass and rollback.policy is not None:
        told = {
            "group": buttons.name(rollback.policy.group),
            "who": spoken.who(rollback.request.by),
            "reason": quoted(rollback.request.reason, limit=REASON_LIMIT),
        }
        return spoken("call.approval.break-glass", **_common(scene), **told, until=until, rate=rate(spoken, rollback))
    return spoken("call.approval", **_common(scene), until=until, rate=rate(spoken, rollback))


def _halted(scene: _Scene) -> Safe:
    return scene.words("call.halted.before" if halts.before(scene.rollback) else "call.halted", **_halt(scene))


def _still_halted(scene: _Scene) -> Safe:
    return scene.words("call.halted-group", **_halt(scene))


def _halt(scene: _Scene) -> dict[str, object]:
    rollback, spoken = scene.rollback, scene.words
    choices = spoken("line.choices.skip") if halts.skippable(rollback) else spoken("line.choices")
    where = {"step": step_number(rollback), "of": len(rollback.steps)}
    return {**_common(scene), **where, "traffic": _traffic(scene), "choices": choices}


def _traffic(scene: _Scene) -> Safe:
    shape = shapes.of_rollback(scene.rollback)
    return shape.calling(scene.words, scene.rollback) if shape else scene.words("unknown")


def _rejected(scene: _Scene) -> Safe:
    return scene.words("call.rejected", **_common(scene), who=scene.words.who(actor(scene.rollback)))


def _expired(scene: _Scene) -> Safe:
    key = "call.expired" if scene.rollback.plan is not None else "call.expired.unplanned"
    if scene.rollback.records_lost:
        key = "call.expired.lost"
    return scene.words(key, **_common(scene))


def _superseded(scene: _Scene) -> Safe:
    return scene.words("call.superseded", **_common(scene), what=moves.what(scene.words, scene.rollback))


_ENDS: Mapping[State, Callable[[_Scene], Safe]] = {
    State.REJECTED: _rejected,
    State.EXPIRED: _expired,
    State.SUPERSEDED: _superseded,
}


def _approval_outcome(scene: _Scene) -> Safe | None:
    rollback, spoken = scene.rollback, scene.words
    ended = spoken.clock(rollback.ended_at)
    told = {"have": counted(rollback), "need": need(rollback), "link": scene.link}
    if rollback.state in (State.REQUESTED, State.PLANNED, State.APPROVED):
        return None  # The look at dispatch may still end it.
    if rollback.state is State.EXPIRED and rollback.records_lost:
        return spoken("outcome.expired.lost", link=scene.link, at=ended)
    if rollback.state in WITHOUT_WORK:
        return spoken(f"outcome.{rollback.state}", **told, at=ended, who=spoken.who(actor(rollback)))
    if rollback.state is State.ABORTED and rollback.started_at is None:
        return spoken("outcome.withdrawn", link=scene.link, at=ended)
    standing = [approval.at for approval in rollback.approvals if approval.digest == rollback.digest]
    return spoken("outcome.approved", **told, at=spoken.clock(max(standing, default=None)))


def _halt_outcome(scene: _Scene, since: str) -> Safe | None:
    rollback, spoken = scene.rollback, scene.words
    if rollback.state is State.HALTED:
        same = str(rollback.halted_at) == since
        return None if same else spoken("outcome.halted_again", link=scene.link)
    if rollback.state is State.RUNNING:
        return spoken("outcome.resumed", link=scene.link)
    if rollback.ended_at is None:
        return None
    at = spoken.clock(rollback.ended_at)
    if rollback.state is State.ABORTED:
        return spoken("outcome.aborted", link=scene.link, at=at)
    return spoken("outcome.ended", link=scene.link, at=at, state=spoken(f"refusal.state.{rollback.state}"))
