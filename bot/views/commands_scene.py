"""What the commands of one step are made from: the step in its plan, and the ways to say, to show and to patch."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from bot.catalog.model import Service
from bot.catalog.queries import filled
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Plan, Step
from bot.views.figures import Figures
from bot.views.text import clean, plain_text
from bot.views.words import Words

ANSWER_S = 10
"""Seconds that curl waits for an answer."""

Found = TypeVar("Found", str, float)


class UnknownStep(Exception):  # noqa: N818 - it says what stands in the plan, and is no fault of anybody
    """The plan holds a step for which there are no commands: its kind, or what it lacks. Half a list is a trap."""


@dataclass(frozen=True)
class Say:
    """What a person has to know, to wait for or to check; printed after a `#`."""

    text: str


@dataclass(frozen=True)
class Run:
    """One line for a POSIX shell."""

    command: str


Line: TypeAlias = Say | Run


@dataclass(frozen=True)
class Part:
    """What one step comes to: `now` in its place, `last` after all other steps."""

    now: tuple[Line, ...]
    last: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Scene:
    """One step where it stands in its plan. What the plan does not hold raises UnknownStep."""

    words: Words
    plan: Plan
    service: Service
    index: int
    prometheus_url: str

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.plan.steps[self.index]

    @property
    def params(self) -> Figures:
        """Its parameters."""
        return Figures(self.step.params)

    @property
    def hpa(self) -> Figures:
        """The autoscaler the step writes; empty for none."""
        return self.params.inner("hpa")

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        return self.needed(self.params.text(name), name)

    def side(self, name: str) -> str:
        """The subset of one of the two sides between which the step moves traffic."""
        return self.needed(self.params.inner("pair").text(name), f"the subset of {name}")

    def count(self, name: str) -> int:
        """A parameter that is a whole number."""
        return round(self.needed(self.params.number(name), name))

    def needed(self, value: Found | None, name: str) -> Found:
        """The value, which must be there."""
        if value is None:
            raise UnknownStep(f"{self.step.kind} without {name}")
        return value

    def say(self, key: str, **figures: object) -> Say:
        """A comment in words."""
        return Say(spoken(self.words, key, **figures))

    def kubectl(self, *arguments: str) -> Run:
        """A kubectl command in the step's namespace."""
        return Run(shlex.join(["kubectl", "-n", self.text("namespace"), *arguments]))

    def show(self, kind: str, name: str, *paths: str) -> Run:
        """Print fields of an object (JSONPath, without braces) with a space between them."""
        template = " ".join(f"{{{path}}}" for path in paths) + r'{"\n"}'
        return self.kubectl("get", kind, name, "-o", f"jsonpath={template}")

    def patch(self, kind: str, name: str, operations: Sequence[JsonObject], *, uid: str) -> Run:
        """A JSON patch (RFC 6902) that only this very object takes."""
        guarded = [test("/metadata/uid", uid), *operations]
        return self.kubectl("patch", kind, name, "--type=json", "-p", json.dumps(guarded, separators=(",", ":")))

    def ask(self, query: str) -> Run:
        """An instant query, answered by Prometheus as JSON."""
        arguments = ["--get", f"{self.prometheus_url.rstrip('/')}/api/v1/query", "--data-urlencode", f"query={query}"]
        return Run(curl(*arguments))

    def filled(self, expression: str, *, subset: str = "", window_s: float) -> str:
        """One of the catalog's expressions, for a subset and a window."""
        return filled(expression, subset=subset, window_s=window_s)


def spoken(words: Words, key: str, **figures: object) -> str:
    """A sentence of the commands as one line of plain text."""
    return clean(plain_text(words(f"commands.{key}", **figures)))


def curl(*arguments: str) -> str:
    """A curl command that fails on an error's answer and does not wait for ever."""
    return shlex.join(["curl", "-sS", "--fail-with-body", "--max-time", str(ANSWER_S), *arguments])


def test(path: str, value: Json) -> JsonObject:
    """The value at `path` must be this one, or the whole patch is refused."""
    return {"op": "test", "path": path, "value": value}


def swap(path: str, *, old: Json, new: Json) -> list[JsonObject]:
    """Replace one value, if it still is the old one."""
    return [test(path, old), {"op": "replace", "path": path, "value": new}]
