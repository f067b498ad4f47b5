"""Carrying out: one carrier a kind of step. Looking, claiming, writing and judging never share a function."""

from __future__ import annotations

from jobs.steps.configuration import ConfigLive, RestoreConfig
from jobs.steps.model import (
    AlreadySo,
    AsPlanned,
    Carrier,
    Context,
    Done,
    Fenced,
    Look,
    Moved,
    Settled,
    Stuck,
    Waiting,
)
from jobs.steps.pod_health import PodHealth
from jobs.steps.retire import Retire
from jobs.steps.rollout import Rollout
from jobs.steps.see_version import SeeVersion
from jobs.steps.switching import Select, SwitchRoute
from jobs.steps.traffic import Drain, SetWeight
from jobs.steps.verify import Validate
from jobs.steps.workload import AutoscalerBack, ScaleUp

__all__ = [
    "CARRIERS",
    "AlreadySo",
    "AsPlanned",
    "Carrier",
    "Context",
    "Done",
    "Fenced",
    "Look",
    "Moved",
    "Settled",
    "Stuck",
    "Waiting",
]

CARRIERS: dict[str, Carrier] = {
    "scale_up": ScaleUp(),
    "set_weight": SetWeight(),
    "select": Select(),
    "switch_route": SwitchRoute(),
    "see_version": SeeVersion(),
    "drain": Drain(),
    "retire": Retire(),
    "autoscaler_back": AutoscalerBack(),
    "restore_config": RestoreConfig(),
    "rollout": Rollout(),
    "pod_health": PodHealth(),
    "config_live": ConfigLive(),
    "validate": Validate(),
}
