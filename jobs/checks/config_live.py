"""Judging whether the live configuration is the backup's. Pure; it is told of objects, never of values."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Measured, Verdict


def as_in_backup(found: Mapping[str, bool], *, version: str) -> Check:
    """Pass when every object ("Kind name") holds what its backup holds."""
    names: list[Json] = [name for name, same in found.items() if not same] or list(found)
    good = sum(found.values())
    figures: JsonObject = {"good": good, "of": len(found), "names": names, "version": version}
    verdict = Verdict.PASS if good == len(found) else Verdict.FAIL
    measured = Measured(name="config_objects", value=good, unit="count", limit=len(found))
    return Check(code="config_live", verdict=verdict, saw="as-in-backup" if good == len(found) else "differs",
                 figures=figures, measured=(measured,))  # fmt: skip
