"""What production looks like now, what is left half done, and the commands that put old values back."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.model import Json, JsonObject
from bot.domain.rollback import Rollback
from bot.views import checks, shapes
from bot.views.card_slots import DOT
from bot.views.figures import Figures
from bot.views.shapes import capacity
from bot.views.shapes.standing import production_of
from bot.views.text import Safe, join
from bot.views.words import Words


def newest(rollback: Rollback, planned: Figures) -> Figures:
    """The newest figures known of the traffic: as planned, overwritten by each later check's and by production's."""
    merged = _same_names(planned.data)
    for record in rollback.steps[: rollback.step + 1]:
        merged |= _same_names(checks.figures_of(record.checks).data)
    return Figures(merged | _same_names(production_of(rollback).data))


def _same_names(data: Mapping[str, Json]) -> JsonObject:
    """What is known of these figures, with the whole service's share under one name."""
    known: JsonObject = {key: value for key, value in data.items() if value is not None}
    whole = known.get("whole_error_share", known.get("error_share"))
    return known if whole is None else {**known, "whole_error_share": whole}


def state(words: Words, rollback: Rollback) -> Safe:
    """What serves which version, its pods, the whole service's error rate, each as last read."""
    shape = shapes.of_rollback(rollback)
    if shape is None:
        return words("unknown")
    return join(DOT, (*shape.state(words, rollback), _rate(words, rollback), capacity.hpa(words, rollback)))


def left(words: Words, rollback: Rollback) -> Safe:
    """What is half done."""
    shape = shapes.of_rollback(rollback)
    return join(DOT, shape.left(words, rollback)) if shape else words("unknown")


def left_short(words: Words, rollback: Rollback) -> Safe:
    """The same in a few words, for the message's text: "canary 10 % on v2.1.0, stable 8 pods"."""
    shape = shapes.of_rollback(rollback)
    return shape.left_short(words, rollback) if shape else words("unknown")


def put_back(words: Words, rollback: Rollback) -> Safe:
    """The command that puts back what was raised for the rollback's own sake; empty where nothing was."""
    shape = shapes.of_rollback(rollback)
    return shape.put_back(words, rollback) if shape else Safe()


def _rate(words: Words, rollback: Rollback) -> Safe:
    rate = production_of(rollback).number("whole_error_share", "error_share")
    at = words.token(rollback.halted_at or rollback.ended_at)
    if rate is None:
        return words("card.production.whole.unknown", at=at)
    return words("card.production.whole", rate=words.percent(rate), at=at)
