"""What the catalog may say about a canary: one kind of routing object, and two sides that differ."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.catalog.model import Canary

MESH: dict[str, Any] = {"virtual_service": "game-server-vs", "host": "game-server"}
BACKENDS: dict[str, Any] = {
    "http_route": "game-server",
    "stable": {"deployment": "game-server", "subset": "stable", "service": "game-server-stable"},
    "canary": {"deployment": "game-server-canary", "subset": "canary", "service": "game-server-canary"},
}


def section(**given: Any) -> Canary:  # noqa: ANN401 - the catalog's fields
    """A canary section with these fields."""
    least: dict[str, Any] = {
        "stable": {"deployment": "game-server", "subset": "stable"},
        "canary": {"deployment": "game-server-canary", "subset": "canary"},
        "weights": [50, 0],
        "hold_s": 30,
        "drain_s": 30,
        "budget_s": 300,
    }
    return Canary.model_validate({**least, **given})


@pytest.mark.parametrize("given", [MESH, BACKENDS, {**MESH, "route": "primary"}])
def test_a_canary_is_split_by_a_mesh_or_by_the_gateway_api(given: dict[str, Any]) -> None:
    """Proxies are given 5 s to hear of a weight where the catalog names no other time."""
    assert section(**given).propagation_s == 5


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "name either virtual_service"),
        ({**MESH, **BACKENDS}, "name either virtual_service"),
        ({"virtual_service": "vs"}, "virtual_service and host go together"),
        ({**BACKENDS, "host": "game-server"}, "virtual_service and host go together"),
        ({"http_route": "game-server"}, "http_route needs `service`"),
        ({**BACKENDS, "canary": {**BACKENDS["canary"], "service": "game-server-stable"}}, "two different ones"),
        ({**MESH, "virtual_service": "Game_VS"}, "String should match pattern"),
        ({**MESH, "propagation_s": 0}, "greater than 0"),
    ],
)
def test_anything_else_is_said_to_be_wrong(given: dict[str, Any], says: str) -> None:
    """At load, not in the night."""
    with pytest.raises(ValidationError, match=says):
        section(**given)
