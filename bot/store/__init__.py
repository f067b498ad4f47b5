"""What the product remembers, in Redis: records, journals, leases, reservations, due times and notes.

Every change is one Lua script that checks first and writes last (scripts/prelude.lua).
"""

from bot.store.adoption import ACCEPTED
from bot.store.connection import connect
from bot.store.errors import (
    Busy,
    Conflict,
    LeaseLost,
    Locked,
    NoSuchRollback,
    QuorumMissing,
    StoreFull,
    StoreUnaccepted,
    StoreUnreadable,
    TooLate,
)
from bot.store.leases import Lease
from bot.store.ledger import Stood
from bot.store.lua import Scripts, Wake
from bot.store.records import Snapshot
from bot.store.store import Store

__all__ = [
    "ACCEPTED",
    "Busy",
    "Conflict",
    "Lease",
    "LeaseLost",
    "Locked",
    "NoSuchRollback",
    "QuorumMissing",
    "Scripts",
    "Snapshot",
    "Stood",
    "Store",
    "StoreFull",
    "StoreUnaccepted",
    "StoreUnreadable",
    "TooLate",
    "Wake",
    "connect",
]
