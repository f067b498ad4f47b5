"""Kubeconfigs that lead to the API server by another way."""

from __future__ import annotations

from pathlib import Path

import yaml


def through(kubeconfig: Path, listen: str, folder: Path) -> Path:
    """A copy of a kubeconfig, in `folder`, whose server is at `listen` ("host:port")."""
    config = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://{listen}"
    file = folder / "through.kubeconfig"
    file.write_text(yaml.safe_dump(config))
    return file
