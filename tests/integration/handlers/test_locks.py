"""Lock, unlock, history and status as they are typed, and the deploy hold as a pipeline asks for it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import requests
from redis import Redis

from bot.catalog import load
from bot.directory import Directory
from bot.domain.events import Kind, NewEvent
from bot.domain.plan import Shown
from bot.domain.rollback import Rollback
from bot.service import Desk, after_rollback
from bot.store import keys
from tests.integration.handlers.visitor import BYSTANDER, FIRST, REQUESTER, Visitor
from tests.integration.service.builders import PLAN, SERVICE, command

SCRIPT = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def rolled_back(visitor: Visitor) -> Rollback:
    """A rollback that succeeded, left a version over the limit, and set the hold."""
    rollback = visitor.asks()
    entry = load(Path("catalog/services.yaml")).services[SERVICE]
    plan = PLAN.model_copy(update={"shown": {"error_share": Shown(value=0.084)}})
    data = {
        "plan": plan.model_dump(mode="json"),
        "policy": entry.policy().model_dump(mode="json"),
        "expires_at": visitor.store.now() + 900_000,
    }
    steps: list[NewEvent] = [
        NewEvent.model_validate({"kind": Kind.PLANNED, "data": data}),
        NewEvent(kind=Kind.QUORUM, data={"have": 2, "need": 2}),
        NewEvent(kind=Kind.STARTED, data={"have": 2}),
        NewEvent(kind=Kind.SUCCEEDED, data={"figures": {}, "production": {}}),
        NewEvent(kind=Kind.REPORTED, data={"channel": "C1", "ts": "1.2", "link": "https://slack.example/p1"}),
    ]
    ended = visitor.store.transition(visitor.store.load(rollback.id), steps, command_id=command())
    desk = Desk(store=visitor.store, directory=Directory(visitor.store), catalog=load(Path("catalog/services.yaml")))
    after_rollback(desk, ended)
    return ended


def hold(visitor: Visitor, service: str = SERVICE) -> requests.Response:
    """What a pipeline is answered."""
    return requests.get(f"{visitor.web}/deploy-hold/{service}", timeout=5)


def may_deploy(url: str, tmp_path: Path, service: str = SERVICE) -> subprocess.CompletedProcess[str]:
    """Run the CI job of the documentation, to the letter."""
    found = SCRIPT.search(Path("docs/deploy-hold.md").read_text())
    assert found is not None
    script = tmp_path / "may-deploy.sh"
    script.write_text(found[1])
    return subprocess.run(
        ["/bin/sh", str(script)],
        env={"PATH": "/usr/bin:/bin", "ROLLBACK_BOT": url, "SERVICE": service},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_lock_is_seen_by_the_channel_and_refuses_the_next_request(visitor: Visitor) -> None:
    """Everybody reads whose it is; the next asker gets the reason and the command that lifts it."""
    said = visitor.types('lock game-server reason="database move" for=2h', user=FIRST)
    assert '"in_channel"' in said["ack_body"]
    assert "database move" in said["ack_body"]

    refused = visitor.types("canary game-server")["ack_body"]
    assert "code locked" in refused
    assert "/rollback unlock game-server" in refused
    assert '"ephemeral"' in refused
    assert visitor.store.open_rollbacks() == []
    assert "database move" in visitor.types("status")["ack_body"]

    assert "is lifted" in visitor.types("unlock game-server", user=FIRST)["ack_body"]
    assert visitor.asks().id == "rb-1001"


def test_a_request_that_slack_repeats_is_not_stopped_by_a_later_lock(visitor: Visitor) -> None:
    """The same command again is answered as it was, whatever was decided since."""
    first = visitor.types("canary game-server")
    visitor.types("lock game-server reason=move", user=FIRST)
    again = visitor.outside.post("repeat", delivery_id=first["delivery_id"])
    assert again["ack_body"] == first["ack_body"]


def test_somebody_nobody_knows_yet_is_looked_up_first(visitor: Visitor) -> None:
    """A bystander's first lock is answered with a request to send it again; then it counts."""
    said = visitor.types("lock game-server reason=move", user=BYSTANDER)["ack_body"]
    assert "code unreachable" in said or "is locked" in said
    visitor.refresh_directory()
    assert "is locked" in visitor.types("lock game-server reason=move", user=BYSTANDER)["ack_body"]


