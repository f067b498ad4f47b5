"""The web socket itself: opened again whatever ends it, said at /readyz while it is not, and closed in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from sandbox.outside import Outside
from sandbox.redis import Redis as Server
from tests.integration.handlers.visitor import CHANNEL, FIRST, REQUESTER, Visitor
from tests.integration.socket_mode.conftest import Web, Webs, until

BACK_WITHIN_S = 15
ROOT = Path(__file__).resolve().parents[3]
OPEN = "apps.connections.open"
REFUSALS = {
    "rate limited": {"kind": "ratelimited", "retry_after": 2},
    "an error of its own": {"kind": "status", "status": 500},
    "no answer": {"kind": "hang", "seconds": 5},
    "a lost answer": {"kind": "drop_answer"},
    "a refusal": {"kind": "error", "error": "internal_error"},
}


def types(webs: Webs, text: str) -> dict[str, object]:
    """Type a command, from a thread of its own."""
    return Outside(webs.outside.url).command(REQUESTER, CHANNEL, f"/rollback {text}")


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_after_slack_refused_to_connect_it_is_back_in_time(
    visitor: Visitor, web: Web, webs: Webs, refusal: dict[str, object]
) -> None:
    """The web socket is cut and Slack refuses another twice: /readyz says why, and the third attempt stands."""
    webs.outside.post("faults", method=OPEN, times=2, **refusal)
    webs.outside.post("links", do="drop")
    until(lambda: "no web socket is open" in web.readiness()[1], within_s=5)
    until(lambda: not webs.outside.get("faults")["waiting"], within_s=BACK_WITHIN_S)
    until(lambda: web.readiness()[0] == requests.codes.ok, within_s=BACK_WITHIN_S)
    visitor.types("status")
    assert "Traceback" not in web.log.read_text()


@pytest.mark.parametrize("how", ["drop", "freeze", "refresh_requested", "warning"])
def test_a_web_socket_that_ends_is_replaced_in_time(visitor: Visitor, webs: Webs, how: str) -> None:
    """Cut, fallen silent, or told to refresh: another one is open within 15 s, and the next command is taken."""
    (old,) = webs.links()
    webs.outside.post("links", do=how)
    until(lambda: any(link["id"] != old["id"] for link in webs.links()), within_s=BACK_WITHIN_S)
    until(lambda: old["id"] not in {link["id"] for link in webs.links()}, within_s=BACK_WITHIN_S)
    visitor.types("status")


def test_a_command_over_a_fresh_web_socket_is_not_late(visitor: Visitor, webs: Webs) -> None:
    """The client closes the old one first, whose reader waits; the new one is read before Slack gives up."""
    (old,) = webs.links()
    webs.outside.post("links", do="refresh_requested")
    until(lambda: any(link["id"] != old["id"] for link in webs.links()), within_s=BACK_WITHIN_S)
    for _ in range(2):  # they take turns: one goes to the new one
        visitor.types("status")


def test_a_process_that_slack_refuses_at_its_start_connects_later(visitor: Visitor, webs: Webs, web: Web) -> None:
    """It listens, says what is wrong, and needs no restart."""
    del visitor, web
    webs.outside.post("faults", method=OPEN, kind="status", status=503, times=3)
    second = webs.start(ready=False)
    until(lambda: "Slack answered 503" in second.readiness()[1], within_s=20)
    until(lambda: second.readiness()[0] == requests.codes.ok, within_s=BACK_WITHIN_S)
    assert second.process.stop(grace_s=5) == 0


def test_a_killed_process_leaves_its_envelope_to_another(visitor: Visitor, webs: Webs, web: Web) -> None:
    """Stopped before it answers, then killed: Slack sends the envelope to the other process, and it is one rollback."""
    del web
    second = webs.start()
    first_link, second_link = (link["id"] for link in webs.links())
    assert first_link != second_link
    second.send(signal.SIGSTOP)
    with ThreadPoolExecutor() as pool:
        before = len(webs.sent())
        asked = [pool.submit(types, webs, "canary game-server")]
        until(lambda: len(webs.sent()) == before + 1, within_s=3)
        if webs.sent()[-1]["link"] != second_link:  # they take turns: this one went to the first
            asked.append(pool.submit(types, webs, "canary game-server"))
            until(lambda: len(webs.sent()) == before + 2, within_s=3)
        assert webs.sent()[-1]["link"] == second_link
        second.kill()
        answers = [one.result() for one in asked]
    assert [answer["error"] for answer in answers] == [None] * len(answers)
    assert [one["link"] for one in webs.sent()[-2:]] == [second_link, first_link]
    assert len(visitor.store.open_rollbacks()) == len(asked)


def test_after_a_restart_the_same_click_counts_once(visitor: Visitor, webs: Webs, web: Web) -> None:
    """The process that took the click is gone; the one that gets it again finds it counted."""
    del web
    rollback, message = visitor.planned()
    second = webs.start()
    sent = visitor.clicks(message, "Approve", user=FIRST)
    until(lambda: len(visitor.store.load(rollback.id).rollback.approvals) == 1, within_s=3)
    second.kill()
    third = webs.start()
    for _ in range(2):  # one to each process
        assert webs.outside.post("repeat", delivery_id=sent["delivery_id"])["error"] is None
    assert third.process.stop(grace_s=5) == 0
    assert len(visitor.store.load(rollback.id).rollback.approvals) == 1
    assert visitor.jobs("say") == []


def test_sigterm_answers_what_came_in_and_closes(server: Server, visitor: Visitor, webs: Webs, web: Web) -> None:
    """A command that hangs on Redis when SIGTERM comes is still answered; the process ends with 0."""
    del visitor, web
    second = webs.start()
    name = webs.links()[-1]["id"]
    server.pause()
    try:
        with ThreadPoolExecutor() as pool:
            before = len(webs.sent())
            asked = [pool.submit(types, webs, "canary game-server") for _ in range(2)]  # one to each process
            until(lambda: len(webs.sent()) == before + 2, within_s=3)
            ended = pool.submit(second.process.stop, grace_s=8)
            until(lambda: not second.readiness()[0], within_s=5)  # it takes no requests any more
            server.resume()
            code = ended.result()
            answers = [one.result() for one in asked]
    finally:
        server.resume()
    assert code == 0
    assert [answer["error"] for answer in answers] == [None, None]
    assert len(webs.sent()) == before + 2, "an envelope had to be sent again"
    until(lambda: name not in {link["id"] for link in webs.links()}, within_s=3)


def test_sigterm_answers_what_lay_unread(visitor: Visitor, webs: Webs, web: Web) -> None:
    """Commands that came in while the process stood still are answered by it, though it was told to end meanwhile."""
    del visitor, web
    second = webs.start()
    name = webs.links()[-1]["id"]
    second.send(signal.SIGSTOP)
    with ThreadPoolExecutor() as pool:
        before = len(webs.sent())
        asked = [pool.submit(types, webs, "status") for _ in range(2)]  # one to each process
        until(lambda: len(webs.sent()) == before + 2, within_s=3)
        second.send(signal.SIGTERM)
        second.send(signal.SIGCONT)
        assert second.process.wait(within_s=8) == 0
        assert [one.result()["error"] for one in asked] == [None, None]
    assert name in {one["link"] for one in webs.sent()[before:]}
    assert len(webs.sent()) == before + 2, "an envelope had to be sent again"


def test_without_a_way_in_it_exits_with_2_before_listening() -> None:
    """Neither the signing secret nor the app-level token: both are named."""
    done = subprocess.run(
        [
            "sh",
            "-c",
            next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("web:"))[5:],
        ],
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "SLACK_BOT_TOKEN": "xoxb-1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "SLACK_SIGNING_SECRET: it is not set" in done.stderr
    assert "SLACK_APP_TOKEN" in done.stderr
