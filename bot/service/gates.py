"""The gates that rest on what people decided about a service: its lock, its bad versions, and break glass."""

from __future__ import annotations

from typing import Final

from bot.catalog import Service
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from bot.domain.standing import Lock
from bot.domain.strategy import BY_NAME
from bot.service.desk import Desk
from bot.store import StoreUnaccepted, StoreUnreadable

LEAST_REASON: Final = 10
"""Characters of a reason for breaking the glass: whoever reviews it afterwards has to understand it."""


def locked(service: str, by: Lock, *, why: str = "") -> Refused:
    """The refusal that names a lock: whose, why, until when (ms; none: no end)."""
    return Refused(
        Code.LOCKED,
        service=service,
        by=f"@{by.by.name or by.by.id}",
        reason=by.reason,
        since=by.at,
        until=by.until,
        why=why,
    )


def refused_by_lock(desk: Desk, service: str) -> Refused:
    """The refusal of a new rollback that the store did not take because of a lock; one that cannot be read says so.

    Raises:
        StoreUnaccepted: the store itself is in doubt.
    """
    try:
        by = desk.store.standing(service).standing.lock
    except StoreUnaccepted:
        raise
    except StoreUnreadable:
        by = None
    return locked(service, by) if by is not None else Refused(Code.LOCKED, service=service, why="unreadable")


def require_good(desk: Desk, service: str, version: str) -> None:
    """Refuse to go back to a version that is marked bad.

    Raises:
        Refused: bad-version, with the rollback that left it and why.
        StoreUnreadable: nobody knows what is marked, so nothing is planned.
    """
    bad = desk.store.standing(service).standing.bad.get(version)
    if bad is not None:
        raise Refused(
            Code.BAD_VERSION,
            why="marked",
            service=service,
            asked=version,
            marked_by=bad.rollback_id,
            marked_at=bad.at,
            marked_share=bad.error_share,
            marked_reason=bad.reason,
        )


def require_break_glass(request: Request, entry: Service) -> None:
    """Let the glass be broken only where the catalog offers it, with a typed reason, and never to destroy.

    A request that breaks no glass always passes.

    Raises:
        Refused: no-break-glass, no-reason.
    """
    if not request.break_glass:
        return
    ordinary = f"/rollback {request.strategy} {request.service}"
    strategy = BY_NAME.get(request.strategy)
    if strategy is None or strategy.destructive:
        raise Refused(
            Code.NO_BREAK_GLASS,
            service=request.service,
            strategy=request.strategy,
            why="destructive",
            send=ordinary,
        )
    if not entry.approval.break_glass:
        raise Refused(Code.NO_BREAK_GLASS, service=request.service, strategy=request.strategy, send=ordinary)
    if request.reason_code or len(request.reason.strip()) < LEAST_REASON:
        raise Refused(
            Code.NO_REASON,
            service=request.service,
            why="break-glass",
            least=LEAST_REASON,
            send=f'{ordinary} break-glass=yes reason="…"',
        )
