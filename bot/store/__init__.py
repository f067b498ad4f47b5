"""What the product remembers, in Redis: records, journals, leases, reservations, due times and notes.

Every change is one Lua script that checks first and writes last (scripts/prelude.lua).
"""

from bot.store.connection import connect
from bot.store.errors import (
    Busy,
    Conflict,
    LeaseLost,
    NoSuchRollback,
    QuorumMissing,
    StoreUnaccepted,
    StoreUnreadable,
    TooLate,
)
from bot.store.journal import broken_at
from bot.store.leases import Lease
from bot.store.lua import Wake
from bot.store.records import Snapshot
from bot.store.store import Store

__all__ = [
    "Busy",
    "Conflict",
    "Lease",
    "LeaseLost",
    "NoSuchRollback",
    "QuorumMissing",
    "Snapshot",
    "Store",
    "StoreUnaccepted",
    "StoreUnreadable",
    "TooLate",
    "Wake",
    "broken_at",
    "connect",
]
