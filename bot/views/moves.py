"""What moved under a plan, in words: names of binding facts with their values as planned and now."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.model import Json
from bot.domain.rollback import Rollback
from bot.views import buttons
from bot.views.figures import Figures, of
from bot.views.text import Safe, join
from bot.views.words import Words

MOST = 3
PEOPLE, CATALOG = "approvers", "catalog"


def what(words: Words, rollback: Rollback) -> Safe:
    """What changed after the plan: the cluster, the catalog, or the approver group."""
    names = set(of(rollback.last.get("moved")).data)
    if names == {PEOPLE}:
        return words("superseded.approvers")
    return words("superseded.catalog") if names == {CATALOG} else words("superseded.cluster")


def said(words: Words, rollback: Rollback) -> Safe:
    """Each thing that moved, at most three of them."""
    moved = of(rollback.last.get("moved")).data
    told = listed(words, moved, service=rollback.request.service)
    return told or words("moved.other", name=words("superseded.cluster"))


def listed(words: Words, moved: Mapping[str, Json], *, service: str) -> Safe:
    """The same for the `moved` of an event: name → [as planned, now]. Empty when nothing is named."""
    weight = "canary_weight"
    names = [name for name in sorted(moved) if weight not in moved or name not in (weight, "destinations")]
    first = [weight] if weight in moved else []
    return join(", ", [_said(words, name, moved[name], service) for name in [*first, *names][:MOST]])


def _said(words: Words, name: str, pair: Json, service: str) -> Safe:
    before, now = (pair[0], pair[1]) if isinstance(pair, list) and len(pair) == 2 else (None, None)  # noqa: PLR2004 - as planned, now
    weights = _canary(name, before), _canary(name, now)
    label = buttons.name(name.replace("_", " "))
    if name in (CATALOG, PEOPLE):
        return words(f"moved.{name}", service=buttons.name(service), before=before, after=now)
    if weights[0] is not None and weights[1] is not None and weights[0] != weights[1]:
        return words("moved.weights", before=Safe(f"{weights[0]:g}"), after=words.weight(weights[1]))
    if "template" in name:
        return words("moved.template", name=label.replace(" template", "").replace(" sha256", ""))
    if now is None or "uid" in name:
        return words("moved.gone", name=label.removesuffix(" uid"))
    if isinstance(before, int | float) and isinstance(now, int | float):
        return words("moved.number", name=label, before=before, after=now)
    return words("moved.other", name=label)


def _canary(name: str, value: Json) -> float | None:
    if isinstance(value, dict):
        return Figures(value).number("canary", "canary_weight", "canary_percent", "percent")
    if "canary" in name and ("weight" in name or "percent" in name) and isinstance(value, int | float):
        return value
    return None
