"""CustomResourceDefinitions out of Go modules: Istio's routing and what kwok needs for exec and logs."""

import json
import re
from pathlib import Path

from sandbox.toolchain import go
from sandbox.toolchain.places import TOOLCHAIN, definitions

_ISTIO = ("virtualservices.networking.istio.io", "destinationrules.networking.istio.io")
_KWOK = ("execs.kwok.x-k8s.io", "logs.kwok.x-k8s.io")
_NAME = re.compile(r"^  name: (\S+)$", re.MULTILINE)


def fetch() -> None:
    """Put the definitions into the cache, one file each; quick when they are there. Raises SetupError."""
    wanted = {*_ISTIO, *_KWOK}
    sums = "".join((TOOLCHAIN / folder / "go.sum").read_text() for folder in ("istio", "kwok"))
    stamp = definitions() / "go.sum"
    if stamp.is_file() and stamp.read_text() == sums and all(path(name).is_file() for name in wanted):
        return
    istio = _module("istio.io/api", folder=TOOLCHAIN / "istio") / "kubernetes" / "customresourcedefinitions.gen.yaml"
    kwok = _module("sigs.k8s.io/kwok", folder=TOOLCHAIN / "kwok") / "kustomize" / "crd" / "bases"
    texts = [istio.read_text(), *(file.read_text() for file in sorted(kwok.glob("*.yaml")))]
    definitions().mkdir(parents=True, exist_ok=True)
    for text in texts:
        for document in re.split(r"^---\n", text, flags=re.MULTILINE):
            named = _NAME.search(document)
            if named and named[1] in wanted:
                path(named[1]).write_text(document)
    stamp.write_text(sums)


def path(name: str) -> Path:
    """Where the definition of that full name (plural.group) is kept."""
    return definitions() / f"{name}.yaml"


def files() -> dict[str, Path]:
    """The definitions that the cluster installs: full name to file."""
    return {name: path(name) for name in (*_ISTIO, *_KWOK)}


def _module(name: str, *, folder: Path) -> Path:
    return Path(json.loads(go.run("mod", "download", "-json", name, folder=folder))["Dir"])
