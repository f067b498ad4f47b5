"""The night when nothing of the bot runs: its commands, typed by a person, put the configuration back all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from sandbox.stack import Stack
from sandbox.toolchain.build import tool
from tests.integration.config.scene import (
    CONFIG,
    CORE,
    NAME,
    NOVEMBER,
    SECRETS,
    TIME,
    TODAY,
    backups,
    config,
    restored,
    secret,
    terminal,
    untouched,
)
from tests.integration.path import looks

ROOT = Path(__file__).resolve().parents[3]


def typed(stack: Stack, script: str) -> str:
    """What a person's shell says to the lines, as an administrator; it must like every one of them."""
    path = f"{tool('kubectl').parent}:{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    env = {
        "PATH": path,
        "KUBECONFIG": str(stack.cluster.kubeconfig("admin")),
        "HOME": str(stack.folder),
        "ROLLBACK_SNAPSHOT_KEY": stack.product.environment["ROLLBACK_SNAPSHOT_KEY"],
    }
    done = subprocess.run(
        ["sh", "-e"], input=script, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def printed(stack: Stack, time: str) -> str:
    """The commands for this backup."""
    return terminal(stack).answer("plan", "config", NAME, "--to", time, "--commands")


def test_the_printed_commands_put_both_back(production: Stack) -> None:
    """Keys added since are gone, the pods are made anew, and no value of the Secret was on the screen."""
    commands = printed(production, TIME)
    said = typed(production, commands)
    assert restored(production) == (True, True)
    assert "successfully rolled out" in said
    assert '"TICK_RATE_HZ":"30"' in said
    for value in (TODAY, NOVEMBER):
        assert value not in commands + said


def changed(folder: Path) -> list[Path]:
    """The bot's snapshots of six players a party; the Secret beside each was written before it."""
    return [
        path
        for path in folder.glob("configmap-*-auto.yaml")
        if yaml.safe_load(path.read_text())["data"]["MAX_PARTY_SIZE"] == "6"
    ]


def test_a_sealed_backup_is_opened_and_a_secret_that_is_gone_is_made(production: Stack) -> None:
    """With the key at hand: the bot's own snapshot, without the bot."""
    folder = backups(production)
    production.cluster.api().patch(f"{CORE}/configmaps/{CONFIG}", {"data": {"MAX_PARTY_SIZE": "6"}}, manager="somebody")
    looks.until(lambda: bool(changed(folder)), within_s=60, what="a snapshot of the change")
    time = max(path.name for path in changed(folder)).removeprefix("configmap-").removesuffix(".yaml")
    production.cluster.api().patch(f"{CORE}/configmaps/{CONFIG}", {"data": {"MAX_PARTY_SIZE": "1"}}, manager="somebody")
    production.cluster.api().delete(f"{CORE}/secrets/{SECRETS}")
    said = typed(production, printed(production, time))
    assert config(production)["MAX_PARTY_SIZE"] == "6"
    assert secret(production)["TICKET_KEY"] == TODAY
    assert TODAY not in said


def test_a_file_that_is_another_by_now_is_seen(production: Stack) -> None:
    """Its digest is printed to be compared before anything is written."""
    commands = printed(production, TIME)
    line = next(line for line in commands.splitlines() if line.startswith("sha256sum") and "configmap" in line)
    expected = next(line for line in commands.splitlines() if line.startswith("# Go on only if this says"))
    assert typed(production, line).split()[0] in expected
    assert untouched(production)
