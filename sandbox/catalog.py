"""The catalog that the product works with in the sandbox: the shipped one, where the sandbox's parts are."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

SHIPPED = Path(__file__).resolve().parent.parent / "catalog" / "services.yaml"
GOOD_AFTER_S = 1.0

Entry = dict[str, Any]


def shipped(names: Sequence[str]) -> dict[str, Entry]:
    """These services' entries as shipped, in this order. Raises KeyError for an unknown name."""
    entries = yaml.safe_load(SHIPPED.read_text())["services"]
    return {name: entries[name] for name in names}


def here(entry: Entry, *, url: str, health_url: str, backups: Path, scrape_s: float) -> Entry:
    """What of an entry is the sandbox's own: where the service is asked, how often it is scraped, where backups lie."""
    own: Entry = {
        "metrics": {"scrape_interval_s": scrape_s},
        "validation": {"health_url": health_url},
        "workload": {"good_after_s": GOOD_AFTER_S},
        "blue_green": {"version_url": f"{url}/api/v1/version"},
        "config": {"folder": str(backups)},
    }
    return {name: values for name, values in own.items() if name in entry}


def more_of(entry: Entry, services: Mapping[str, Mapping[str, Any]]) -> dict[str, Entry]:
    """Further services, each an entry like this one but for what is different."""
    made = {name: copy.deepcopy(entry) for name in services}
    for name, different in services.items():
        merge(made[name], different)
    return made


def merge(into: Entry, values: Mapping[str, Any]) -> None:
    """Put values into an entry, key by key; a group of keys that is there already keeps its others."""
    for name, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def write(path: Path, services: Mapping[str, Entry]) -> Path:
    """Write a catalog of these services; returns its path."""
    path.write_text(yaml.safe_dump({"services": dict(services)}, sort_keys=False))
    return path
