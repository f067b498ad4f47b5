"""`python -m sandbox.cluster FOLDER`: one cluster with the demo's objects, until it is interrupted."""

import signal
import sys
from pathlib import Path
from threading import Event

from sandbox.cluster import Cluster, game_objects, rbac_objects


def main() -> None:
    """Start it, print where its kubeconfigs are, stay until SIGTERM or Ctrl-C."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its one argument
        sys.exit("usage: python -m sandbox.cluster FOLDER")
    done = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with Cluster(Path(sys.argv[1])) as cluster:
        cluster.apply(game_objects())
        cluster.apply(rbac_objects())
        for user in ("admin", "bot"):
            print(f"{user}: KUBECONFIG={cluster.kubeconfig(user)}", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
