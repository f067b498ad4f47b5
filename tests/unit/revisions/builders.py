"""Sightings and revisions in few words."""

from __future__ import annotations

from typing import Any

from bot.domain.model import JsonObject, sha256
from bot.domain.revisions import Revision
from bot.domain.sightings import History, Sighting, observed

WORKLOAD = "Deployment/game-production/game-server"
GOOD_MS = 10_000
BEGIN = 1_800_000_000_000


def template(version: str, **annotations: str) -> JsonObject:
    """A pod template of one container."""
    return {
        "metadata": {"labels": {"app": "game"}, **({"annotations": dict(annotations)} if annotations else {})},
        "spec": {"containers": [{"name": "game-server", "image": f"registry.example/game:{version}"}]},
    }


def key(version: str) -> str:
    """The key of that template."""
    return sha256(template(version))


def sighting(version: str, generation: int, **more: Any) -> Sighting:  # noqa: ANN401 - Sighting's fields
    """Four pods of a version, all of them Available unless told otherwise."""
    pods = {"wanted": 4, "updated": 4, "available": 4, "complete": True}
    fields = {
        "workload": WORKLOAD,
        "uid": "uid-1",
        "created_at": BEGIN,
        "generation": generation,
        "key": key(version),
        "template": template(version),
        "image": f"registry.example/game:{version}",
        "version": version,
    }
    return Sighting.model_validate({**fields, **pods, **more})


def rolling(version: str, generation: int, **more: Any) -> Sighting:  # noqa: ANN401 - Sighting's fields
    """The same while its pods are being replaced: one of four is there."""
    return sighting(version, generation, **{"updated": 1, "available": 3, "complete": False, **more})


def looked(*looks: tuple[int, Sighting], history: History | None = None) -> History:
    """The history after these looks, each so many ms after the beginning."""
    history = history or History()
    for after_ms, look in looks:
        history = observed(history, look, now=BEGIN + after_ms, good_after_ms=GOOD_MS)
    return history


def revision(version: str, number: int = 0, **more: Any) -> Revision:  # noqa: ANN401 - Revision's fields
    """A revision of a version; by default one that the cluster has and nobody watched."""
    fields = {
        "number": number,
        "key": key(version),
        "template": template(version),
        "image": f"registry.example/game:{version}",
        "version": version,
    }
    return Revision.model_validate({**fields, **more})


def good(version: str, number: int = 0, **more: Any) -> Revision:  # noqa: ANN401 - Revision's fields
    """One that has proven itself and was left."""
    times = {"seen_at": BEGIN, "available_at": BEGIN + 1, "good_at": BEGIN + 2, "left_at": BEGIN + 3}
    return revision(version, number, **{**times, **more})


def versions(history: History) -> list[str]:
    """Its versions, newest first."""
    return [revision.version for revision in history.revisions]
