"""Python packages: uv, and the project's environment from uv.lock."""

import importlib.util
import os
import shutil
import subprocess
import sys

from sandbox.toolchain import debian
from sandbox.toolchain.places import PROJECT, cache
from sandbox.toolchain.terminal import Progress, SetupError


def sync(*, groups: list[str]) -> None:
    """Bring .venv in line with uv.lock and these dependency groups; quick when it is. Raises SetupError.

    What other groups have installed stays, so that demo and test do not undo each other.
    """
    command = [uv(), "sync", "--frozen", "--inexact", "--no-default-groups"]
    command += [word for group in groups for word in ("--group", group)]
    fresh = not (PROJECT / ".venv" / "bin" / "python").exists()
    if fresh:
        command += ["--python", sys.executable]
    progress = Progress("installing Python packages")
    if fresh:
        progress.start("about a minute")
    else:
        command.append("--quiet")
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(command, cwd=PROJECT, env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, check=False)
    if done.returncode:
        raise SetupError("`uv sync --frozen` failed; what it said stands above. Mend it and try again.")
    if fresh:
        progress.done()


def ensure_venv() -> None:
    """Make sure that Python can make virtual environments: Debian keeps that in a package of its own."""
    if importlib.util.find_spec("ensurepip") is None:
        debian.install(["python3-venv"])


def uv() -> str:
    """The path of uv: the machine's own, or one installed into a virtual environment in the cache.

    A virtual environment, because Debian's own Python refuses packages from elsewhere (PEP 668).
    """
    folder = cache() / "uv"
    ours = folder / "bin" / "uv"
    found = shutil.which("uv") or (str(ours) if ours.exists() else "")
    if found:
        return found
    progress = Progress("installing uv")
    progress.start()
    ensure_venv()
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"],
    ):
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            told = (done.stderr or done.stdout).strip()[-2000:]
            raise SetupError(f"uv is missing and `{' '.join(command)}` failed: install uv and try again.\n{told}")
    progress.done()
    return str(ours)
