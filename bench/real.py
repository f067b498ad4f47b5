"""`make bench CLUSTER=KUBECONFIG`: what a plan costs on a cluster of one's own, for one service of one's own catalog.

It reads, and for an undo it sends one dry run; nothing is changed. What is left out is the rollback itself: it would
write to production without a request and without approvals. What that takes stands in the report of each rollback.
With --traffic it sends requests instead: start it, have a rollback approved in Slack, and see what was lost.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import planning, real_traffic
from bench.counting import Noted, noted
from bench.figures import Figure, Unmeasured, show
from bench.real_traffic import Load
from bot.catalog import Catalog, CatalogError, load
from bot.domain.refusal import Refused
from jobs.clients import ConfigException
from jobs.clients.errors import ClientError
from jobs.clients.resources import POD

_SECTIONS = {"kubernetes": "undo", "canary": "canary", "blue-green": "blue_green"}


def main() -> int:
    """Measure every way back that the service's entry offers; 1 when one could not be planned."""
    parser = argparse.ArgumentParser(prog="python -m bench.real", description=__doc__)
    parser.add_argument("service", nargs="?", help="its name in the catalog")
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--catalog", type=Path)
    parser.add_argument("--prometheus", metavar="URL")
    parser.add_argument("--traffic", metavar="URL", help="count what is lost of the requests to this address instead")
    parser.add_argument("--requests", type=int, default=3000, help="how many (default 3000)")
    parser.add_argument("--per-second", type=float, default=50, help="how fast (default 50)")
    given = parser.parse_args()
    if given.traffic:
        return _traffic(given)
    if not (given.service and given.catalog and given.prometheus):
        parser.error("the service, --catalog and --prometheus are needed, or --traffic")
    try:
        catalog = load(given.catalog)
        asked = noted(kubeconfig=given.kubeconfig, prometheus_url=given.prometheus)
    except (CatalogError, ConfigException) as error:
        sys.exit(str(error))
    if given.service not in catalog.services:
        sys.exit(f"{given.catalog} has {', '.join(catalog.services)}, not {given.service}")
    figures, lost = measure(asked, catalog, given.service)
    show(figures, lost)
    return 1 if lost else 0


def _traffic(given: argparse.Namespace) -> int:
    try:
        sending = Load(given.traffic, given.requests, given.per_second)
    except ValueError as error:
        sys.exit(str(error))
    print(f"Sending to {given.traffic} for {sending.requests / sending.per_second:.0f} s: now roll back", flush=True)
    show(real_traffic.measure(sending), [])
    return 0


def measure(asked: Noted, catalog: Catalog, service: str) -> tuple[list[Figure], list[Unmeasured]]:
    """The figures of each way back, and those that were refused or got no answer."""
    figures: list[Figure] = []
    lost: list[Unmeasured] = []
    for way, section in _SECTIONS.items():
        if getattr(catalog.services[service], section) is None:
            continue
        try:
            seen = planning.rounds(asked, catalog, way, service, pods=_pods(asked, catalog, service))
        except (Refused, ClientError) as error:
            lost.append(Unmeasured(f"planning_{way}", str(error)))
            continue
        figures += planning.figures_of(way, [seen])
    return figures, lost


def _pods(asked: Noted, catalog: Catalog, service: str) -> int:
    entry = catalog.services[service].kubernetes
    labels = ",".join(f"{key}={value}" for key, value in entry.selector.items())
    return len(asked.clients.kubernetes.list_metadata(POD, entry.namespace, selector=labels))


if __name__ == "__main__":
    sys.exit(main())
