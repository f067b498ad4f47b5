"""Slack is away: what people do with rollbackctl, each with a token of their own."""

from __future__ import annotations

import json

import pytest

from bot import service
from bot.domain.events import Kind
from bot.domain.model import JsonObject
from bot.domain.people import Person
from bot.domain.rollback import Rollback, State
from cli.desk import hashed
from tests.integration.service.builders import TEAM, Office
from tests.integration.terminal.terminal import ADA, BEN, REQUESTER, TERMINAL, Terminal


def now(work: Office, rollback: Rollback) -> Rollback:
    """The rollback as it stands by now."""
    return work.store.load(rollback.id).rollback


def asked(work: Office, terminal: Terminal) -> Rollback:
    """A rollback that the requester asked for at the terminal, with its plan."""
    made = json.loads(
        terminal.answer("request", "canary", "game-server", "--reason", "error spike", "--json", by=REQUESTER)
    )
    return work.plan(work.store.load(made["id"]).rollback)


def test_a_request_is_stored_in_the_name_of_whose_token_it_carries(work: Office, terminal: Terminal) -> None:
    """With the way they spoke, and the service's channel for the card that comes when Slack is back."""
    told = terminal.answer("request", "canary", "game-server", "--reason", "data", "--fast", by=REQUESTER)
    rollback = work.store.recent(None, 1)[0]
    assert rollback.id in told
    assert rollback.request.by.key == f"{TEAM}/{REQUESTER}"
    assert rollback.request.by.via == "terminal"
    assert rollback.request.channel == "C0GAMESERVER"
    assert (rollback.request.reason_code, rollback.request.options) == ("data", {"fast": True})


def test_two_people_approve_although_slack_told_nothing_for_an_hour(work: Office, terminal: Terminal) -> None:
    """The group's copy is stale; the catalog's list of the terminal's people counts."""
    rollback = asked(work, terminal)
    work.members(age_ms=3_600_000)
    first = terminal.answer("approve", rollback.id, "--digest", rollback.digest[:8], by=ADA)
    assert "1 of 2" in first
    second = terminal.answer("approve", rollback.id, "--digest", rollback.digest, by=BEN)
    assert "It starts now" in second
    stands = now(work, rollback)
    assert stands.state is State.APPROVED
    assert [approval.person.via for approval in stands.approvals] == ["terminal", "terminal"]


def test_what_is_approved_was_shown_and_its_digest_typed(work: Office, terminal: Terminal) -> None:
    """The plan stands on stderr; only the head of its digest, typed, is a yes."""
    rollback = asked(work, terminal)
    done = terminal.run("approve", rollback.id, by=ADA, typed=f"{rollback.digest[:8]}\n")
    assert done.returncode == 0, done.stderr
    assert rollback.digest in done.stderr
    assert "v2.1.0 → v2.0.5" in done.stderr
    assert "counted" in done.stdout
    assert len(now(work, rollback).approvals) == 1


@pytest.mark.parametrize("typed", ["\n", "yes\n", "00000000\n", ""])
def test_anything_else_that_is_typed_is_no_yes(work: Office, terminal: Terminal, typed: str) -> None:
    """An empty line, a word, another digest, nothing at all."""
    rollback = asked(work, terminal)
    done = terminal.run("approve", rollback.id, by=ADA, typed=typed)
    assert done.returncode == 1
    assert done.stdout == ""
    assert now(work, rollback).approvals == ()


@pytest.mark.parametrize("digest", ["7c1e", "ffffffffffff", ""])
def test_a_digest_that_is_not_this_plans_is_refused(work: Office, terminal: Terminal, digest: str) -> None:
    """Too short, another plan's, or empty with nobody there to type."""
    rollback = asked(work, terminal)
    assert terminal.run("approve", rollback.id, "--digest", digest, by=ADA).returncode == 1
    assert now(work, rollback).approvals == ()


def test_who_asked_at_a_terminal_does_not_count(work: Office, terminal: Terminal) -> None:
    """One person is one person, wherever they speak."""
    rollback = asked(work, terminal)
    done = terminal.run("approve", rollback.id, "--digest", rollback.digest, by=REQUESTER)
    assert done.returncode == 1
    assert "requester does not count" in done.stderr
    assert now(work, rollback).approvals == ()


def test_one_token_is_one_yes(work: Office, terminal: Terminal) -> None:
    """The second time they are told that it counts already."""
    rollback = asked(work, terminal)
    terminal.answer("approve", rollback.id, "--digest", rollback.digest, by=ADA)
    done = terminal.run("approve", rollback.id, "--digest", rollback.digest, by=ADA)
    assert done.returncode == 1
    assert "Already counted" in done.stderr
    assert len(now(work, rollback).approvals) == 1


