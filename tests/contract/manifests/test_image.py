"""What the Containerfile puts into the image is all that the processes need of this repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.manifests.shipped import ROOT

COPIED = re.compile(r"^COPY (\w+)/ (\w+)/$", re.MULTILINE)
TEXT = (ROOT / "Containerfile").read_text()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Containerfile copies, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in COPIED.findall(TEXT):
        shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize("root", ["bot.app", "bot.serving", "jobs.worker", "jobs.watch", "cli.__main__"])
def test_each_composition_root_is_complete(image: Path, root: str) -> None:
    """Imported there, it finds every package of ours and every script of the store."""
    script = f"import {root}\nfrom bot.store.lua import source\nassert source('transition')"
    done = subprocess.run([sys.executable, "-c", script], cwd=image, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_takes_the_lock_as_it_is_and_no_development_packages() -> None:
    """The dependencies are those that were tested."""
    assert "uv sync --frozen --no-dev" in TEXT
    assert "COPY pyproject.toml uv.lock ./" in TEXT


def test_it_runs_as_the_user_that_the_manifests_name() -> None:
    """A number, so that the kubelet can see that it is not root."""
    every = (ROOT / "manifests" / "base" / "every-process.yaml").read_text()
    assert "\nUSER 10001:10001\n" in TEXT
    assert "runAsUser: 10001" in every
    assert "runAsGroup: 10001" in every
