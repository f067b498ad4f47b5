"""Ephemeral answers: only the asker sees them, so nothing lives only here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.approval import Policy
from bot.domain.model import JsonObject
from bot.domain.plan import Plan
from bot.domain.refusal import Refusal
from bot.domain.rollback import ENDED_AFTER_WORK, Request, Rollback, State
from bot.domain.standing import Standing
from bot.domain.strategy import STRATEGIES
from bot.views import blocks, buttons, card_plan, card_steps, locks, refusals, words
from bot.views import text as texts
from bot.views.buttons import Action, button, command_of
from bot.views.card import card
from bot.views.card_slots import place, strategy, versions
from bot.views.message import Message
from bot.views.text import Safe, code, cut_end, join, unmarked
from bot.views.words import Words

TEXT_LIMIT = 300
STATUS_ROWS = 10
HELP_SERVICES = 15


@dataclass(frozen=True)
class Me:
    """What the asker may do: ask for rollbacks, and approve those of these services."""

    may_ask: bool = True
    approves: tuple[str, ...] = ()


def refusal(why: Refusal, language: str = words.FALLBACK) -> Message:
    """Why not: what happened, what it means for production, what to do; the code in small print."""
    spoken = words.get(language)
    made = refusals.figures(spoken, why)
    parts = (
        refusals.happened(spoken, why, made),
        refusals.means(spoken, why, made),
        refusals.following(spoken, why, made),
    )
    told = join(" ", parts)
    small = blocks.context(spoken("answer.code", code=why.code.value))
    return Message(_plain(told), (blocks.section(told), small))


def asked(rollback: Rollback, language: str = words.FALLBACK) -> Message:
    """The request is stored; the card follows."""
    spoken = words.get(language)
    service = buttons.name(rollback.request.service)
    return _said(spoken("answer.asked", id=rollback.id, place=place(spoken, rollback), service=service))


def reading(request: Request, language: str = words.FALLBACK) -> Message:
    """A dry run is under way."""
    return _said(words.get(language)("answer.reading", service=buttons.name(request.service)))


def aborting(rollback: Rollback, language: str = words.FALLBACK) -> Message:
    """An abort was asked for, or has ended it already."""
    over = rollback.state in (State.ABORTED, State.REJECTED)
    return _said(words.get(language)("answer.aborted" if over else "answer.aborting", id=rollback.id))


def report(rollback: Rollback, *, link: str, language: str = words.FALLBACK) -> Message:
    """Where the report is, or why there is none."""
    spoken = words.get(language)
    if link:
        return _said(spoken("answer.report", id=rollback.id, link=texts.link(link)))
    if rollback.state in ENDED_AFTER_WORK:
        return _said(spoken("answer.report.soon", id=rollback.id))
    return _said(spoken("answer.report.none", id=rollback.id, state=spoken(f"refusal.state.{rollback.state}")))


def status(
    rollbacks: Sequence[Rollback], *, now: int, standings: Sequence[Standing] = (), language: str = words.FALLBACK
) -> Message:
    """Where rollbacks stand: one as its card without buttons, several as a row each; then locks and deploy holds."""
    spoken = words.get(language)
    stands = [(one.service, locks.standing_line(spoken, one, now=now)) for one in standings]
    below = [spoken("answer.status.standing", service=buttons.name(name), stands=line) for name, line in stands if line]
    shown = _status(spoken, rollbacks, now=now, language=language)
    return Message(shown.text, (*shown.blocks, *(blocks.section(line) for line in below[:STATUS_ROWS])))


def _status(spoken: Words, rollbacks: Sequence[Rollback], *, now: int, language: str) -> Message:
    if not rollbacks:
        return _said(spoken("answer.status.none"))
    if len(rollbacks) == 1:
        shown = card(rollbacks[0], now=now, catalog_revision="", language=language)
        kept = tuple(block for block in shown.blocks if block["type"] != "actions")
        return Message(shown.text, kept)
    rows = [_status_row(spoken, rollback, now=now, language=language) for rollback in rollbacks[:STATUS_ROWS]]
    left = len(rollbacks) - len(rows)
    more = blocks.context(spoken("answer.status.more", n=left)) if left else None
    heads = "; ".join(f"{r.id}: {_headline(r, now=now, language=language)}" for r in rollbacks[:STATUS_ROWS])
    return Message(cut_end(Safe(heads), limit=TEXT_LIMIT), blocks.present((*rows, more)))


def preview(plan: Plan, request: Request, *, policy: Policy, language: str = words.FALLBACK) -> Message:
    """The dry run: the plan as its card would show it, with [Ask for it]."""
    spoken = words.get(language)
    labels = versions(spoken, plan)
    service = buttons.name(plan.service)
    where = spoken("place", strategy=strategy(spoken, plan.strategy), service=service)
    text = spoken(
        "preview.text",
        **labels,
        service=service,
        strategy=strategy(spoken, plan.strategy),
        steps=spoken.n("steps", len(plan.steps)),
        estimate=spoken.duration(plan.estimate_s),
    )
    risks = card_plan.risks(spoken, plan)
    approval = spoken("preview.approval", need=policy.need, group=buttons.name(policy.group))
    made = blocks.present(
        (
            blocks.header(spoken("preview.headline", place=where, **labels)),
            blocks.section(card_plan.body(spoken, plan, need=policy.need), limit=600),
            blocks.section(card_steps.rows(spoken, plan, (), left_out=card_plan.left_out(spoken, plan)), limit=2_400),
            blocks.section(risks, limit=600) if risks else None,
            blocks.context(approval, spoken("preview.small", digest=buttons.short(plan.digest))),
            _offers(spoken, request),
        )
    )
    return Message(cut_end(text, limit=TEXT_LIMIT), made)


def help(  # noqa: A001 - the command's own name
    command: str | None, *, services: Sequence[str], me: Me | None = None, language: str = words.FALLBACK
) -> Message:
    """What can be asked for; with `command`, what that one does, its options, an example, and how long it takes."""
    spoken = words.get(language)
    example = services[0] if services else "SERVICE"
    if command and spoken.has(f"help.of.{command}"):
        told = spoken(f"help.of.{command}", service=buttons.name(example))
        return Message(cut_end(_plain(told.split("\n")[0]), limit=TEXT_LIMIT), (blocks.section(told),))
    parts = [
        spoken("help.title"),
        _most_used(spoken, services),
        spoken("help.back", ways=_ways(spoken)),
        *(spoken(f"help.{p}") for p in ("look", "stop")),
    ]
    small = [spoken("help.more"), _services(spoken, services), _you(spoken, me)]
    made = tuple(blocks.section(part) for part in parts if part)
    return Message(spoken("help.text"), (*made, blocks.context(*small)))


def _said(told: Safe) -> Message:
    return Message(_plain(told), (blocks.section(told),))


def _plain(told: str) -> Safe:
    return cut_end(refusals.bare(unmarked(told)), limit=TEXT_LIMIT)


def _headline(rollback: Rollback, *, now: int, language: str) -> Safe:
    shown = card(rollback, now=now, catalog_revision="", language=language)
    head = shown.blocks[0]["text"]
    return Safe(str(head["text"])) if isinstance(head, dict) else Safe()


def _status_row(spoken: Words, rollback: Rollback, *, now: int, language: str) -> JsonObject:
    head = _headline(rollback, now=now, language=language)
    who, at = spoken.who(rollback.request.by), spoken.token(rollback.requested_at)
    return blocks.section(spoken("answer.status.row", id=rollback.id, headline=head, who=who, at=at))


def _offers(spoken: Words, request: Request) -> JsonObject:
    return blocks.actions([button(spoken, Action.ASK, value=command_of(request))])


def _ways(spoken: Words) -> Safe:
    names = (*(one.name for one in STRATEGIES), "undo-rollback")
    return join("\n", (spoken(f"help.way.{name}") for name in names))


def _most_used(spoken: Words, services: Sequence[str]) -> Safe:
    if not services:
        return Safe()
    used = [f"/rollback canary {services[0]}", f"/rollback plan canary {services[0]}", "/rollback status"]
    return spoken("help.most", commands=join(" · ", (code(command) for command in used)))


def _services(spoken: Words, services: Sequence[str]) -> Safe:
    if not services:
        return Safe()
    return spoken("help.services", services=join(", ", (code(service) for service in services[:HELP_SERVICES])))


def _you(spoken: Words, me: Me | None) -> Safe:
    if me is None:
        return Safe()
    parts = [spoken("help.you.may_ask" if me.may_ask else "help.you.may_not_ask")]
    if me.approves:
        parts.append(spoken("help.you.approves", services=join(", ", me.approves)))
    return spoken("help.you", you=join("; ", parts))