def test_a_yes_in_slack_and_one_at_a_terminal_by_one_person_are_one(work: Office, terminal: Terminal) -> None:
    """They have the same key."""
    rollback = asked(work, terminal)
    ada = Person(team=TEAM, id=ADA, name="ada")
    work.members(ada)
    service.approve(work.desk, rollback.id, digest=rollback.digest, seq=rollback.seq, person=ada, command_id="click")
    done = terminal.run("approve", rollback.id, "--digest", rollback.digest, by=ADA)
    assert "Already counted" in done.stderr
    assert now(work, rollback).state is State.PLANNED


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "ROLLBACKCTL_TOKEN is not set"),
        ("somebody else's, made elsewhere and long enough", "token of nobody"),
        (TERMINAL[ADA], "token of nobody"),
    ],
)
def test_nobody_known_is_refused_with_who_is(work: Office, terminal: Terminal, token: str, said: str) -> None:
    """No token, a wrong one, and the hash itself, which everybody can read in the catalog."""
    theirs = {"ROLLBACKCTL_TOKEN": token} if token else {}
    done = Terminal({**terminal.environment, **theirs}).run("request", "canary", "game-server")
    assert done.returncode == 1
    assert said in done.stderr
    assert ADA in done.stderr
    assert "not-at-terminal" in done.stderr
    assert not token or token not in done.stderr
    assert work.store.recent(None, 1) == []


def test_a_token_that_could_be_guessed_is_refused_and_not_repeated(terminal: Terminal) -> None:
    """The catalog's hash is read by many: a word that somebody chose could be found by trying."""
    done = Terminal({**terminal.environment, "ROLLBACKCTL_TOKEN": "hunter2-hunter2"}).run("unlock", "game-server")
    assert done.returncode == 2
    assert "ROLLBACKCTL_TOKEN" in done.stderr
    assert "rollbackctl token" in done.stderr
    assert "hunter2" not in done.stderr


def test_who_is_known_at_terminals_is_told_by_name(work: Office, terminal: Terminal) -> None:
    """An id says little at night: the name that Slack once told stands there."""
    person: JsonObject = {"id": ADA, "name": "ada", "full": True, "team": TEAM, "read_at": 0}
    _, version = work.store.note(f"directory:person:{ADA}")
    assert work.store.put_note(f"directory:person:{ADA}", person, version=version)
    assert "now: ada, " in terminal.run("unlock", "game-server").stderr


def test_what_slack_says_counts_before_the_catalogs_list(work: Office, terminal: Terminal) -> None:
    """Slack answers, and they are in the group no more: the list alone brings them no yes, and they read why."""
    rollback = asked(work, terminal)
    work.members(Person(team=TEAM, id=BEN, name="ben"))
    done = terminal.run("approve", rollback.id, "--digest", rollback.digest, by=ADA)
    assert done.returncode == 1
    assert "not-approver" in done.stderr
    assert "All details" not in done.stderr
    terminal.answer("approve", rollback.id, "--digest", rollback.digest, by=BEN)


def test_break_glass_at_a_terminal_says_where_it_is_approved(work: Office, terminal: Terminal) -> None:
    """Its role is a group in Slack: the list of terminals is no way, and nobody is sent there."""
    words = ("request", "canary", "game-server", "--break-glass", "--reason", "players lose money", "--json")
    made = json.loads(terminal.answer(*words, by=REQUESTER))
    stored = work.store.load(made["id"]).rollback
    rollback = work.plan(stored, need=1, break_glass=True)
    done = terminal.run("approve", rollback.id, "--digest", rollback.digest, by=ADA)
    assert done.returncode == 1
    assert "approved in Slack alone" in done.stderr
    assert "counts without Slack" not in done.stderr


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("request", "canary", "game-server", "--reason", "red \x1b[31m\nand \u202eback"), "red [31m and back"),
        (("request", "canary", "game-server", "--break-glass", "--reason", "\u200b" * 12), ""),
        (("request", "canary", "game-server", "--reason", "x" * 2_001), ""),
    ],
    ids=["control and direction characters", "nothing to be seen is no typed reason", "too long"],
)
def test_a_reason_is_read_as_in_slack(work: Office, terminal: Terminal, words: tuple[str, ...], kept: str) -> None:
    """What other people's terminals and cards would obey or not show is taken out before it is kept."""
    done = terminal.run(*words, by=REQUESTER)
    stored = [rollback.request.reason for rollback in work.store.recent(None, 5)]
    assert (done.returncode, stored) == ((0, [kept]) if kept else (1, []))


def test_without_the_workspace_nobody_is_known(work: Office, terminal: Terminal) -> None:
    """Whose team it is was never read from Slack: fail closed, and say what brings it."""
    _, version = work.store.note("directory:workspace")
    assert work.store.put_note("directory:workspace", {}, version=version)
    done = terminal.run("request", "canary", "game-server", by=REQUESTER)
    assert done.returncode == 1
    assert "workspace" in done.stderr
    assert work.store.recent(None, 1) == []


