"""Locks, deploy holds and history in words: on cards, in status, in answers and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal
from bot.domain.standing import Bad, Hold, Lock, Standing
from bot.views import answers, locks
from bot.views.card import card
from bot.views.history import history
from bot.views.message import Message
from tests.unit.views import factory as run

ADA = Person(team="T1", id="U1", name="approver-1")
LOCKED = Standing(
    service="game-server",
    lock=Lock(by=ADA, reason="database move", at=run.at("03:10:00"), until=run.at("05:10:00")),
)
HELD = Standing(
    service="game-server",
    hold=Hold(rollback_id="rb-1042", version="v2.0.5", at=run.at("03:16:44")),
    bad={"v2.1.0": Bad(rollback_id="rb-1042", at=run.at("03:16:44"), error_share=0.084)},
)


def said(message: Message) -> str:
    """Everything it shows, with plain spaces."""
    return json.dumps(message.blocks, ensure_ascii=False).replace("\u00a0", " ")


def small_print(message: Message) -> str:
    """B7: the last line of a card."""
    block: Any = message.blocks[-1]
    return str(block["elements"][0]["text"]).replace("\u00a0", " ")


def refused(code: Code, figures: JsonObject) -> str:
    """The words of a refusal."""
    block: Any = answers.refusal(Refusal(code=code, figures=figures)).blocks[0]
    return str(block["text"]["text"]).replace("\u00a0", " ")


def test_the_card_of_an_open_rollback_shows_the_lock() -> None:
    """Approvers see that somebody said no, who it was, why and until when."""
    shown = card(run.planned().rollback, now=run.at("03:13:00"), catalog_revision="41d09e", standing=LOCKED)
    assert small_print(shown).endswith('locked for new rollbacks until 05:10 UTC by @approver-1: "database move"')


def test_a_lock_that_ran_out_is_not_shown() -> None:
    """The card is as right as the clock."""
    shown = card(run.planned().rollback, now=run.at("05:10:00"), catalog_revision="41d09e", standing=LOCKED)
    assert "locked" not in small_print(shown)


def test_the_card_of_a_success_shows_the_hold_it_set() -> None:
    """B7 of a success is UX.md's; another rollback's card does not show it."""
    done = run.succeeded().rollback
    shown = card(done, now=run.at("03:17:00"), catalog_revision="41d09e", standing=HELD)
    other = HELD.model_copy(update={"hold": Hold(rollback_id="rb-2000", version="v2.0.5", at=0)})

    assert small_print(shown).endswith(
        "v2.1.0 marked bad · deploy hold on game-server (advice to pipelines): `/rollback unlock game-server`"
    )
    assert "hold" not in small_print(card(done, now=run.at("03:17:00"), catalog_revision="41d09e", standing=other))


def test_a_reason_cannot_call_anybody() -> None:
    """What a person typed into a lock is shown and does nothing."""
    lock = Lock(by=ADA, reason="<!channel> `x` *y*", at=1, until=None)
    told = locks.locked(Standing(service="game-server", lock=lock))
    assert "<!channel>" not in said(told)
    assert "&lt;!channel&gt;" in said(told)


@pytest.mark.parametrize(
    ("code", "figures", "words"),
    [
        (
            Code.LOCKED,
            {
                "service": "game-server",
                "by": "@approver-1",
                "reason": "database move",
                "until": run.at("05:10:00"),
                "why": "",
            },
            (
                'game-server is locked until 05:10 UTC by @approver-1: "database move". Nothing was changed. '
                "Lift it: `/rollback unlock game-server`"
            ),
        ),
        (
            Code.LOCKED,
            {
                "service": "game-server",
                "by": "@approver-1",
                "reason": "database move",
                "since": run.at("05:10:00") - 3 * 86_400_000,
                "until": run.at("05:10:00"),
                "why": "",
            },
            (
                'game-server is locked until 2026-11-22 05:10 UTC by @approver-1: "database move". Nothing was '
                "changed. Lift it: `/rollback unlock game-server`"
            ),
        ),
        (
            Code.LOCKED,
            {"service": "game-server", "why": "unreadable"},
            (
                "Whether game-server is locked cannot be read, so it counts as locked. Nothing was changed. "
                "An operator looks at the records of game-server in Redis; then send it again"
            ),
        ),
        (
            Code.BAD_VERSION,
            {
                "why": "marked",
                "service": "game-server",
                "asked": "v2.0.4",
                "marked_by": "rb-0987",
                "marked_at": run.at("03:00:00"),
                "marked_share": 0.12,
                "marked_reason": "errors",
            },
            (
                "v2.0.4 is marked bad by rb-0987 (2026-11-22, error rate 12.0 %). Nothing was changed. "
                "If it is good after all: `rollbackctl mark-good game-server v2.0.4`; then send the command again"
            ),
        ),
        (
            Code.NO_BREAK_GLASS,
            {"service": "game-server", "strategy": "canary", "send": "/rollback canary game-server"},
            (
                "The catalog offers no break glass for game-server. Nothing was changed. "
                "Ask for it with all its approvals: `/rollback canary game-server`"
            ),
        ),
    ],
)
def test_refusals_say_who_why_and_what_next(code: Code, figures: JsonObject, words: str) -> None:
    """The three parts of what people decided."""
    assert refused(code, figures) == words


def test_status_shows_what_stands_also_when_nothing_runs() -> None:
    """Lock, hold and bad versions of each service."""
    told = said(answers.status((), now=run.at("04:00:00"), standings=(LOCKED, HELD)))
    assert "Nothing is running" in told
    assert "locked for new rollbacks until 05:10 UTC by @approver-1" in told
    assert "Deploy hold on game-server since rb-1042" in told
    assert "Marked bad: v2.1.0" in told


def test_history_has_a_line_each_and_says_how_many_more() -> None:
    """State, what, from and to, who, when, how long, report."""
    done = run.succeeded().add("03:16:50", Kind.REPORTED, channel="C1", ts="1.2", link="https://x.example/p1").rollback
    told = said(history([done, run.planned().rollback], service="game-server", more=7, since=run.at("00:00:00")))

    assert "*9 rollbacks of game-server since 2026-11-22*" in told
    assert (
        "*rb-1042* succeeded · game-server canary v2.1.0 → v2.0.5 · @requester 2026-11-22 03:12 UTC · 2 min 42 s · "
        "<https://x.example/p1|Report>"
    ) in told
    assert "waits for approval" in told
    assert "7 more" in told


def test_an_empty_history_says_so_in_words() -> None:
    """Nothing found is an answer, with what to do next."""
    assert "No rollback of shop was asked for." in said(history((), service="shop", more=0, since=None))


def test_twenty_long_lines_fit_into_slacks_sections() -> None:
    """Rows are never cut in the middle."""
    done = run.succeeded().rollback
    request = done.request.model_copy(update={"service": "g" * 63})
    long = done.model_copy(update={"request": request, "report_link": "https://x.example/" + "p" * 200})
    message = history([long] * 20, service="", more=0, since=None)
    assert all(len(str(block["text"]["text"])) <= 3_000 for block in message.blocks if block["type"] == "section")  # type: ignore[index,call-overload]  # blocks are JSON
    assert said(message).count("rb-1042") == 20
