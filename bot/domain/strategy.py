"""The ways back: names, aliases, what they need to be told, and which are destructive. One line each."""

from __future__ import annotations

from enum import StrEnum

from bot.domain.model import Value


class Moves(StrEnum):
    """What a way back moves: traffic from one side to the other, or the pods of one workload."""

    TRAFFIC = "traffic"
    WORKLOAD = "workload"


class Strategy(Value):
    """One way back. `section`: the part of a service's catalog entry without which it is not offered.

    `needs_version`: `to=` must be given. `destructive`: typed name, and the requester never counts.
    """

    name: str
    section: str
    moves: Moves
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    needs_version: bool = False
    destructive: bool = False


_ALWAYS = ("to", "reason", "break-glass")

STRATEGIES: tuple[Strategy, ...] = (
    Strategy(name="canary", section="canary", moves=Moves.TRAFFIC, options=("fast", *_ALWAYS)),
    Strategy(name="blue-green", aliases=("bg",), section="blue_green", moves=Moves.TRAFFIC, options=_ALWAYS),
    Strategy(name="kubernetes", aliases=("undo",), section="undo", moves=Moves.WORKLOAD, options=_ALWAYS),
    Strategy(name="env", section="env", moves=Moves.WORKLOAD, options=_ALWAYS),
    Strategy(name="config", section="config", moves=Moves.WORKLOAD, options=_ALWAYS, needs_version=True),
)

BY_NAME: dict[str, Strategy] = {name: s for s in STRATEGIES for name in (s.name, *s.aliases)}