def test_reject_abort_retry_and_skip_are_the_same_verbs(work: Office, terminal: Terminal) -> None:
    """Each writes the event that the button writes, with the person's name."""
    rejected = work.planned()
    terminal.answer("reject", rejected.id, "--why", "v2.1.1 is 2 min away", by=ADA)
    assert now(work, rejected).state is State.REJECTED
    halted = work.halted()
    terminal.answer("retry", halted.id, by=ADA)
    assert work.kinds(halted)[-1] is Kind.RETRIED
    work.halt(now(work, halted))
    assert terminal.run("skip", halted.id, by=BEN, typed="n\n").returncode == 1
    terminal.answer("skip", halted.id, "--yes", by=BEN)
    assert work.kinds(halted)[-1] is Kind.SKIPPED
    told = terminal.answer("abort", "game-server", by=ADA)
    assert work.kinds(halted)[-1] is Kind.ABORT_ASKED
    assert halted.id in told


def test_status_is_the_card_as_text_and_the_record_as_json(work: Office, terminal: Terminal) -> None:
    """Reading needs no token."""
    rollback = work.halted()
    told = terminal.answer("status", rollback.id)
    assert "HALTED at 1 of 2" in told
    assert not {"<!date", "`", "&gt;", "*"} & set(told.split())
    (only,) = json.loads(terminal.answer("status", "game-server", "--json"))
    assert only["id"] == rollback.id
    assert terminal.run("status", "rb-999999").returncode == 1


def test_tail_tells_the_thread_as_the_narrator_words_it(work: Office, terminal: Terminal) -> None:
    """A line an event, with who spoke at a terminal; followed until it has ended."""
    rollback = asked(work, terminal)
    terminal.answer("reject", rollback.id, "--why", "not <now>", by=ADA)
    lines = terminal.answer("tail", rollback.id, "--follow").splitlines()
    assert "(rollbackctl) asked for a canary rollback of game-server" in lines[0]
    assert 'rejected it. Reason: "not <now>"' in lines[-1] or "not <now>" in lines[-1]
    events = [json.loads(line) for line in terminal.answer("tail", rollback.id, "--json").splitlines()]
    assert [event["kind"] for event in events] == ["requested", "planned", "rejected"]


def test_following_ends_after_its_time(work: Office, terminal: Terminal) -> None:
    """Exit code 2, and how to go on."""
    rollback = work.planned()
    done = terminal.run("tail", rollback.id, "--follow", "--for", "1")
    assert done.returncode == 2
    assert f"rollbackctl tail {rollback.id} --follow" in done.stderr


def test_redis_that_does_not_answer_is_said_so(work: Office, terminal: Terminal) -> None:
    """Exit code 2, nothing on stdout, no traceback."""
    rollback = work.planned()
    done = terminal.run("status", rollback.id, REDIS_URL="redis://127.0.0.1:1/0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Redis" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("request", "canery", "game-server"), "no command"),
        (("request", "canary", "game-servr"), "No service is named"),
        (("request", "canary", "game-server", "--to", "../x"), "cannot be"),
        (("request", "canary", "game-server", "--to", "a;rm -rf"), "cannot be"),
        (("abort", "rb-424242"), "I know no rollback"),
    ],
)
def test_slips_are_named_and_nothing_is_stored(
    work: Office, terminal: Terminal, words: tuple[str, ...], said: str
) -> None:
    """The same refusals as in Slack, in three parts."""
    done = terminal.run(*words, by=REQUESTER)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Nothing was changed" in done.stderr
    assert "/rollback" not in done.stderr
    assert work.store.recent(None, 1) == []


def test_a_lock_refuses_and_is_lifted(work: Office, terminal: Terminal) -> None:
    """With its reason and its end."""
    told = terminal.answer("lock", "game-server", "--reason", "finals until 22:00", "--for", "2h", by=ADA)
    assert "is locked until" in told
    done = terminal.run("request", "canary", "game-server", by=REQUESTER)
    assert done.returncode == 1
    assert "finals until 22:00" in done.stderr
    assert "rollbackctl unlock game-server" in done.stderr
    assert "is lifted" in terminal.answer("unlock", "game-server", by=BEN)
    terminal.answer("request", "canary", "game-server", by=REQUESTER)
    assert work.store.recent(None, 1)[0].state is State.REQUESTED


def test_history_lists_what_was_done(work: Office, terminal: Terminal) -> None:
    """The newest first, as text and as JSON; a span that is none is refused."""
    first, second = work.ended(), work.planned()
    told = terminal.answer("history", "game-server", "--for", "30d")
    assert told.index(second.id) < told.index(first.id)
    assert [past["id"] for past in json.loads(terminal.answer("history", "--json"))] == [second.id, first.id]
    assert terminal.run("history", "--for", "soon").returncode == 1


def test_a_token_is_made_once_and_the_catalog_gets_its_hash(terminal: Terminal) -> None:
    """Only the token itself is the answer; two are never the same."""
    first, second = (terminal.run("token", "--user", ADA) for _ in range(2))
    assert first.stdout != second.stdout
    assert f"{ADA}: {hashed(first.stdout.strip())}" in first.stderr


def test_help_names_every_command(terminal: Terminal) -> None:
    """Also those whose file is imported only when it is used."""
    told = terminal.answer("--help")
    for name in ("request", "plan", "approve", "tail", "history", "store", "audit", "mark-good"):
        assert f"\n  {name}" in told
