"""CustomResourceDefinitions out of Go modules: Istio, the Gateway API, KEDA, kwok, Prometheus' operator."""

import json
import re
from pathlib import Path

from sandbox.toolchain import go
from sandbox.toolchain.places import TOOLCHAIN, definitions

_ISTIO = ("virtualservices.networking.istio.io", "destinationrules.networking.istio.io")
_KWOK = ("execs.kwok.x-k8s.io", "logs.kwok.x-k8s.io")
_OTHERS = (
    "servicemonitors.monitoring.coreos.com",
    *(f"{kind}routes.gateway.networking.k8s.io" for kind in ("http", "grpc", "tls", "tcp", "udp")),
    "scaledobjects.keda.sh",
)
_SOURCES = (
    ("istio", "istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml"),
    ("kwok", "sigs.k8s.io/kwok", "kustomize/crd/bases/*.yaml"),
    (
        "operator",
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    # Both channels: of a kind that is in both, the standard one is written last.
    ("gateway", "sigs.k8s.io/gateway-api", "config/crd/*/gateway.networking.k8s.io_*routes.yaml"),
    ("keda", "github.com/kedacore/keda/v2", "config/crd/bases/keda.sh_scaledobjects.yaml"),
)
"""The folder with the module's version, the module, and its files that hold definitions."""
_NAME = re.compile(r"^  name: (\S+)$", re.MULTILINE)


def fetch() -> None:
    """Put the definitions into the cache, one file each; quick when they are there. Raises SetupError."""
    wanted = {*_ISTIO, *_KWOK, *_OTHERS}
    sums = "".join((TOOLCHAIN / folder / "go.sum").read_text() for folder, _, _ in _SOURCES)
    stamp = definitions() / "go.sum"
    if stamp.is_file() and stamp.read_text() == sums and all(path(name).is_file() for name in wanted):
        return
    texts = [
        file.read_text()
        for folder, module, pattern in _SOURCES
        for file in sorted(_module(module, folder=TOOLCHAIN / folder).glob(pattern))
    ]
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
    """The definitions that the cluster installs: full name to file. The others are for who needs them: `path`."""
    return {name: path(name) for name in (*_ISTIO, *_KWOK)}


def _module(name: str, *, folder: Path) -> Path:
    return Path(json.loads(go.run("mod", "download", "-json", name, folder=folder))["Dir"])
