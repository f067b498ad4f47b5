"""The store: everything the product remembers, behind one object."""

from __future__ import annotations

from bot.store.due import Due
from bot.store.epoch import Epochs
from bot.store.journal import Journals
from bot.store.leases import Leases
from bot.store.notes import Notes
from bot.store.reservations import Reservations
from bot.store.transition import Transitions


class Store(Epochs, Transitions, Journals, Leases, Reservations, Due, Notes):
    """Redis as the one truth. `Store(redis, wake=None)`: a client from `connect`, and who is told what became due.

    One Redis, no cluster: a script names keys that it finds while it runs.
    """
