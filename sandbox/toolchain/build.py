"""The servers that come as Go modules: which they are, where they are found, how they are built.

A tool is taken from the folder KUBEBUILDER_ASSETS names, from the cache, or from PATH, whichever has one that fits
first; what is found nowhere is built from the go.mod beside this file into the cache. A change of go.mod, go.sum or
flags builds again.
"""

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain import go
from sandbox.toolchain.places import TOOLCHAIN, binaries
from sandbox.toolchain.terminal import Progress, SetupError

_KUBERNETES_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Source:
    """One Go module folder and the tools that one build of it makes.

    `says` is the pattern of the version that the words of `version_flag` must print for a found binary to fit.
    """

    folder: str
    packages: dict[str, str]
    version_flag: str
    says: str
    takes: str
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Changes whenever a build of this source would give something else."""
        digest = hashlib.sha256()
        for name in ("go.mod", "go.sum"):
            digest.update((TOOLCHAIN / self.folder / name).read_bytes())
        digest.update(repr((sorted(self.packages.items()), self.flags, sorted(go.ENVIRONMENT.items()))).encode())
        return digest.hexdigest()


SOURCES = (
    Source(
        folder="etcd",
        packages={"etcd": "go.etcd.io/etcd/server/v3"},
        version_flag="--version",
        says=r"etcd Version: 3\.([6-9]|\d\d)\.",
        takes="30 s to 1 min",
    ),
    Source(
        folder="kubernetes",
        packages={
            name: f"k8s.io/kubernetes/cmd/{name}"
            for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        },
        version_flag="--version",
        says=r"Kubernetes v1\.37\.",
        takes="4 to 6 min",
        flags=(
            "-gcflags=all=-N -l",  # unoptimised: a third of the build's time, and these servers idle
            "-ldflags="
            f"-X {_KUBERNETES_VERSION}.gitVersion=v1.37.2 "
            f"-X {_KUBERNETES_VERSION}.gitMajor=1 "
            f"-X {_KUBERNETES_VERSION}.gitMinor=37",
        ),
    ),
    Source(
        folder="kubectl",
        packages={"kubectl": "k8s.io/kubernetes/cmd/kubectl"},
        version_flag="version --client",
        says=r"Client Version: v1\.3[678]\.",  # kubectl keeps to within one minor version of the server
        takes="30 s to 2 min",
        flags=("-gcflags=all=-N -l", f"-ldflags=-X {_KUBERNETES_VERSION}.gitVersion=v1.37.2"),
    ),
    Source(
        folder="kwok",
        packages={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
        version_flag="--version",
        says=r"kwok version v0\.8\.",
        takes="1 to 2 min",
    ),
    Source(
        folder="toxiproxy",
        packages={"toxiproxy-server": "github.com/Shopify/toxiproxy/v2/cmd/server"},
        version_flag="-version",
        says=r"toxiproxy-server version (git|2\.)",
        takes="10 s",
    ),
)
_SOURCE_OF = {name: source for source in SOURCES for name in source.packages}


class MissingToolError(RuntimeError):
    """A tool has not been built yet: run `make setup FOR=all`."""


def tool(name: str) -> Path:
    """Where the tool is. Raises MissingToolError when it is neither built nor installed, KeyError for another name."""
    found = _find(name, _SOURCE_OF[name])
    if not found:
        raise MissingToolError(f"{name} is neither built nor installed: run `make setup FOR=all` and try again.")
    return found


def build(names: Iterable[str]) -> None:
    """Build those of the tools that are found nowhere. Raises SetupError when Go refuses."""
    missing = {_SOURCE_OF[name].folder: _SOURCE_OF[name] for name in names if not _find(name, _SOURCE_OF[name])}
    for number, source in enumerate(missing.values(), start=1):
        _build(source, part=f"{number} of {len(missing)}")


def _find(name: str, source: Source) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets and _fits(Path(assets) / name, source):
        return Path(assets) / name
    built = binaries() / name
    if built.is_file() and _stamp(name).is_file() and _stamp(name).read_text() == source.key:
        return built
    on_path = shutil.which(name)
    return Path(on_path) if on_path and _fits(Path(on_path), source) else None


def _fits(path: Path, source: Source) -> bool:
    try:
        asking = [str(path), *source.version_flag.split()]
        said = subprocess.run(asking, check=False, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(re.search(source.says, said.stdout + said.stderr))


def _stamp(name: str) -> Path:
    return binaries() / f"{name}.key"


def _build(source: Source, *, part: str) -> None:
    folder = TOOLCHAIN / source.folder
    progress = Progress(f"building {', '.join(source.packages)}")
    progress.start(f"build {part}; {source.takes} on two cores when nothing is cached, once")
    packages = list(source.packages.values())
    total = len(go.run("list", "-deps", *packages, folder=folder).splitlines())
    binaries().mkdir(parents=True, exist_ok=True)
    target = str(binaries() / next(iter(source.packages))) if len(packages) == 1 else f"{binaries()}{os.sep}"
    command = [go.go(), "build", "-v", *source.flags, "-o", target, *packages]
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=folder, env=go.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in _lines(running):
            lines += [line] if line else []
            progress.show(f"{len(lines)} of at most {total} packages compiled")
    if running.returncode:
        told = "\n".join(lines[-30:])
        raise SetupError(
            f"Building {source.folder} failed; the cause is usually disk space or memory. Go said:\n{told}"
        )
    for name in source.packages:
        _stamp(name).write_text(source.key)
    progress.done()


def _lines(running: subprocess.Popen[str]) -> Iterator[str]:
    """The child's output line by line, and an empty line now and then while it says nothing."""
    assert running.stdout is not None  # noqa: S101 - stdout is a pipe
    os.set_blocking(running.stdout.fileno(), False)
    while True:
        line = running.stdout.readline()
        if line:
            yield line.rstrip()
        elif running.poll() is not None:
            yield from running.stdout.read().splitlines()
            return
        else:
            yield ""
            time.sleep(0.2)
