"""The three people of a rollback: one asks, two approve; and one who stops it, or waits until nothing more comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bench.site import CHANNEL, Site
from bench.waiting import until
from bot.domain.rollback import TERMINAL, Rollback, State

REQUESTER, ADA, BEN = "U0REQUESTER", "U0APPROVER1", "U0APPROVER2"
_PLAN_S, _CARD_S, _END_S, _REST_S = 60.0, 30.0, 240.0, 60.0


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
        found[:] = [r for r in site.store.recent(service, 100) if r.id not in known]
        return bool(found) and found[0].state is not State.REQUESTED

    until(planned, within_s=_PLAN_S, what=f"a plan for {service}")
    rollback = found[0]
    if rollback.state is not State.PLANNED:
        raise RuntimeError(f"{rollback.id} is {rollback.state}, not planned: {rollback.last}")
    until(lambda: _approvable(site, rollback.id) is not None, within_s=_CARD_S, what="a card with an Approve button")
    return rollback.id


def approve(site: Site, rollback_id: str) -> datetime:
    """Approve as two people, the second after the first was counted; when the second click was sent.

    Raises:
        TimeoutError: the first approval was not counted.
    """
    site.outside.click(ADA, CHANNEL, _card(site, rollback_id), "Approve")
    until(lambda: "(1 of 2)" in _card(site, rollback_id)["text"], within_s=_CARD_S, what="the first approval")
    card = _card(site, rollback_id)
    sent = datetime.now(UTC)
    site.outside.click(BEN, CHANNEL, card, "Approve")
    return sent


def abort(site: Site, rollback_id: str) -> None:
    """Type the abort, also of one that has halted, and wait until it has ended.

    Raises:
        TimeoutError: it did not end.
    """
    site.outside.command(REQUESTER, CHANNEL, f"/rollback abort {rollback_id}")
    until(lambda: _now(site, rollback_id).state in TERMINAL, within_s=_END_S, what=f"the end of {rollback_id}")


def ended(site: Site, rollback_id: str, *, within_s: float) -> Rollback:
    """Wait for the rollback's end; how it then stands. A halt ends nothing, but nobody is here to answer it.

    Raises:
        RuntimeError: it halted; the message says why.
        TimeoutError: it did not end in time.
    """

    def over() -> bool:
        rollback = _now(site, rollback_id)
        if rollback.state is State.HALTED:
            raise RuntimeError(f"{rollback_id} halted: {rollback.last}")
        return rollback.state in TERMINAL

    until(over, within_s=within_s, what=f"the end of {rollback_id}")
    return _now(site, rollback_id)


def at_rest(site: Site, rollback_id: str, *, within_s: float) -> Rollback:
    """As `ended`, and until a service that succeeded is not watched any more."""
    ended(site, rollback_id, within_s=within_s)

    def over() -> bool:
        rollback = _now(site, rollback_id)
        return rollback.state in TERMINAL and (rollback.watch_until is None or rollback.watched)

    until(over, within_s=_REST_S, what=f"the end of watching after {rollback_id}")
    return _now(site, rollback_id)


def _now(site: Site, rollback_id: str) -> Rollback:
    return site.store.load(rollback_id).rollback


def _card(site: Site, rollback_id: str) -> dict[str, Any]:
    card = _approvable(site, rollback_id)
    if card is None:
        raise RuntimeError(f"the card of {rollback_id} has no Approve button any more")
    return card


def _approvable(site: Site, rollback_id: str) -> dict[str, Any] | None:
    """The message whose Approve button is this rollback's."""
    for message in reversed(site.outside.messages(CHANNEL)):
        elements = [e for block in message.get("blocks", []) for e in block.get("elements", [])]
        if any(e.get("action_id") == "approve" and e["value"].startswith(f"{rollback_id}|") for e in elements):
            return message
    return None
