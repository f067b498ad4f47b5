"""What a service has run, as `/rollback history SERVICE` tells it."""

from __future__ import annotations

from typing import Any

from bot.domain.model import JsonObject
from bot.domain.revisions import Revision
from bot.views.history import history

BEGAN = 1_795_000_000_000


def template(tag: str, flag: str) -> JsonObject:
    """A pod template with one container and one variable."""
    variable: JsonObject = {"name": "FEATURE_FLAG_GUILD_WAR_V2", "value": flag}
    password: JsonObject = {"name": "DB_PASSWORD", "value": f"hunter-{tag}"}
    container: JsonObject = {"name": "game", "image": f"registry.example/game:{tag}", "env": [variable, password]}
    return {"metadata": {}, "spec": {"containers": [container]}}


def revision(number: int, tag: str, flag: str, **more: Any) -> Revision:  # noqa: ANN401 - fields of a Revision
    """A revision that was seen."""
    made = template(tag, flag)
    return Revision(number=number, key=tag, template=made, version=tag, seen_at=BEGAN + number, **more)


def test_each_revision_stands_with_its_verdict_and_what_it_changed() -> None:
    """The newest first; the one that runs is marked; a value that may be a secret is not shown."""
    told = (
        revision(12, "v1.9.0", "true", rolled_back_by="rb-1042"),
        revision(11, "v1.8.2", "false", good_at=BEGAN, available_at=BEGAN, left_at=BEGAN + 12),
    )
    shown = history((), service="match-server", more=0, since=None, revisions=told)
    words = "\n".join(str(block) for block in shown.blocks)
    assert "bad, left by rb-1042, runs now" in words
    assert "`11` v1.8.2 good" in words
    assert "game image v1.8.2 → v1.9.0" in words
    assert "FEATURE_FLAG_GUILD_WAR_V2 false → true" in words
    assert "hunter" not in words
