"""The product as its Procfile starts it, each process by itself, so that one can be killed and started again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from honcho.environ import parse_procfile

from sandbox.ports import LOOPBACK
from sandbox.processes import Process, responds

ROOT = Path(__file__).resolve().parent.parent
_READY_S = 30.0


class Product:
    """The processes of the Procfile, with one environment. Logs stand in `folder`, a file a process.

    `commands`, by process, and `environment` may be changed before a process is started.
    """

    def __init__(self, folder: Path, *, environment: Mapping[str, str]) -> None:
        self.environment = {**environment, "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"}
        self._folder = folder
        self.commands: dict[str, str] = parse_procfile((ROOT / "Procfile").read_text()).processes
        self.processes: dict[str, Process] = {}

    @property
    def url(self) -> str:
        """The web process's address."""
        return f"http://{LOOPBACK}:{self.environment['PORT']}"

    def start(self) -> None:
        """Accept the empty store and start all processes."""
        self.run("accept", [sys.executable, "-m", "cli", "store", "accept"])
        for name in self.commands:
            self.start_one(name)

    def wait_until_ready(self) -> None:
        """Wait until the web process is ready for requests. Raises ProcessError with the end of its log."""
        self.processes["web"].wait_until(lambda: responds(f"{self.url}/readyz"), within_s=_READY_S)

    def start_one(self, name: str, *, as_name: str = "", env: Mapping[str, str] | None = None) -> Process:
        """Start one process of the Procfile; `as_name` when it is a second one of its kind, `env` what it has else."""
        process = Process(
            ["sh", "-c", f"cd {ROOT} && exec {self.commands[name]}"],
            log=self._folder / f"{as_name or name}.log",
            name=as_name or name,
            env={**self.environment, **(env or {})},
        )
        self.processes[as_name or name] = process
        return process

    def run(self, name: str, argv: list[str]) -> None:
        """Run a command of the product to its end. Raises ProcessError when it takes too long or fails."""
        process = Process(argv, log=self._folder / f"{name}.log", name=name, env=self.environment)
        if process.wait(within_s=_READY_S) != 0:
            process.wait_until(lambda: False, within_s=1)

    def stop(self) -> None:
        """Stop all, the last one started first."""
        for process in reversed(self.processes.values()):
            process.stop()
