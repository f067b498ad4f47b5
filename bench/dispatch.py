"""From the second Approve click to what the API server's audit log shows: the bot's first write, and the first effect.

A claim is a merge patch, an object; an effect is a JSON patch, a list, or a deletion.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from bench import people
from bench.figures import Figure, percentile
from bench.site import QUICK, Site
from bench.waiting import until
from bot.domain.events import Kind
from sandbox.cluster import AuditEvent

SAMPLES = 9
GOAL_MS = 150.0
_BOT = "system:serviceaccount:rollback-bot:rollback-bot"
_CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
_BARE = 30
_WITHIN_S = 30.0


@dataclass(frozen=True)
class Sample:
    """Milliseconds from the second click to each thing."""

    quorum: float
    started: float
    first_write: float
    first_effect: float


def measure(site: Site) -> list[Figure]:
    """Nine runs with a warm worker; one before them is dropped."""
    bare = _bare_patch(site)
    samples = [_sample(site) for _ in range(1 + SAMPLES)][1:]
    writes = [sample.first_write for sample in samples]
    spread = f"min {min(writes):.0f}, max {max(writes):.0f} ms of {len(writes)}"
    return [
        Figure(
            name="dispatch_first_write_p50",
            value=_p50(writes),
            unit="ms",
            goal=GOAL_MS,
            beside=f"{spread}; a bare PATCH to the same API server: {bare:.1f} ms",
        ),
        Figure(
            name="dispatch_first_effect_p50",
            value=_p50([sample.first_effect for sample in samples]),
            unit="ms",
            beside="first write that changes traffic or replicas",
        ),
        Figure(
            name="dispatch_to_quorum_p50",
            value=_p50([sample.quorum for sample in samples]),
            unit="ms",
            beside="click to the approval in the journal",
        ),
        Figure(
            name="dispatch_to_started_p50",
            value=_p50([sample.started for sample in samples]),
            unit="ms",
            beside="click to `started` in the journal: worker woken, facts read again",
        ),
    ]


def _sample(site: Site) -> Sample:
    """One run up to its first effect, then production put back."""
    rollback_id = people.ask(site, "canary", QUICK)
    clicked = people.approve(site, rollback_id)
    until(lambda: site.store.load(rollback_id).rollback.touched, within_s=_WITHIN_S, what="a first effect")
    people.abort(site, rollback_id)
    writes = _writes(site, since=clicked)
    at = {event.kind: event.at for event in site.store.journal(rollback_id)}
    site.stack.put_back()
    effects = [event for event in writes if isinstance(event.body, list) or event.verb == "delete"]
    return Sample(
        quorum=at[Kind.QUORUM] - clicked.timestamp() * 1000,
        started=at[Kind.STARTED] - clicked.timestamp() * 1000,
        first_write=_ms(clicked, writes[0]),
        first_effect=_ms(clicked, effects[0]),
    )


def _writes(site: Site, *, since: datetime) -> list[AuditEvent]:
    """The bot's writes after a moment, by when the API server got them."""
    found = [e for e in site.stack.cluster.audit() if e.wrote and e.user == _BOT and e.received_at >= since]
    return sorted(found, key=lambda event: event.received_at)


def _ms(since: datetime, event: AuditEvent) -> float:
    return (event.received_at - since).total_seconds() * 1000


def _p50(values: list[float]) -> float:
    return round(percentile(values, 50), 1)


def _bare_patch(site: Site) -> float:
    """Milliseconds that a PATCH of a ConfigMap takes on a warm connection: what no bot can be faster than."""
    api = site.stack.cluster.api()
    api.create(_CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bench"}})
    times = []
    for number in range(_BARE):
        began = time.perf_counter()
        api.patch(f"{_CONFIG_MAPS}/bench", {"data": {"number": str(number)}})
        times.append((time.perf_counter() - began) * 1000)
    return percentile(times, 50)
