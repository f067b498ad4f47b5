"""Refusals about routes and autoscalers: which object it is, and how it leads to the canary."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.refusal import Code
from bot.views import scalers
from bot.views.figures import Figures
from bot.views.text import Safe, code
from bot.views.words import Words

Made = dict[str, object]
FIGURES = {
    "virtual_service": "VirtualService",
    "http_route": "HTTPRoute",
    "grpc_route": "GRPCRoute",
    "tls_route": "TLSRoute",
    "tcp_route": "TCPRoute",
    "udp_route": "UDPRoute",
}
NOT_MOVED = ("grpc", "tls", "tcp", "udp")


def protocol(given: Figures) -> str:
    """What a route carries that is not moved, one of NOT_MOVED; "" for what is."""
    said = given.text("protocol") or ""
    return said if said in NOT_MOVED else ""


def _routing(words: Words, given: Figures) -> Made:
    """The object that routes: what it is and its name."""
    figure = next((figure for figure in FIGURES if given.text(figure)), "virtual_service")
    name = given.text(figure)
    return {"routing": words(f"refusal.routing.{figure}", name=name), "kind": FIGURES[figure]}


def _no_route(words: Words, given: Figures) -> Made:
    route, host = given.text("route"), given.text("host")
    by_host = host or not given.text("http_route")
    return {
        **_routing(words, given),
        "route_said": words("refusal.route_named", route=code(route)) if route else Safe(),
        "sides_said": words("refusal.no-route.subsets", host=host) if by_host else words("refusal.no-route.backends"),
    }


def _route_shared(words: Words, given: Figures) -> Made:
    if given.text("mirror") or given.flag("mirror") or given.inner("mirror"):
        how = words("refusal.route-shared.mirror")
    elif given.number("percent") is not None:
        how = words("refusal.route-shared.percent", percent=words.weight(given.number("percent")))
    else:
        how = words("refusal.route-shared.other")
    return {**_routing(words, given), "how": how}


def _above_max(words: Words, given: Figures) -> Made:
    hpa = Figures({"kind": given.text("kind"), "name": given.text("autoscaler")})
    return scalers.called(words, hpa)


MORE: Mapping[Code, Callable[[Words, Figures], Made]] = {
    Code.NO_ROUTE: _no_route,
    Code.AMBIGUOUS_ROUTE: _routing,
    Code.BAD_WEIGHTS: _routing,
    Code.ROUTE_SHARED: _route_shared,
    Code.ABOVE_MAX: _above_max,
}
