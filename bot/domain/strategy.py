"""The ways back: names, aliases, what they need to be told, and which are destructive. One line each."""

from __future__ import annotations

from bot.domain.model import Value


class Strategy(Value):
    """One way back. `needs_version`: `to=` must be given. `destructive`: typed name, and the requester never counts."""

    name: str
    aliases: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    needs_version: bool = False
    destructive: bool = False


STRATEGIES: tuple[Strategy, ...] = (Strategy(name="canary", options=("fast", "to", "reason", "break-glass")),)

BY_NAME: dict[str, Strategy] = {name: s for s in STRATEGIES for name in (s.name, *s.aliases)}
