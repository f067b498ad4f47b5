"""The store: everything the product remembers, behind one object."""

from __future__ import annotations

from bot.store.adoption import Adoptions
from bot.store.buckets import Buckets
from bot.store.due import Due
from bot.store.epoch import Epochs
from bot.store.evidence import Evidence
from bot.store.journal import Journals
from bot.store.leases import Leases
from bot.store.ledger import Ledger
from bot.store.notes import Notes
from bot.store.reservations import Reservations
from bot.store.revisions import Revisions


class Store(Epochs, Adoptions, Journals, Leases, Reservations, Due, Notes, Buckets, Ledger, Revisions, Evidence):
    """Redis as the one truth.

    `Store(redis, wake=None, scripts=source)`: a client from `connect`, who is told what became due, and where the
    scripts come from.

    One Redis, no cluster: a script names keys that it finds while it runs.
    """
