"""Three people press Approve three hundred times, all at once: it starts once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sandbox.outside import Outside
from sandbox.stack import Stack
from tests.integration.path import looks
from tests.integration.path.people import ADA, BEN, CEM, CHANNEL, REQUESTER, People

CLICKS = 300
AT_ONCE = 30


def test_three_hundred_clicks_start_it_once(production: Stack, people: People) -> None:
    """Each person counts once, one quorum, one start, and the API server saw the first effect once."""
    since = looks.now()
    card = people.ask()
    card.until("Approval needed (0 of 2)")
    message, url = card.message, production.slack_url

    def press(number: int) -> None:
        Outside(url).click((ADA, BEN, CEM)[number % 3], CHANNEL, message, "Approve")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(press, range(CLICKS)))
    card.until("Running 2 of 7", within_s=60)
    card.press(REQUESTER, "Abort")
    card.until("Aborted", within_s=60)
    journal = looks.store(production).journal(looks.newest(production).id)
    kinds = [str(event.kind) for event in journal]
    assert kinds.count("started") == kinds.count("quorum") == 1
    voices = [event.by.id for event in journal if event.kind == "approved" and event.by]
    assert len(voices) == len(set(voices)) == 2
    assert looks.effects(production, since).count(("patch", "game-server", "replicas=8")) == 1
