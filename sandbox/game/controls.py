"""What a test or a demo changes while traffic flows. Each value is replaced whole, so that a reader never sees half."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sandbox.game.behaviour import Override


@dataclass(slots=True)
class Controls:
    """Requests a second offered, whether they are stopped, and the figures set live by version."""

    rps: float = 50.0
    stopped: bool = False
    overrides: Mapping[str, Override] = field(default_factory=dict)

    def override(self, version: str, change: Override) -> Override:
        """Set a version's figures; those that are None stay as they were set before. Returns what is in force."""
        before = self.overrides.get(version, Override())
        after = replace(
            before,
            **{name: value for name in Override.__slots__ if (value := getattr(change, name)) is not None},
        )
        self.overrides = MappingProxyType({**self.overrides, version: after})
        return after

    def forget(self, version: str) -> None:
        """Give a version its own figures back."""
        self.overrides = MappingProxyType({name: each for name, each in self.overrides.items() if name != version})
