"""Asking for any way back in the bench's channel, and waiting until nothing more comes of it."""

from __future__ import annotations

from typing import Final

from bench import people
from bench.people import REQUESTER
from bench.site import CHANNEL, Site
from bench.waiting import until
from bot.domain.rollback import TERMINAL, Rollback, State

QUICK: Final = {
    "channel": CHANNEL,
    "validation": {"health_every_s": 0.1},
    "watch": {"for_s": 2, "every_s": 1},
}
"""Of a catalog entry: what comes after a run is short, and its cards come where the bench's people are."""
_PLAN_S, _CARD_S, _REST_S = 60.0, 30.0, 60.0


def ask(site: Site, way: str, service: str, *, more: str = "") -> str:
    """Type the command and wait for the card with its Approve button; the rollback's id. `more`: further options.

    Raises:
        RuntimeError: it was not planned.
        TimeoutError: no plan or no card came.
    """
    known = {rollback.id for rollback in site.store.recent(service, 100)}
    site.outside.command(REQUESTER, CHANNEL, f'/rollback {way} {service} {more} reason="measured"')
    found: list[Rollback] = []

    def planned() -> bool:
        found[:] = [one for one in site.store.recent(service, 100) if one.id not in known]
        return bool(found) and found[0].state is not State.REQUESTED

    until(planned, within_s=_PLAN_S, what=f"a plan for {service}")
    rollback = found[0]
    if rollback.state is not State.PLANNED:
        raise RuntimeError(f"{rollback.id} is {rollback.state}, not planned: {rollback.last}")
    until(lambda: _has_button(site, rollback.id), within_s=_CARD_S, what="a card with an Approve button")
    return rollback.id


def ended(site: Site, rollback_id: str, *, within_s: float) -> Rollback:
    """Wait for the rollback's end, and until a service that succeeded is not watched any more; how it then stands.

    Raises:
        RuntimeError: it halted.
        TimeoutError: it did not end in time.
    """
    people.ended(site, rollback_id, within_s=within_s)

    def at_rest() -> bool:
        rollback = site.store.load(rollback_id).rollback
        return rollback.state in TERMINAL and (rollback.watch_until is None or rollback.watched)

    until(at_rest, within_s=_REST_S, what=f"the end of watching after {rollback_id}")
    return site.store.load(rollback_id).rollback


def stop(site: Site, rollback_id: str, *, within_s: float) -> None:
    """Type the abort of one that may have halted, and wait until it has ended.

    Raises:
        TimeoutError: it did not end in time.
    """
    site.outside.command(REQUESTER, CHANNEL, f"/rollback abort {rollback_id}")
    until(
        lambda: site.store.load(rollback_id).rollback.state in TERMINAL,
        within_s=within_s,
        what=f"the end of {rollback_id}",
    )


def _has_button(site: Site, rollback_id: str) -> bool:
    elements = [
        element
        for message in site.outside.messages(CHANNEL)
        for block in message.get("blocks", [])
        for element in block.get("elements", [])
    ]
    return any(one.get("action_id") == "approve" and one["value"].startswith(f"{rollback_id}|") for one in elements)
