"""The revision ledger: what each service's workload has run, kept by watching rollouts."""

from jobs.revisions.keeper import Keeper
from jobs.revisions.looking import sighting
from jobs.revisions.seed import owned

__all__ = ["Keeper", "owned", "sighting"]
