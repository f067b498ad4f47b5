"""What a state puts on the card, and what every state needs to say it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.people import Person
from bot.domain.plan import Plan
from bot.domain.rollback import Rollback
from bot.domain.standing import Standing
from bot.views import buttons
from bot.views.figures import Figures, of, shown
from bot.views.text import NOTHING, Safe, join, quoted
from bot.views.words import Words

REASON_LIMIT = 200
DOT = " · "


@dataclass(frozen=True)
class Moment:
    """The words, the time (Redis ms), and what only the narrator knows."""

    words: Words
    now: int
    ahead: int = 0
    successor_link: str = ""
    standing: Standing | None = None


@dataclass(frozen=True)
class Slots:
    """B1 `headline`, B2 `body`, B3 `steps`, B4 `notes` (above the steps when `notes_first`), the message's `text`."""

    headline: Safe
    text: Safe
    body: Safe = NOTHING
    steps: Safe = NOTHING
    notes: Safe = NOTHING
    notes_first: bool = False


def place(words: Words, rollback: Rollback) -> Safe:
    """Which rollback this is: "canary rollback of game-server"."""
    undone = of(rollback.request.undoes).text("id")
    if undone:
        return words("place.undo", id=undone, service=service(rollback))
    return words("place", strategy=strategy(words, rollback.request.strategy), service=service(rollback))


def a_place(words: Words, rollback: Rollback) -> Safe:
    """The same after "a" or "an", as the language has it."""
    named = f"place.a.{rollback.request.strategy}"
    key = named if words.has(named) and not rollback.request.undoes else "place.a"
    return words(key, place=place(words, rollback))


def strategy(words: Words, name: str) -> Safe:
    """A strategy's name as people say it."""
    return words(f"strategy.{name}") if words.has(f"strategy.{name}") else buttons.name(name)


def service(rollback: Rollback) -> Safe:
    """The service's name, cut in the middle."""
    return buttons.name(rollback.request.service)


def version(words: Words, label: str) -> Safe:
    """A version's label, cut in the middle; an empty one is unknown, one that stands for no version is worded."""
    if label.startswith("@") and words.has(f"label.{label[1:]}"):
        return words(f"label.{label[1:]}")
    return buttons.name(label) if label else words("unknown")


def labelled(words: Words, strategy: str, label: str) -> Safe:
    """A label by itself, as in a headline: where it is no version, of what it is one ("the configuration of …")."""
    said, key = version(words, label), f"label.of.{strategy}"
    return words(key, label=said) if label and not label.startswith("@") and words.has(key) else said


def versions(words: Words, plan: Plan | None) -> dict[str, Safe]:
    """Both labels, by the names the templates use."""
    if plan is None:
        return dict.fromkeys(("from_version", "to_version"), version(words, ""))
    return {
        "from_version": labelled(words, plan.strategy, plan.from_version),
        "to_version": labelled(words, plan.strategy, plan.to_version),
    }


def reason(words: Words, rollback: Rollback, *, limit: int = REASON_LIMIT) -> Safe:
    """Why it was asked for: the kind of reason, the person's own words, or that none was given."""
    request = rollback.request
    kind = words(f"reason.{request.reason_code}") if words.has(f"reason.{request.reason_code}") else Safe()
    own = quoted(request.reason, limit=limit) if request.reason else Safe()
    return join(", ", (kind, own)) or words("reason.none")


def counted(rollback: Rollback) -> int:
    """How many distinct people approved the plan as it stands."""
    return len({approval.person.key for approval in rollback.approvals if approval.digest == rollback.digest})


def need(rollback: Rollback) -> int | None:
    """How many people must approve; None before there is a plan."""
    return rollback.policy.need if rollback.policy else None


def actor(rollback: Rollback) -> Person | None:
    """Who brought the rollback into its present state, where the journal's fold keeps it."""
    by = of(rollback.last.get("by"))
    team, who = by.text("team"), by.text("id")
    if team and who:
        return Person(team=team, id=who, name=by.text("name") or "", via=by.text("via") or "")
    return rollback.abort_by


def rate(words: Words, rollback: Rollback) -> Safe:
    """The whole service's error rate when it was planned."""
    return words.percent(before(rollback).number("whole_error_share", "error_share"))


def before(rollback: Rollback) -> Figures:
    """The facts shown by the plan; none before there is one."""
    return shown(rollback.plan) if rollback.plan else Figures()
