"""Ephemeral answers: three parts each, for every code; help, status, the dry run."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.approval import Policy
from bot.domain.model import Json, JsonObject
from bot.domain.refusal import Code, Refusal
from bot.views import answers
from bot.views.message import Message
from tests.unit.views import factory as run

POLICY = Policy(need=2, group=run.GROUP)


def said(message: Message) -> str:
    """The first section, with plain spaces."""
    block: Any = message.blocks[0]
    return str(block["text"]["text"]).replace("\u00a0", " ")


def refused(code: Code, **figures: Json) -> str:
    """The words of a refusal."""
    return said(answers.refusal(Refusal(code=code, figures=figures)))


CASES: list[tuple[Code, JsonObject, str]] = [
    (
        Code.REQUESTER_EXCLUDED,
        {"id": "rb-1042", "group": run.GROUP, "have": 1, "need": 2},
        (
            "Not counted: you asked for rb-1042, and the requester does not count. It still needs 1 of 2. "
            "Ask others from game-server-approvers to approve it"
        ),
    ),
    (
        Code.NO_CANARY,
        {"service": "game-server", "pods": 0, "weight": None, "stable_version": "v2.0.5"},
        (
            "No canary of game-server is running (0 pods). Nothing was changed. v2.0.5 is on stable. "
            "To see what was done lately: `/rollback status game-server`"
        ),
    ),
    (
        Code.UNKNOWN_SERVICE,
        {"service": "game-sever", "nearest": ["game-server"], "send": "/rollback canary game-server"},
        (
            "No service is named `game-sever`. Nothing was changed. Did you mean `game-server`? "
            "Send: `/rollback canary game-server`"
        ),
    ),
    (
        Code.UNKNOWN_COMMAND,
        {"command": "canery", "nearest": ["canary"], "send": "/rollback canary game-server"},
        (
            "`canery` is no command of mine. Nothing was changed. Nearest: `canary`. "
            "Send: `/rollback canary game-server`, or `/rollback help` for all"
        ),
    ),
    (
        Code.NO_CANARY,
        {"service": "game-server", "pods": 0, "weight": 0, "stable_version": "v2.1.0"},
        (
            "No canary of game-server is running (0 pods, weight 0 %). Nothing was changed. v2.1.0 is on stable. "
            "To see what was done lately: `/rollback status game-server`"
        ),
    ),
    (
        Code.TARGET_BUSY,
        {"id": "rb-1039", "service": "game-server", "step": 4, "steps": 7},
        (
            "rb-1039 is already changing game-server (step 4 of 7). Nothing new was started. "
            "Follow it: `/rollback status rb-1039`. To stop it: `/rollback abort rb-1039`"
        ),
    ),
    (
        Code.NOT_APPROVER,
        {"group": "game-server-approvers", "members": 6, "id": "rb-1042", "have": 1, "need": 2},
        (
            "Not counted: you are not in game-server-approvers. rb-1042 still has 1 of 2. "
            "Its 6 members are under All details; ask one of them"
        ),
    ),
    (
        Code.ALREADY_COUNTED,
        {"at": run.at("03:13:10"), "digest": "7c1e9a40" + "0" * 56, "missing": 1},
        (
            "Already counted: you approved plan 7c1e9a40 at 03:13:10 UTC. 1 more is needed, from somebody else. "
            "Pressing again changes nothing"
        ),
    ),
    (
        Code.PLAN_CHANGED,
        {
            "id": "rb-1042",
            "state": "superseded",
            "digest": "7c1e9a40" + "0" * 56,
            "moved": {"canary_weight": [50, 30]},
            "successor": "rb-1043",
        },
        (
            "Not counted: your button was for plan 7c1e9a40, which no longer stands (Canary weight 50 → 30 %). "
            "Nothing was changed. Read and approve the new plan: `rb-1043`"
        ),
    ),
    (
        Code.TOO_LATE,
        {"id": "rb-1042", "state": "expired", "at": run.at("03:27:06")},
        (
            "Too late: rb-1042 expired at 03:27:06 UTC. Nothing was changed. "
            "Press Plan again on the card; it needs new approvals"
        ),
    ),
    (
        Code.TOO_LATE,
        {"id": "rb-1042", "state": "expired", "at": run.at("03:27:06"), "lost": True},
        (
            "Too late: rb-1042 expired at 03:27:06 UTC. Your click changed nothing. "
            "Press Plan again on the card; it needs new approvals"
        ),
    ),
    (
        Code.DASHED_OPTION,
        {"given": "--to=v2.0.5", "write": "to=v2.0.5"},
        "`--to=v2.0.5` is not how I read options. Nothing was changed. Write `to=v2.0.5`",
    ),
    (
        Code.MISSING_RIGHT,
        {"verb": "patch", "resource": "virtualservices", "namespace": "game-production"},
        (
            "I may not patch virtualservices in game-production (403). Nothing was changed. "
            "Add verb `patch` for `virtualservices` to my Role, then Plan again"
        ),
    ),
    (
        Code.STORE_UNREADABLE,
        {},
        (
            "I cannot read my own records (Redis). I start nothing until I can. "
            "Look whether Redis is up; then send the command or press again"
        ),
    ),
]


@pytest.mark.parametrize(("code", "figures", "words"), CASES)
def test_refusal_reads_as_in_the_specification(code: Code, figures: JsonObject, words: str) -> None:
    """The wording of UX.md section 4, as far as what it points to is built."""
    assert refused(code, **figures) == words


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_three_parts(code: Code) -> None:
    """Without any figure there is still what happened, what it means and what to do; the code stands at the end."""
    message = answers.refusal(Refusal(code=code))
    small: Any = message.blocks[-1]
    assert len(said(message).split(". ")) >= 2
    assert small["elements"][0]["text"] == f"code {code.value}"
    assert "`" not in message.text


def test_typed_text_cannot_break_out_of_its_code_marks() -> None:
    """What somebody typed is shown as typed text: no mention, no end of the code."""
    told = refused(Code.UNKNOWN_COMMAND, command="`<!channel> *x*", nearest=[], send="/rollback help")
    assert told.startswith("`'&lt;!channel&gt; *x*` is no command")


def test_help_names_only_what_is_built() -> None:
    """No command that does not work stands in the help."""
    told = " ".join(str(block) for block in answers.help(None, services=["game-server"], me=answers.Me()).blocks)
    for missing in ("doctor", "rehearse", "rollbackctl", "validate SERVICE", "why"):
        assert missing not in told
    assert "/rollback canary game-server" in told


@pytest.mark.parametrize("command", ["canary", "plan", "status", "abort", "report", "help"])
def test_help_of_each_command_has_an_example(command: str) -> None:
    """Help of a command says what it does and shows one to copy."""
    assert "*Example* `/rollback" in said(answers.help(command, services=["game-server"]))


def test_status_of_nothing_and_of_many() -> None:
    """Nothing is said to be nothing; many are ten rows and how many more."""
    assert said(answers.status((), now=0)) == "Nothing is running. Nothing waits for you."
    many = answers.status([run.planned().rollback] * 13, now=run.at("03:13:00"))
    assert len(many.blocks) == 11
    assert "3 more" in str(many.blocks[-1])


def test_status_of_one_is_its_card_without_buttons() -> None:
    """An answer that only the asker sees offers no approval."""
    message = answers.status((run.planned().rollback,), now=run.at("03:13:00"))
    assert message.blocks[0]["type"] == "header"
    assert all(block["type"] != "actions" for block in message.blocks)


def test_preview_offers_to_ask_and_nothing_else() -> None:
    """The dry run says that nothing is stored; its button carries the command to send."""
    message = answers.preview(run.plan(), run.REQUEST, policy=POLICY)
    row: Any = message.blocks[-1]
    values = {element["action_id"]: element["value"] for element in row["elements"]}
    assert values == {"ask": "canary game-server reason=error spike on canary"}
    assert "Nothing was changed" in message.text


@pytest.mark.parametrize("code", [Code.NOT_APPROVER, Code.REQUESTER_EXCLUDED, Code.TOO_LATE])
def test_the_same_no_on_two_cards_is_two_answers(code: Code) -> None:
    """An answer just given is not given again, so what was said of one rollback must not read as if of another."""
    told = {refused(code, id=each, group=run.GROUP, have=0, need=2, members=6) for each in ("rb-1", "rb-2")}
    assert len(told) == 2
