"""What a canary rollback's card says beside its steps: what changes, what is left out, what could go wrong. Pure."""

from __future__ import annotations

from bot.catalog.model import Service
from bot.domain.model import Json, JsonObject
from bot.domain.plan import Note
from jobs.checks.measure import SCRAPES_A_WINDOW, fits
from jobs.clients.objects import desired, image, ready, version
from jobs.steps import routers
from jobs.steps.moves import percent
from jobs.strategies import canary_gates, capacity
from jobs.strategies.canary_decision import CanaryFacts, Decision, entry_of


def changes(decision: Decision, service: Service) -> tuple[Note, ...]:
    """Several routes that are moved together, and routes that a match has led to the canary alone."""
    router, name = routers.named_by(entry_of(service))
    notes: list[Note] = []
    if len(decision.split.routes) > 1:
        shares: list[Json] = [f"{route.label} ({percent(route.canary_percent):g} %)" for route in decision.split.routes]
        notes.append(Note(code="several-routes", figures={"name": name, "routes": shares}))
    matches: list[Json] = [match.label for match in decision.split.matches]
    if matches:
        notes.append(Note(code="match-routes", figures={"kind": router.kind.name, "name": name, "routes": matches}))
    return tuple(notes)


def left_out(decision: Decision) -> tuple[Note, ...]:
    """Configured weights that are not stopped at, and why."""
    notes: list[Note] = []
    if decision.left_out:
        figures: JsonObject = {"weights": list[Json](decision.left_out), "live": decision.live}
        notes.append(Note(code="weights-not-below", figures=figures))
    if decision.leapt:
        notes.append(Note(code="fast", figures={"weights": list[Json](decision.leapt), "live": decision.live}))
    return tuple(notes)


def risks(decision: Decision, facts: CanaryFacts, service: Service) -> tuple[Note, ...]:
    """What could go wrong, as far as it is known."""
    entry, interval = entry_of(service), service.metrics.scrape_interval_s
    stable = version(image(decision.stable, service.kubernetes.container))
    notes = [Note(code="stable-takes-all", figures={"pods": decision.needed, "version": stable})]
    if ready(decision.stable) < desired(decision.stable):
        short: JsonObject = {"ready": ready(decision.stable), "pods": desired(decision.stable)}
        notes.append(Note(code="stable-short", figures=short))
    notes += capacity.risks(
        facts.objects.autoscalers, good=entry.stable.deployment, bad=entry.canary.deployment, hpa=decision.hpa
    )
    if decision.unsure:
        router, name = routers.named_by(entry)
        figures: JsonObject = {"kind": router.kind.name, "name": name, "namespace": service.kubernetes.namespace}
        notes.append(Note(code="ambient-unknown", figures=figures))
    if facts.seen.whole.share is None:
        notes.append(Note(code="prometheus-unknown", figures={"why": facts.seen.whole.why}))
    if not fits(service.metrics, window_s=entry.hold_s):
        least: JsonObject = {"hold_s": entry.hold_s, "least_s": SCRAPES_A_WINDOW * interval, "interval_s": interval}
        notes.append(Note(code="bad-window", figures=least))
    notes += [Note(code="managed-by", figures=held) for held in canary_gates.managers(facts.objects, entry)]
    return (*notes, Note(code="config-and-db-untouched"))
