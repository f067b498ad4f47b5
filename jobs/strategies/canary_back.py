"""Taking a canary rollback back: the weight that the canary had, as long as its Deployment is still there. Pure."""

from __future__ import annotations

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Effect, Note, Step
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request
from jobs.clients.objects import image, version
from jobs.steps import routers
from jobs.steps.moves import percent
from jobs.steps.splits import WHOLE, Pair
from jobs.strategies import two_sides_steps
from jobs.strategies.canary_decision import Decision, entry_of
from jobs.strategies.canary_steps import READ_BACK_S


def wanted(request: Request) -> float:
    """The canary's percent before the rollback that is to be taken back; 0 where nobody wrote it down."""
    weight = request.undoes.get("weight")
    return float(weight) if isinstance(weight, int | float) and not isinstance(weight, bool) else 0.0


def steps(decision: Decision, service: Service, *, weight: float, digest: str) -> tuple[Step, ...]:
    """One move up, and the checks at the end. Stable keeps the pods it has.

    Raises:
        Refused: already-there, when the canary has that weight or more.
    """
    if decision.live >= weight:
        raise Refused(Code.ALREADY_THERE, why="weight", name=entry_of(service).canary.deployment, weight=decision.live)
    return (
        _raise(decision, service, weight=weight),
        two_sides_steps.validate(decision.stable, service, digest=digest, needed=1, hpa=decision.hpa),
    )


def risks(decision: Decision, service: Service, *, weight: float) -> tuple[Note, ...]:
    """That traffic goes to the version that was taken back."""
    bad = version(image(decision.canary, service.kubernetes.container))
    return (Note(code="weight-back", figures={"version": bad, "weight": weight}), Note(code="config-and-db-untouched"))


def _raise(decision: Decision, service: Service, *, weight: float) -> Step:
    entry = entry_of(service)
    router, name = routers.named_by(entry)
    routes: list[Json] = [
        {"name": route.name, "label": route.label, "from": percent(route.canary_percent), "to": weight}
        for route in decision.split.routes
    ]
    params: JsonObject = {
        "namespace": service.kubernetes.namespace,
        router.figure: name,
        "uid": decision.routing["metadata"]["uid"],
        "route": entry.route,
        "pair": Pair.of(entry).params,
        "from": decision.live,
        "to": weight,
        "stable_to": WHOLE - weight,
        "routes": routes,
        "switch": [],
        "left": [{"name": match.name, "label": match.label} for match in decision.split.matches],
        "first": True,
        "stable_deployment": entry.stable.deployment,
        "pods": 1,
        "error_limit": service.limits.error_share,
    }
    return Step(
        kind="set_weight",
        params=params,
        effect=Effect.CAS,
        hold_s=entry.hold_s,
        deadline_s=30,
        estimate_s=entry.hold_s + READ_BACK_S,
        take_back="set-weight",
    )
