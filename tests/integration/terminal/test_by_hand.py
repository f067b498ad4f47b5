"""Redis and the bot are away: rollbackctl looks, prints the commands, and a person's shell carries them out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.stack import Stack
from sandbox.toolchain.build import tool
from tests.integration.path import looks
from tests.integration.terminal.terminal import Terminal

QUICK: dict[str, Any] = {
    "canary": {"hold_s": 3, "propagation_s": 0.5, "drain_s": 3},
    "metrics": {"scrape_interval_s": 0.5},
    "validation": {"health_every_s": 0.1},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Production without the bot, and no Redis either."""
    folder: Path = tmp_path_factory.mktemp("by-hand")
    with Stack(folder, catalog=QUICK, scrape_s=0.5, rps=300, product=False) as running:
        running.redis.stop()
        yield running


@pytest.fixture
def production(stack: Stack) -> Stack:
    """The canary at 50 %."""
    stack.put_back()
    return stack


def terminal(stack: Stack) -> Terminal:
    """The operator's terminal: the bot's environment, without Slack."""
    names = ("REDIS_URL", "PROMETHEUS_URL", "KUBECONFIG", "ROLLBACK_CATALOG")
    return Terminal({name: stack.product.environment[name] for name in names})


def typed(stack: Stack, script: str) -> subprocess.CompletedProcess[str]:
    """What a person's shell makes of the lines, as an administrator; it stops at the first that fails."""
    path = f"{tool('kubectl').parent}:/usr/local/bin:/usr/bin:/bin"
    env = {"PATH": path, "KUBECONFIG": str(stack.cluster.kubeconfig("admin")), "HOME": str(stack.folder)}
    return subprocess.run(["sh", "-e"], input=script, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_the_printed_commands_take_the_canary_back(production: Stack) -> None:
    """Typed one after the other they leave stable with 8 pods, all traffic there, and no canary."""
    since = looks.now()
    printed = terminal(production).run("plan", "canary", "game-server", "--commands")
    assert printed.returncode == 0, printed.stderr
    assert "two people should read" in printed.stderr
    assert "was not read: Redis did not answer" in printed.stderr
    assert looks.bot_writes(production, since) == []
    done = typed(production, printed.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not looks.exists(production, "game-server-canary")
    assert looks.replicas(production) == 8
    assert "successfully rolled out\n8\n" in done.stdout
    assert looks.canary_weight(production) == 0
    assert done.stdout.count('"status":"success"') == 9


def test_what_cannot_be_taken_back_is_printed_last(production: Stack) -> None:
    """The deletion, in the version that was seen to be empty, is the last line."""
    lines = terminal(production).answer("plan", "canary", "game-server", "--commands").rstrip().splitlines()
    assert "kubectl delete --raw" in lines[-1]
    assert '"$version"' in lines[-1]
    assert not any("delete --raw" in line for line in lines[:-1])


def test_a_weight_that_was_moved_meanwhile_refuses_the_patch(production: Stack) -> None:
    """Each patch tests what it replaces: somebody else's change is not written over."""
    printed = terminal(production).answer("plan", "canary", "game-server", "--commands")
    looks.set_weights(production, stable=60, canary=40)
    patch = next(line for line in printed.splitlines() if "patch virtualservices" in line)
    done = typed(production, patch)
    assert done.returncode != 0
    assert looks.canary_weight(production) == 40


def test_a_canary_made_anew_is_not_deleted(production: Stack) -> None:
    """The deletion carries the uid of the planned object."""
    printed = terminal(production).answer("plan", "canary", "game-server", "--commands")
    moved = printed.replace('"preconditions":{"uid":"', '"preconditions":{"uid":"0')
    assert moved != printed
    last = [line for line in moved.splitlines() if line.startswith(("version=", "printf"))]
    done = typed(production, "\n".join(last))
    assert done.returncode != 0
    assert looks.exists(production, "game-server-canary")


def test_the_plan_itself_needs_no_store(production: Stack) -> None:
    """As text for people and as JSON for scripts, with the digest that an approval would be bound to."""
    told = terminal(production).answer("plan", "canary", "game-server")
    made = json.loads(terminal(production).answer("plan", "canary", "game-server", "--json"))
    assert made["digest"] in told
    assert "v2.1.0 → v2.0.5" in told
    assert made["steps"][0]["kind"] == "scale_up"


def test_production_that_does_not_answer_is_named(production: Stack) -> None:
    """Exit code 2, nothing on stdout, and what to look at."""
    wrong = production.folder / "nowhere.kubeconfig"
    wrong.write_text(
        production.cluster.kubeconfig("bot").read_text().replace(production.cluster.url, "https://127.0.0.1:1")
    )
    done = terminal(production).run("plan", "canary", "game-server", KUBECONFIG=str(wrong))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Kubernetes did not answer" in done.stderr
