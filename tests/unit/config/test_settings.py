"""The key of snapshots, and the catalog's section: what does not fit is said at the start, and never printed."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bot.catalog import CatalogError
from bot.catalog.load import parse
from jobs.backups.sealing import new_key

READ = "from bot.settings import ProductionSettings, read; s = read(ProductionSettings); print(len(s.snapshot_keys), s)"
SHIPPED = Path("catalog/services.yaml").read_text()


def read(key: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of its own with this key."""
    env = {"PATH": os.environ.get("PATH", ""), "ROLLBACK_SNAPSHOT_KEY": key}
    return subprocess.run([sys.executable, "-c", READ], env=env, capture_output=True, text=True, check=False)


def test_one_key_or_several_are_read_and_not_printed() -> None:
    """The first one seals; spaces after a comma are nobody's business."""
    first, second = new_key(), new_key()
    done = read(f"{first}, {second}")
    assert done.stdout.startswith("2 "), done.stderr
    assert first not in done.stdout


@pytest.mark.parametrize("key", ["", "too-short", "x" * 44, f"{new_key()},", f"{new_key()} {new_key()}"])
def test_what_is_no_key_is_refused_without_being_quoted(key: str) -> None:
    """The variable, what is wrong with it, and how to make one."""
    done = read(key)
    assert "ROLLBACK_SNAPSHOT_KEY: it is no Fernet key" in done.stderr
    assert "python -m jobs.backups key" in done.stderr
    assert not key or key not in done.stderr


def test_a_key_can_be_made_at_a_terminal() -> None:
    """And is one."""
    made = subprocess.run(
        [sys.executable, "-m", "jobs.backups", "key"], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert read(made.stdout.strip()).stdout.startswith("1 ")


def catalog(**changes: object) -> str:
    """The shipped catalog with a second service in match-server's folder."""
    loaded = yaml.safe_load(SHIPPED)
    services = loaded["services"]
    services["match-server"]["config"] |= changes
    services["other-server"] = copy.deepcopy(services["match-server"])
    services["other-server"]["config"].pop("snapshot_every_s", None)
    return yaml.safe_dump(loaded)


def test_snapshots_need_a_folder_of_their_own() -> None:
    """Files are named by kind and time: in one folder a snapshot of one service would be taken for another's."""
    parse(catalog(), file="services.yaml")
    with pytest.raises(CatalogError, match="share /backups/configs; snapshots need a folder of their own"):
        parse(catalog(snapshot_every_s=3600), file="services.yaml")


@pytest.mark.parametrize("changes", [{"config_map": "Not_A_Name"}, {"snapshots_keep": 0}, {"snapshot_every_s": -1}])
def test_a_section_that_does_not_fit_is_refused(changes: dict[str, object]) -> None:
    """Names are Kubernetes' own."""
    with pytest.raises(CatalogError, match=rf"match-server\.config\.{next(iter(changes))}"):
        parse(catalog(**changes), file="services.yaml")
