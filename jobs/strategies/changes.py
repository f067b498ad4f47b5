"""The differences of two pod templates as notes of a plan. Pure."""

from __future__ import annotations

from bot.domain.model import JsonObject
from bot.domain.plan import Note
from bot.domain.template_diff import Change, Difference, differences
from jobs.clients.objects import version


def changes(before: JsonObject, after: JsonObject) -> tuple[Note, ...]:
    """What will be different, images first. A value that may be a secret is not in them."""
    found = sorted(differences(before, after), key=lambda one: one.code is not Change.IMAGE)
    return tuple(_note(one) for one in found)


def _note(one: Difference) -> Note:
    short = version if one.code is Change.IMAGE else str
    figures: JsonObject = {
        "container": one.container,
        "name": one.name,
        "before": short(one.before),
        "after": short(one.after),
    }
    return Note(code=f"{one.code}.hidden" if one.hidden else str(one.code), figures=figures)
