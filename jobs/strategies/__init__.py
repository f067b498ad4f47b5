"""The ways back, by name. Adding one is a file here and a line below."""

from __future__ import annotations

from jobs.revisions.recorded import Past, nothing
from jobs.strategies.blue_green import BlueGreen
from jobs.strategies.canary import Canary
from jobs.strategies.config import Config
from jobs.strategies.env import Env
from jobs.strategies.model import Facts, Strategy
from jobs.strategies.undo import Undo

__all__ = ["STRATEGIES", "Facts", "Strategy", "remembering"]


def remembering(past: Past) -> dict[str, Strategy]:
    """All of them, with what the bot saw services run before."""
    return {
        "canary": Canary(),
        "blue-green": BlueGreen(),
        "kubernetes": Undo(past),
        "env": Env(),
        "config": Config(),
    }


STRATEGIES: dict[str, Strategy] = remembering(nothing)
"""The same for where no ledger is at hand: the cluster alone says what there is to go back to."""
