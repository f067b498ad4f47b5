"""A plan as the exact commands for a person: for the night when nothing of the bot runs. Pure.

What cannot be taken back is printed last, after everything else was seen to be well.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TypeAlias

from bot.catalog.model import Service
from bot.domain.model import Json
from bot.domain.plan import Plan
from bot.views import buttons, steps, words
from bot.views.card_slots import versions
from bot.views.commands_scene import Line, Part, Run, Say, Scene, UnknownStep, spoken
from bot.views.commands_steps import KINDS
from bot.views.words import Words

__all__ = ["Group", "Line", "Part", "Run", "Say", "UnknownStep", "as_json", "listed", "shell", "warnings"]

WHOLE_NAMES = 253
"""Kubernetes' longest name: at a terminal none is cut."""

Group: TypeAlias = tuple[Line, ...]


def listed(plan: Plan, *, service: Service, prometheus_url: str, language: str = words.FALLBACK) -> tuple[Group, ...]:
    """The commands in order: a head, a group a step, and last what cannot be taken back.

    Raises:
        UnknownStep: a step's kind (or a parameter it needs) is not known here; it is named.
    """
    said = words.get(language)
    groups: list[Group] = [_head(said, plan)]
    last: list[Group] = []
    for index, step in enumerate(plan.steps):
        if step.kind not in KINDS:
            raise UnknownStep(step.kind)
        scene = Scene(said, plan, service, index, prometheus_url)
        part = KINDS[step.kind](scene)
        title = steps.planned(said, step, plan, names=WHOLE_NAMES)
        groups.append((scene.say("step", n=index + 1, of=len(plan.steps), title=title), *part.now))
        last += [part.last] if part.last else []
    return (*groups, *last)


def shell(groups: Sequence[Group]) -> str:
    """The groups as a shell reads them: sentences as comments, an empty line between two groups."""
    return "\n\n".join("\n".join(_typed(line) for line in group) for group in groups)


def as_json(groups: Sequence[Group]) -> list[Json]:
    """The groups as lists of {say} and {run}."""
    return [[{"say": line.text} if isinstance(line, Say) else {"run": line.command} for line in g] for g in groups]


def warnings(plan: Plan, *, at: str, language: str = words.FALLBACK) -> tuple[str, ...]:
    """What has to be said beside the commands. `at`: when it was planned, HH:MM:SS in UTC."""
    said = words.get(language)
    lock = shlex.join(["rollbackctl", "lock", plan.service, "--reason", said("commands.lock_reason")])
    return (
        spoken(said, "warn.by_hand"),
        spoken(said, "warn.lock", service=plan.service, lock=lock),
        spoken(said, "warn.digest", at=at),
    )


def _typed(line: Line) -> str:
    return f"# {line.text}" if isinstance(line, Say) else line.command


def _head(said: Words, plan: Plan) -> Group:
    strategy = said(f"strategy.{plan.strategy}") if said.has(f"strategy.{plan.strategy}") else plan.strategy
    place = said("place", strategy=strategy, service=plan.service)
    title = spoken(said, "title", place=place, digest=buttons.short(plan.digest), **versions(said, plan))
    return (
        Say(title),
        Say(spoken(said, "how")),
        Say(spoken(said, "refused")),
        Say(spoken(said, "context", service=plan.service)),
        Run("kubectl config current-context"),
    )
