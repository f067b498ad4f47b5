"""The steps of UX.md's run, rb-1042, as its plan has them."""

from __future__ import annotations

from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Step


def scale_up(**changes: Json) -> Step:
    """Step 1 of the run."""
    params: JsonObject = {
        "namespace": "game-production",
        "deployment": "game-server",
        "uid": "u1",
        "from": 4,
        "to": 8,
        "hpa": None,
    }
    return Step(kind="scale_up", params={**params, **changes}, effect=Effect.CAS, estimate_s=23)


def set_weight(was: float, to: float, check: str = "stable_not_worse") -> Step:
    """One move of the canary's weight."""
    params: JsonObject = {
        "namespace": "game-production",
        "virtual_service": "game-server-vs",
        "uid": "u2",
        "route": "primary",
        "pair": {
            "host": "game-server",
            "stable": "stable",
            "canary": "canary",
            "route": "primary",
            "canary_service": "",
        },
        "from": was,
        "to": to,
        "stable_to": 100 - to,
        "stable_deployment": "game-server",
        "pods": 8,
        "error_limit": 0.05,
    }
    return Step(
        kind="set_weight", params=params, effect=Effect.CAS, hold_s=30, estimate_s=31, check=check, skippable=True
    )


DRAIN = Step(
    kind="drain",
    params={"deployment": "game-server-canary", "subset": "canary", "window_s": 30},
    effect=Effect.READ,
    estimate_s=32,
)
RETIRE = Step(
    kind="retire",
    params={"namespace": "game-production", "deployment": "game-server-canary", "uid": "u3", "pods": 4},
    effect=Effect.CAS,
    estimate_s=5,
    destructive=True,
)
VALIDATE = Step(
    kind="validate",
    params={"deployment": "game-server", "image": "game-server:v2.0.5", "pods": 8},
    effect=Effect.READ,
    estimate_s=12,
    check="validation",
)