def test_history_lists_what_was_done_with_its_report(visitor: Visitor) -> None:
    """One line each: state, what, from and to, who, how long, where the report is."""
    assert "No rollback of game-server" in visitor.types("history game-server for=30d")["ack_body"]
    ended = rolled_back(visitor)
    visitor.asks()

    told = visitor.types("history game-server for=30d")["ack_body"]
    assert told.index("rb-1002") < told.index(ended.id)
    for part in ("succeeded", "v2.1.0", "v2.0.5", "@requester", "https://slack.example/p1"):
        assert part in told, part
    assert "report of" in visitor.types(f"report {ended.id}")["ack_body"].lower()


def test_a_hold_is_served_until_it_is_released(visitor: Visitor, tmp_path: Path) -> None:
    """A pipeline is told what stands, without names and reasons; unlock releases it."""
    free = hold(visitor)
    assert (free.status_code, free.json()["held"]) == (200, False)
    assert may_deploy(visitor.web, tmp_path).returncode == 0

    ended = rolled_back(visitor)
    held = hold(visitor).json()
    assert held["held"] is True
    assert (held["hold"]["rollback"], held["hold"]["version"]) == (ended.id, "v2.0.5")
    assert (held["bad"], held["lock"]) == (["v2.1.0"], None)
    stopped = may_deploy(visitor.web, tmp_path)
    assert stopped.returncode == 1
    assert "is held" in stopped.stderr

    assert "deploy hold" in visitor.types("status game-server")["ack_body"].lower()
    assert "released" in visitor.types("unlock game-server", user=FIRST)["ack_body"]
    assert hold(visitor).json()["held"] is False
    assert hold(visitor).json()["bad"] == ["v2.1.0"]


def test_what_people_wrote_is_not_told_to_pipelines(visitor: Visitor) -> None:
    """Anybody who reaches the address may read it: no name, no reason."""
    visitor.types("lock game-server reason=secret-plan for=1h", user=FIRST)
    told = hold(visitor)
    assert told.json()["held"] is True
    assert str(told.json()["lock"]["until"]).endswith("+00:00")
    for hidden in ("secret-plan", FIRST, "approver-1", REQUESTER):
        assert hidden not in told.text


@pytest.mark.parametrize("text", ["status", "history", "report game-server", "unlock game-server", "abort game-server"])
@pytest.mark.parametrize("stranger", ["U0GUEST", "U0CONNECT"])
def test_guests_and_other_workspaces_are_told_nothing(visitor: Visitor, stranger: str, text: str) -> None:
    """Not even what is only read: it tells of services whose channels they never see. Nobody knows them at first."""
    visitor.types("lock game-server reason=secret-plan for=1h", user=FIRST)
    visitor.types("status", user=stranger)
    visitor.refresh_directory()
    told = str(visitor.types(text, user=stranger))
    assert "only from full members of this workspace" in told
    assert "secret-plan" not in told
    assert "may not ask" in str(visitor.types("help", user=stranger))


def test_an_unknown_service_is_held_and_told_nothing_of_the_others(visitor: Visitor, tmp_path: Path) -> None:
    """A name that is wrong would never be held: the job fails. Whoever guesses names learns none."""
    told = hold(visitor, "game-sever")
    assert (told.status_code, told.json()["held"]) == (404, True)
    assert SERVICE not in told.text
    assert may_deploy(visitor.web, tmp_path, "game-sever").returncode == 1


@pytest.mark.parametrize("broken", ["epoch", "standing"])
def test_what_cannot_be_read_counts_as_held(visitor: Visitor, tmp_path: Path, broken: str) -> None:
    """503 for an emptied store and for a record that is none; the job fails closed, as when nobody answers."""
    raw: Redis = visitor.raw
    if broken == "epoch":
        raw.delete(keys.EPOCH)
    else:
        raw.hset(keys.standing(SERVICE), "body", "{")

    told = hold(visitor)
    assert (told.status_code, told.json()["held"]) == (503, True)
    assert may_deploy(visitor.web, tmp_path).returncode == 1
    assert may_deploy("http://127.0.0.1:9", tmp_path).returncode == 1
