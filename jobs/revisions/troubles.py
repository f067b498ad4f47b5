"""Saying once what keeps the revision ledger from being written, and once that it is over."""

from __future__ import annotations

import structlog

from bot.store import StoreUnreadable
from jobs.clients.errors import Forbidden, Temporary

log = structlog.get_logger()


class Troubles:
    """What stands in the way, by what it stands in the way of. `where` is told with each."""

    def __init__(self, **where: str) -> None:
        self._where = where
        self._known: dict[str, object] = {}

    def tell(self, what: str, error: Exception) -> None:
        """Say it, unless it is what was said last. Of a missing right, which verb on what."""
        right = (error.verb, error.resource, error.namespace) if isinstance(error, Forbidden) else None
        if self._known.get(what) == (type(error), right):
            return
        self._known[what] = (type(error), right)
        if isinstance(error, Forbidden):
            log.error(
                "a right is missing to keep the revision ledger",
                verb=error.verb,
                resource=error.resource,
                problem=str(error),
                **self._where,
            )
        elif isinstance(error, Temporary | StoreUnreadable):
            log.warning("the revision ledger waits", what=what, problem=str(error), **self._where)
        else:
            log.error("the revision ledger is not kept", what=what, problem=str(error), **self._where)

    def over(self, what: str) -> None:
        """Say that it is over, if anything was."""
        if self._known.pop(what, None) is not None:
            log.info("the revision ledger is kept again", what=what, **self._where)
