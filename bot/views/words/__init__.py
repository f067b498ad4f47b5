"""The words. A language is the files here whose names begin with it (`en.py`, `en_refusals.py`), each with `WORDS`.

`get("en")("key", **figures)` fills one template. A word that a language lacks comes from English; a figure that is
missing prints as "unknown"; text that is not `Safe` is cleaned and escaped on its way in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bot.domain.people import Person
from bot.views import units
from bot.views.text import Safe, cut_middle, escape

FALLBACK = "en"
NAME_LIMIT = 40


class _Filled(dict[str, str]):
    """Figures for one template; what is missing is said to be unknown."""

    def __init__(self, figures: Mapping[str, str], *, unknown: str) -> None:
        super().__init__(figures)
        self._unknown = unknown

    def __missing__(self, key: str) -> str:
        return self._unknown


class Words:
    """One language: templates by key, and figures as its readers write them."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = table

    def __call__(self, key: str, /, **figures: object) -> Safe:
        """Fill the template of `key`.

        Raises:
            KeyError: English has no such word; a test walks every key that the code builds.
        """
        unknown = self._table["unknown"]
        filled = {name: self._shown(value, unknown) for name, value in figures.items()}
        return Safe(self._table[key].format_map(_Filled(filled, unknown=unknown)))

    def has(self, key: str) -> bool:
        """Whether there is a word for `key`."""
        return key in self._table

    def first(self, *keys: str, **figures: object) -> Safe:
        """Fill the first of these keys that there is; the last one must exist."""
        return self(next((key for key in keys if self.has(key)), keys[-1]), **figures)

    def n(self, key: str, number: float | None, /, **figures: object) -> Safe:
        """A counted thing: "1 pod", "4 pods"; "unknown pods" when nobody knows."""
        form = "one" if number == 1 else "other"
        return self(f"{key}.{form}", n=None if number is None else units.count(number), **figures)

    def who(self, person: Person | None) -> Safe:
        """A person's display name, never a mention."""
        if person is None:
            return self("somebody")
        name = cut_middle(person.name or person.id, limit=NAME_LIMIT)
        shown = name if name.startswith("@") else Safe(f"@{name or self('somebody')}")
        return self(f"who.{person.via}", who=shown) if self.has(f"who.{person.via}") else shown

    def percent(self, share: float | None) -> Safe:
        """A measured share (0..1), or unknown."""
        return self._or_unknown(None if share is None else units.percent(share))

    def limit(self, share: float | None) -> Safe:
        """A chosen share (0..1) such as a limit, or unknown."""
        return self._or_unknown(None if share is None else units.limit_percent(share))

    def weight(self, value: float | None) -> Safe:
        """A weight in percent, or unknown."""
        return self._or_unknown(None if value is None else units.weight(value))

    def duration(self, seconds: float | None) -> Safe:
        """Seconds, or unknown."""
        return self._or_unknown(None if seconds is None else units.duration(seconds))

    def seconds(self, value: float | None) -> Safe:
        """A latency in seconds, or unknown."""
        return self._or_unknown(None if value is None else units.seconds(value))

    def count(self, value: float | None) -> Safe:
        """A count, or unknown."""
        return self._or_unknown(None if value is None else units.count(value))

    def clock(self, at: int | None) -> Safe:
        """Redis milliseconds as hours, minutes and seconds in UTC, or unknown."""
        return self._or_unknown(None if at is None else units.clock(at))

    def minute(self, at: int | None) -> Safe:
        """Redis milliseconds as hours and minutes in UTC, or unknown."""
        return self._or_unknown(None if at is None else units.minute(at))

    def token(self, at: int | None) -> Safe:
        """Redis milliseconds as a time in the reader's own zone, or unknown."""
        return self._or_unknown(None if at is None else units.token(at))

    def _or_unknown(self, text: str | None) -> Safe:
        return Safe(text) if text is not None else Safe(self._table["unknown"])

    def _shown(self, value: object, unknown: str) -> str:
        match value:
            case None:
                return unknown
            case Safe():
                return value
            case str():
                return escape(value) or unknown
            case bool():
                return str(value).lower()
            case int():
                return units.count(value)
            case float():
                return f"{value:g}"
            case _:
                return escape(str(value))


@cache
def get(language: str = FALLBACK) -> Words:
    """The words of a language, with English for what it lacks; a language nobody wrote is English."""
    table = dict(_table(FALLBACK))
    if language != FALLBACK:
        table.update(_table(language))
    return Words(table)


def _table(language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for module in sorted(found.name for found in iter_modules(__path__)):
        if module == language or module.startswith(f"{language}_"):
            words: Mapping[str, str] = import_module(f"{__name__}.{module}").WORDS
            table.update(words)
    return table
