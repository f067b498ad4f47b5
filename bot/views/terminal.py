"""The same words at a terminal: messages as plain text, refusals without buttons, commands as it takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.domain.approval import Policy
from bot.domain.model import Json, JsonObject, canonical
from bot.domain.plan import Plan
from bot.domain.refusal import Refusal
from bot.domain.rollback import Request, Rollback
from bot.views import answers, buttons, refusals, words
from bot.views.card_slots import counted, place
from bot.views.message import Message
from bot.views.text import Safe, clean, plain_text, unmarked
from bot.views.words import Words

_COMMAND = re.compile(r"(?<![\w/])/rollback (?=[a-z-])")
_LABELLED = re.compile(r"<(https?://[^|<>]*)\|([^<>]*)>")
_SPAN = re.compile(r"`([^`\n]*)`")
_FLAG = re.compile(r"\b([a-z][a-z-]*)=yes\b")
_OPTION = re.compile(r"\b(to|reason|for)=(\S*)")


def plain(message: Message) -> str:
    """A message as lines of text: its blocks without buttons, or its text alone."""
    return "\n".join(typed(text) for text in (_texts(message) if message.blocks else [message.text]))


def typed(text: str) -> str:
    """Slack's markup as plain text; `/rollback X to=Y` becomes `rollbackctl X --to Y`."""
    text = _SPAN.sub(lambda found: _COMMAND.sub("rollbackctl ", _options(found[1])), text.replace("```", ""))
    text = _LABELLED.sub(r"\2 \1", text)
    return plain_text(unmarked(_COMMAND.sub("rollbackctl ", text)))


def refusal(why: Refusal, language: str = words.FALLBACK) -> str:
    """Why not, in its three parts, a line each; the code in the last. Where Slack's words speak of buttons, others."""
    spoken = words.get(language)
    made = refusals.figures(spoken, why)
    parts = (
        _own(spoken, "happened", why, made) or refusals.happened(spoken, why, made),
        _own(spoken, "means", why, made) or refusals.means(spoken, why, made),
        _own(spoken, "next", why, made) or refusals.following(spoken, why, made),
        spoken("answer.code", code=why.code.value),
    )
    return "\n".join(typed(part).strip() for part in parts if part)


def say(key: str, language: str = words.FALLBACK, **figures: object) -> str:
    """One of the sentences that only a terminal says."""
    return typed(words.get(language)(f"terminal.{key}", **figures))


def state(rollback: Rollback, language: str = words.FALLBACK) -> str:
    """What became of a rollback, as a clause: "waits for approval"."""
    return typed(words.get(language)(f"refusal.state.{rollback.state}"))


def asked(rollback: Rollback, language: str = words.FALLBACK) -> str:
    """The request is stored; how to follow it."""
    key = "asked.break-glass" if rollback.request.break_glass else "asked"
    return say(key, language, id=rollback.id, place=place(words.get(language), rollback))


def approved(rollback: Rollback, language: str = words.FALLBACK) -> str:
    """The yes is counted; whether it was the last."""
    need = rollback.policy.need if rollback.policy else 0
    have = counted(rollback)
    key = "approved.enough" if have >= need else "approved"
    told = say(key, language, id=rollback.id, digest=buttons.short(rollback.digest), have=have, need=need)
    return "\n".join((told, say("approved.follow", language, id=rollback.id)))


def dry_run(plan: Plan, request: Request, *, policy: Policy, language: str = words.FALLBACK) -> str:
    """A plan that nobody asked for yet, whole: as the card would show it, its digest, and what it rests on."""
    return "\n".join((plain(answers.preview(plan, request, policy=policy, language=language)), *_bound(plan, language)))


def to_approve(rollback: Rollback, *, now: int, language: str = words.FALLBACK) -> str:
    """What an approver has to read: the card, the whole digest, and what the plan rests on."""
    card = plain(answers.status((rollback,), now=now, language=language))
    return "\n".join((card, *_bound(rollback.plan, language))) if rollback.plan else card


def _own(spoken: Words, part: str, why: Refusal, made: Mapping[str, object]) -> Safe:
    """A terminal's own words for a part of a refusal; nothing where Slack's serve."""
    key = f"terminal.{part}.{why.code}"
    found = next((k for k in (f"{key}.{why.figures.get('why')}", key) if spoken.has(k)), "")
    return spoken(found, **made) if found else Safe()


def _bound(plan: Plan, language: str) -> Iterator[str]:
    yield say("digest", language, digest=plan.digest)
    yield say("rests", language)
    yield from (f"  {name}: {_value(value)}" for name, value in plan.binding.items())


def _value(value: Json) -> str:
    return clean(value) if isinstance(value, str) else canonical(value)


def _options(command: str) -> str:
    if not command.startswith(("/rollback ", "to=", "reason=", "for=")):
        return command
    return _OPTION.sub(lambda found: f"--{found[1]} {found[2]}".rstrip(), _FLAG.sub(r"--\1", command))


def _texts(message: Message) -> Iterator[str]:
    for block in message.blocks:
        text, elements = block.get("text"), block.get("elements")
        if isinstance(text, dict):
            yield str(text.get("text") or "")
        elif block.get("type") == "context" and isinstance(elements, list):
            yield " · ".join(_text(element) for element in elements if isinstance(element, dict))


def _text(element: JsonObject) -> str:
    return str(element.get("text") or "")
