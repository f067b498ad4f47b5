"""Where the toolchain reads and writes."""

import os
from pathlib import Path

TOOLCHAIN = Path(__file__).resolve().parent
PROJECT = TOOLCHAIN.parent.parent


def cache() -> Path:
    """The folder outside the repository for what is built or downloaded once: XDG_CACHE_HOME/rollback-bot."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "rollback-bot"


def binaries() -> Path:
    """The folder of the Go-built tools."""
    return cache() / "bin"


def definitions() -> Path:
    """The folder of the CustomResourceDefinitions that come with Go modules."""
    return cache() / "crds"
