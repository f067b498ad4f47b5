"""`python -m sandbox.slack` starts, records and stops as a process of its own."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from slack_sdk import WebClient

from sandbox.slack import create_server, default_config

ROOT = Path(__file__).parents[3]


def test_it_serves_a_configuration_and_records_calls_until_terminated(tmp_path: Path) -> None:
    """The address is printed, calls land in the file without the token, SIGTERM ends it with 0."""
    config, record = tmp_path / "slack.json", tmp_path / "calls.jsonl"
    config.write_text(default_config(team_name="Elsewhere").model_dump_json())
    command = [sys.executable, "-m", "sandbox.slack", "--config", str(config), "--record", str(record)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert address is not None
            client = WebClient(token="xoxb-sandbox", base_url=f"{address.group()}/api/")
            assert client.auth_test()["team"] == "Elsewhere"
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=10)
    assert code == 0
    [call] = [json.loads(line) for line in record.read_text().splitlines()]
    assert call["method"] == "auth.test"
    assert "xoxb" not in str(call)


def test_a_bad_configuration_names_the_field_and_ends_with_2(tmp_path: Path) -> None:
    """Nothing is served on a configuration that cannot be used."""
    config = tmp_path / "slack.json"
    config.write_text('{"groups": [{"id": "S0X", "handle": "approvers", "users": ["U0NOBODY"]}]}')
    command = [sys.executable, "-m", "sandbox.slack", "--config", str(config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "approvers names people who do not exist: U0NOBODY" in done.stderr


def test_it_listens_on_loopback_only() -> None:
    """A server without authentication refuses any other address."""
    with pytest.raises(ValueError, match="loopback only"):
        create_server(default_config(), host="0.0.0.0")  # noqa: S104  the address that must be refused
