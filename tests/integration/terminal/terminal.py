"""rollbackctl as people run it: a process of its own, with a token of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from cli.desk import hashed

ADA, BEN, REQUESTER = "U0APPROVER1", "U0APPROVER2", "U0REQUESTER"
TOKENS = {user: f"a token of their own, long enough: {user}" for user in (ADA, BEN, REQUESTER)}
TERMINAL = {user: hashed(token) for user, token in TOKENS.items()}
"""What the catalog holds under approval.terminal."""

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Terminal:
    """A terminal with an environment; nothing of this process' own ROLLBACK… variables gets in."""

    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: str, by: str = "", typed: str = "", within_s: float = 60, **environment: str) -> Done:
        """Run one command to its end; `by`: whose token it carries; `typed`: what is typed into it."""
        env = {"PATH": os.environ.get("PATH", ""), **self.environment, **environment}
        if by:
            env["ROLLBACKCTL_TOKEN"] = TOKENS[by]
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            env=env,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=within_s,
        )

    def answer(self, *words: str, by: str = "", typed: str = "", within_s: float = 60) -> str:
        """Run a command that must be done, and return its answer."""
        done = self.run(*words, by=by, typed=typed, within_s=within_s)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout
