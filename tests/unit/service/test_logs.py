"""Logs: JSON, with the rollback's id, and never a secret."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from bot.logs import configure, rollback_bound
configure("INFO", secrets=("s3cr3t-of-slack",))
log = structlog.get_logger()
with rollback_bound("rb-1042"):
    log.info("a %s", "text", url="redis://user:pass@redis:6379/0", deep={"list": ["xoxb-123-456", {"token": "abc"}]})
logging.getLogger("other").warning("header %s", "Bearer abcdefghijkl and s3cr3t-of-slack")
try:
    raise ValueError("xoxp-999-888")
except ValueError:
    log.exception("failed")
"""


def lines() -> list[dict[str, object]]:
    """What a process that logs all kinds of things writes."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_and_carries_the_rollback() -> None:
    """Ours and other libraries' lines alike; the id only inside its block."""
    first, second, third = lines()
    assert (first["event"], first["rollback"], first["level"]) == ("a text", "rb-1042", "info")
    assert (second["level"], third["level"]) == ("warning", "error")
    assert "rollback" not in second


def test_no_secret_is_logged() -> None:
    """Tokens, bearer headers, passwords of addresses, the signing secret and named secrets are taken out everywhere."""
    written = json.dumps(lines())
    for secret in ("xoxb-123-456", "xoxp-999-888", "s3cr3t-of-slack", "abcdefghijkl", "user:pass", '"abc"'):
        assert secret not in written
    assert "redis:6379/0" in written
