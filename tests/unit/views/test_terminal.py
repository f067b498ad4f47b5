"""What a terminal shows: Slack's messages as plain text, and refusals that speak of commands and not of buttons."""

from __future__ import annotations

import pytest

from bot.domain.model import Json
from bot.domain.people import Person
from bot.domain.refusal import Code, Refusal
from bot.views import answers, terminal, words
from bot.views.message import Message

FIGURES: dict[str, Json] = {"id": "rb-1042", "service": "game-server", "state": "planned", "digest": "7c1e9a40" * 8}


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("Send: `/rollback status rb-1042`", "Send: rollbackctl status rb-1042"),
        (
            "*To finish* `/rollback canary game-server to=v2.0.5`",
            "To finish rollbackctl canary game-server --to v2.0.5",
        ),
        ('`/rollback lock game-server reason="…"`', 'rollbackctl lock game-server --reason "…"'),
        ("`/rollback canary x break-glass=yes`", "rollbackctl canary x --break-glass"),
        ("Leave `to=` out, or write `to=v2`", "Leave --to out, or write --to v2"),
        ("at <!date^1795318567^{time_secs}|03:16:07 UTC>", "at 03:16:07 UTC"),
        ("&lt;!channel&gt; &amp; co", "<!channel> & co"),
        ("<https://slack.example/p1|report>", "report https://slack.example/p1"),
        ("`maxmemory=64mb`", "maxmemory=64mb"),
    ],
)
def test_markup_becomes_what_can_be_read_and_typed(marked: str, shown: str) -> None:
    """Bold, tokens, links and code marks go; commands are those of rollbackctl."""
    assert terminal.typed(marked) == shown


def test_buttons_are_left_out_and_nothing_else() -> None:
    """Headers, sections and small print stand, a line each."""
    message = Message(
        "text",
        (
            {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Body*"}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "one"}, {"type": "mrkdwn", "text": "two"}]},
            {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Approve"}}]},
        ),
    )
    assert terminal.plain(message) == "Head\nBody\none · two"


@pytest.mark.parametrize("code", list(Code))
def test_every_refusal_has_three_parts_and_no_markup(code: Code) -> None:
    """Whatever its code: what happened, what it means, what to do; and nothing that only Slack can show."""
    told = terminal.refusal(Refusal(code=code, figures=FIGURES))
    lines = told.splitlines()
    assert len(lines) >= 4
    assert lines[-1] == f"code {code.value}"
    assert not any(mark in told for mark in ("`", "/rollback ", "<!date", "&amp;", "&lt;"))


@pytest.mark.parametrize("why", ["moved-on", "already-asked", "not-skippable", "approvals-lapsed", "not-ended"])
@pytest.mark.parametrize("code", [Code.STALE_BUTTON, Code.TOO_LATE, Code.PLAN_CHANGED])
def test_nobody_at_a_terminal_is_told_of_buttons(code: Code, why: str) -> None:
    """Nor of clicks and cards."""
    told = terminal.refusal(Refusal(code=code, figures={**FIGURES, "why": why})).lower()
    assert not any(word in told for word in ("button was", "click", "press", "this card"))


def test_who_spoke_at_a_terminal_is_shown_so() -> None:
    """Behind the name, in every language that has the word."""
    ada = Person(team="T1", id="U1", name="ada", via="terminal")
    assert words.get("en").who(ada) == "@ada (rollbackctl)"
    assert words.get("en").who(ada.model_copy(update={"via": ""})) == "@ada"


def test_a_message_without_blocks_is_its_text() -> None:
    """Nothing is lost."""
    assert terminal.plain(Message("only text", ())) == "only text"
    assert "Nothing is running" in terminal.plain(answers.status((), now=0))
