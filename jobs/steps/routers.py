"""The kinds of objects that lead requests to the two sides, and where a step finds its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.model import Canary
from bot.domain.model import JsonObject
from jobs.clients import KubernetesClient
from jobs.clients.errors import NotFound
from jobs.clients.resources import GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE, UDP_ROUTE, Raw, Ref
from jobs.clients.together import each
from jobs.steps.gateway import HttpRoutes, Routes
from jobs.steps.routing import VirtualServices
from jobs.steps.splits import Leads, Pair, Router

ROUTERS: tuple[Router, ...] = (VirtualServices(), HttpRoutes())
"""Those that the catalog may name, and whose routes are moved."""
LEADING: tuple[Leads, ...] = (
    *ROUTERS,
    Routes(GRPC_ROUTE, "grpc_route", "grpc"),
    Routes(TLS_ROUTE, "tls_route", "tls"),
    Routes(TCP_ROUTE, "tcp_route", "tcp"),
    Routes(UDP_ROUTE, "udp_route", "udp"),
)
"""All that may lead to the canary: nothing is deleted while one of them does."""


def named_by(entry: Canary) -> tuple[Router, str]:
    """The router that the catalog's entry means, and the name of its object."""
    return _named({router.figure: getattr(entry, router.figure) for router in ROUTERS})


def of_step(params: JsonObject) -> tuple[Router, Ref]:
    """The router of a step, and its object."""
    router, name = _named(params)
    return router, Ref(router.kind, str(params["namespace"]), name)


def all_in(kubernetes: KubernetesClient, namespace: str) -> dict[str, list[Raw]]:
    """All routing objects of a namespace by their kind's figure; none of a kind that the API server does not know.

    Raises:
        Forbidden, Temporary, Rejected.
    """

    def listed(leads: Leads) -> list[Raw]:
        try:
            return kubernetes.list(leads.kind, namespace)
        except NotFound:
            return []

    return {leads.figure: items for leads, items in each(listed, LEADING).items()}


def flows(objects: Mapping[str, Sequence[Raw]], pair: Pair, *, namespace: str) -> list[JsonObject]:
    """Every place where requests may still reach the canary, whatever kind of object holds it."""
    return [
        place for leads in LEADING for place in leads.flows(objects.get(leads.figure, ()), pair, namespace=namespace)
    ]


def _named(names: Mapping[str, Any]) -> tuple[Router, str]:
    for router in ROUTERS:
        if names.get(router.figure):
            return router, str(names[router.figure])
    raise ValueError(f"no routing object is named: one of {', '.join(router.figure for router in ROUTERS)} is needed")
