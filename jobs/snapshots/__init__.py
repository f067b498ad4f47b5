"""Snapshots: the configuration of services that ask for it, kept in their backup folders whenever it has changed."""

from jobs.snapshots.tending import members, tend, unsealed

__all__ = ["members", "tend", "unsealed"]
