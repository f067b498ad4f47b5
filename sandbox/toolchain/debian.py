"""Debian packages: which are needed, which are missing, how they are installed."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from sandbox.toolchain.terminal import Progress, SetupError

# Package → what shows that it is there: a command on PATH, or a file.
DEMO = {
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
    "curl": "curl",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu",
    "openssl": "openssl",
    "prometheus": "prometheus",
    "redis-server": "redis-server",
}
TEST = {
    **DEMO,
    "chromium": "chromium",
    "fonts-noto-color-emoji": "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "git": "git",
    "mariadb-server": "/usr/sbin/mariadbd",
    "netcat-openbsd": "nc",
}


def missing(packages: dict[str, str]) -> list[str]:
    """Those of the packages that this machine does not have."""
    return [name for name, proof in packages.items() if not _present(proof)]


def install(packages: Iterable[str]) -> None:
    """Install packages with apt-get. Raises SetupError when this is no Debian, we are not root, or apt-get fails."""
    names = sorted(packages)
    if not names:
        return
    command = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"
    if not shutil.which("apt-get"):
        raise SetupError(f"Missing: {', '.join(names)} (names of Debian's packages). Install them and try again.")
    if os.geteuid() != 0:
        raise SetupError(
            f"Missing Debian packages: {', '.join(names)}. Install them and try again:\n  sudo sh -c '{command}'"
        )
    progress = Progress(f"installing Debian packages {', '.join(names)}")
    progress.start("about a minute")
    for step in (["update"], ["install", "-y", "--no-install-recommends", *names]):
        _apt_get(step, progress)
    progress.done()


def _apt_get(arguments: list[str], progress: Progress) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said: list[str] = []
    with subprocess.Popen(
        ["apt-get", "-q", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            said.append(line.rstrip())
            progress.show(line.strip()[:70])
    if running.returncode:
        told = "\n".join(said[-20:])
        raise SetupError(f"`apt-get {' '.join(arguments)}` failed: mend what it names and try again. It said:\n{told}")


def _present(proof: str) -> bool:
    return Path(proof).exists() if proof.startswith("/") else shutil.which(proof) is not None
