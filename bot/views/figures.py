"""Reading figures that may be missing: everything comes back as a value of its type or None, and nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.model import Json
from bot.domain.plan import Plan


@dataclass(frozen=True)
class Figures:
    """JSON figures by name. Where two names are given, the first that holds a value of the type wins."""

    data: Mapping[str, Json] = field(default_factory=dict)

    def number(self, *names: str) -> float | None:
        """A number, or None."""
        for name in names:
            value = self.data.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return value
        return None

    def time(self, *names: str) -> int | None:
        """Redis milliseconds, or None."""
        value = self.number(*names)
        return None if value is None else int(value)

    def text(self, *names: str) -> str | None:
        """A text that is not empty, or None."""
        for name in names:
            value = self.data.get(name)
            if isinstance(value, str) and value:
                return value
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; what is no text in it is left out."""
        value = self.data.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def flag(self, name: str) -> bool:
        """Whether it is there and true."""
        return self.data.get(name) is True

    def inner(self, name: str) -> Figures:
        """The object of that name; an empty one where there is none."""
        value = self.data.get(name)
        return Figures(value) if isinstance(value, dict) else Figures()

    def __bool__(self) -> bool:
        return bool(self.data)


def of(value: Json) -> Figures:
    """Figures from a JSON value that ought to be an object."""
    return Figures(value) if isinstance(value, dict) else Figures()


def shown(plan: Plan) -> Figures:
    """The facts that a plan shows, by name."""
    return Figures({name: fact.value for name, fact in plan.shown.items()})
