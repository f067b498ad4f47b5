"""`make setup`: everything a bare Debian machine with Python needs. Idempotent, and quick when all is there."""

import argparse
import sys
from dataclasses import dataclass

_NEEDS = (3, 11)
if sys.version_info < _NEEDS:
    found = sys.version.split()[0]
    sys.exit(
        f"setup: Python {_NEEDS[0]}.{_NEEDS[1]} or newer is needed, this is {found}. Try: make PYTHON=python3.11 …"
    )

from sandbox.toolchain import build, crds, debian, packages  # noqa: E402 - older Pythons stop above with a sentence
from sandbox.toolchain.terminal import SetupError  # noqa: E402 - as above

_CLUSTER = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


@dataclass(frozen=True)
class Purpose:
    """What one purpose needs: Debian packages with their proofs, dependency groups, Go-built tools."""

    debian: dict[str, str]
    groups: list[str]
    tools: tuple[str, ...]


PURPOSES = {
    "demo": Purpose(debian=debian.DEMO, groups=["sandbox"], tools=_CLUSTER),
    "test": Purpose(debian=debian.TEST, groups=["dev"], tools=(*_CLUSTER, "kubectl", "toxiproxy-server")),
    "check": Purpose(debian={}, groups=["dev"], tools=()),
    "all": Purpose(debian=debian.TEST, groups=["dev"], tools=(*_CLUSTER, "kubectl", "toxiproxy-server")),
}


def main() -> int:
    """Set up for one purpose; 0 when all is there, 1 with what to do when not."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument("--for", dest="purpose", choices=PURPOSES, default="all")
    purpose = PURPOSES[parser.parse_args().purpose]
    try:
        debian.install(debian.missing(purpose.debian))
        packages.sync(groups=purpose.groups)
        if purpose.tools:
            build.build(purpose.tools)
            crds.fetch()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
