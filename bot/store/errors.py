"""Why the store says no. Each class's docstring is what happened; nothing was written when one of these is raised."""

from __future__ import annotations

# ruff: noqa: N818 - they read as what they are at the raise, and DESIGN.md uses these words


class StoreUnreadable(Exception):
    """I cannot read my own records (Redis)."""


class StoreUnaccepted(StoreUnreadable):
    """The store is empty, restored, or not the one this record was written in: an operator has to accept it."""


class StoreFull(StoreUnreadable):
    """Redis has no room left for a new rollback; those that run go on in the room that was kept for them."""


class Locked(Exception):
    """A person locked this service: no new rollback of it is taken, break glass aside."""


class NoSuchRollback(Exception):
    """There is no rollback of this id."""


class Conflict(Exception):
    """Somebody else moved it first: load again and decide again."""


class LeaseLost(Exception):
    """The lease ran out or was granted to somebody else: stop, its new holder goes on."""


class Busy(Exception):
    """A target is reserved by another rollback: `target` ("kind/namespace/name"), `holder` (its id)."""

    def __init__(self, *, target: str, holder: str) -> None:
        super().__init__(f"{target} is reserved by {holder}; nothing was reserved. Wait until {holder} has ended.")
        self.target = target
        self.holder = holder


class TooLate(Exception):
    """The time until which this was allowed has passed, by Redis' clock."""


class QuorumMissing(Exception):
    """Too few people said yes to this digest: `have` of `need`."""

    def __init__(self, *, have: int, need: int) -> None:
        super().__init__(f"{have} of {need} approvals of this plan; nothing was started.")
        self.have = have
        self.need = need
