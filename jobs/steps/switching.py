"""Switching traffic from one colour to the other: the Service's selector, and the mesh's routes.

With a mesh the order is: select both, route to the good one, select the good one alone. Any other order leaves a subset
without endpoints for as long as proxies lag (FACTS.md, Kubernetes); each step waits until what it changed has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Measured, Verdict
from jobs.clients import errors
from jobs.clients.objects import is_ready
from jobs.clients.resources import DEPLOYMENT, ENDPOINT_SLICE, POD, SERVICE, VIRTUAL_SERVICE, Raw, Ref
from jobs.clients.together import together
from jobs.steps import patches
from jobs.steps.claims import claim
from jobs.steps.model import AlreadySo, AsPlanned, Context, Done, Look, Moved, Settled, Waiting
from jobs.steps.templates import template_moved
from jobs.steps.verify import SLICES_OF

SOON_S = 0.25


class Select:
    """The Service selects `to`, and its EndpointSlices hold every ready pod of that, and no other."""

    def look(self, ctx: Context) -> Look:
        """The good side runs what was approved; compare the live selector with the plan's two."""
        moved = template_moved(ctx, "stable", ctx.clients.kubernetes.get(_good(ctx)))
        if moved:
            return moved
        live = ctx.read(_service(ctx))
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved("service_uid", ctx.text("uid"), live["metadata"]["uid"])
        now = live["spec"].get("selector") or {}
        if now == ctx.step.params["to"]:
            return AlreadySo()
        return AsPlanned() if now == ctx.step.params["from"] else Moved("selector", ctx.step.params["from"], now)

    def claim(self, ctx: Context) -> None:
        """The Service."""
        claim(ctx, _service(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Write the selector, tested against the one it replaces."""
        change = patches.value("/spec/selector", old=ctx.step.params["from"], new=ctx.step.params["to"])
        operations = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=change)
        ctx.clients.kubernetes.json_patch(_service(ctx), operations, manager=ctx.manager)
        return {}

    def settle(self, ctx: Context) -> Settled:
        """Wait for the EndpointSlices."""
        kubernetes, namespace = ctx.clients.kubernetes, ctx.text("namespace")
        wanted = ",".join(f"{key}={value}" for key, value in sorted(_selector(ctx, "to").items()))
        named = f"{SLICES_OF}={ctx.text('service')}"
        read = together(
            {
                "pods": lambda: kubernetes.list(POD, namespace, selector=wanted),
                "slices": lambda: kubernetes.list(ENDPOINT_SLICE, namespace, selector=named),
            }
        )
        due, there = uids(pod for pod in read["pods"] if is_ready(pod)), serving(read["slices"])
        figures: JsonObject = {"endpoints": len(there), "pods": len(due)}
        return Done(figures) if due and there == due else Waiting(SOON_S, figures)

    def check(self, ctx: Context) -> list[Check]:
        """Nothing to judge: the wait says it all."""
        del ctx
        return []


class SwitchRoute:
    """Every route of the VirtualService that led to the bad side leads to the good one."""

    def look(self, ctx: Context) -> Look:
        """Compare the live routes with the plan's two states of them."""
        live = ctx.read(_virtual_service(ctx))
        if live["metadata"]["uid"] != ctx.text("uid"):
            return Moved("virtual_service_uid", ctx.text("uid"), live["metadata"]["uid"])
        return compared(live, _changes(ctx))

    def claim(self, ctx: Context) -> None:
        """The VirtualService."""
        claim(ctx, _virtual_service(ctx), uid=ctx.text("uid"))

    def apply(self, ctx: Context) -> JsonObject:
        """Write the destinations of these routes, each tested against what it replaces; all in one patch."""
        operations: list[patches.Operation] = []
        for change in _changes(ctx):
            at = ("spec", "http", int(change["index"]))
            if change["name"]:
                operations.append(patches.test(patches.pointer(*at, "name"), change["name"]))
            operations += patches.value(patches.pointer(*at, "route"), old=change["before"], new=change["after"])
        guarded = patches.guarded(uid=ctx.text("uid"), fence=ctx.fence, operations=operations)
        ctx.clients.kubernetes.json_patch(_virtual_service(ctx), guarded, manager=ctx.manager)
        return {"routes": len(_changes(ctx))}

    def settle(self, ctx: Context) -> Settled:
        """Read it back; the hold that follows is the time that proxies take to hear of it."""
        live = ctx.clients.kubernetes.get(_virtual_service(ctx))
        if isinstance(compared(live, _changes(ctx)), AlreadySo):
            return Done({"routes": len(_changes(ctx)), "read_back": True})
        return Waiting(SOON_S)

    def check(self, ctx: Context) -> list[Check]:
        """After the hold: the routes still are as set."""
        held = isinstance(compared(ctx.clients.kubernetes.get(_virtual_service(ctx)), _changes(ctx)), AlreadySo)
        measured = Measured(name="routes", value=float(held), unit="count", limit=1)
        verdict, saw = (Verdict.PASS, "as-set") if held else (Verdict.FAIL, "moved-back")
        return [Check(code="route_held", verdict=verdict, saw=saw, measured=(measured,))]


def compared(live: Raw, changes: Iterable[Raw]) -> Look:
    """Whether the routes are as planned, as wanted, or neither; a mixture is neither. Pure."""
    http: list[Raw] = live.get("spec", {}).get("http") or []
    states = set()
    for change in changes:
        index = int(change["index"])
        route = http[index] if index < len(http) else {}
        now = route.get("route")
        same = str(route.get("name", "")) == change["name"]
        states.add(
            "wanted" if same and now == change["after"] else "planned" if same and now == change["before"] else ""
        )
    if states == {"wanted"}:
        return AlreadySo()
    if states == {"planned"}:
        return AsPlanned()
    destinations: list[Json] = [route.get("route") for route in http]
    return Moved("destinations", None, destinations)


def serving(slices: Iterable[Raw]) -> set[str]:
    """The uids of the pods that stand ready in a Service's EndpointSlices. Pure."""
    return {
        str(endpoint.get("targetRef", {}).get("uid"))
        for piece in slices
        for endpoint in piece.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready")
    }


def uids(items: Iterable[Raw]) -> set[str]:
    """Their uids."""
    return {str(item["metadata"]["uid"]) for item in items}


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a Service's selector takes pods with these labels; an empty one takes none (Kubernetes' rule)."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def service_selector(ctx: Context) -> dict[str, str]:
    """The live selector of the Service a step names; empty where it is gone."""
    try:
        live = ctx.clients.kubernetes.get(_service(ctx))
    except errors.NotFound:
        return {}
    return dict(live["spec"].get("selector") or {})


def _changes(ctx: Context) -> list[Raw]:
    given = ctx.step.params["changes"]
    return [dict(change) for change in given if isinstance(change, dict)] if isinstance(given, list) else []


def _selector(ctx: Context, name: str) -> dict[str, str]:
    given = ctx.step.params[name]
    return {key: str(value) for key, value in given.items()} if isinstance(given, dict) else {}


def _service(ctx: Context) -> Ref:
    return Ref(SERVICE, ctx.text("namespace"), ctx.text("service"))


def _virtual_service(ctx: Context) -> Ref:
    return Ref(VIRTUAL_SERVICE, ctx.text("namespace"), ctx.text("virtual_service"))


def _good(ctx: Context) -> Ref:
    return Ref(DEPLOYMENT, ctx.text("namespace"), ctx.text("stable_deployment"))
