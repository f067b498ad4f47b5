"""Child processes that are watched, logged and never outlive whoever started them."""

import contextlib
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

_POLL_S = 0.02
_LOG_TAIL_LINES = 20


class ProcessError(RuntimeError):
    """A child process ended, or did not become ready in time; the message quotes the end of its log."""


class Process:
    """One running child, its log file and its end.

    The child is started through `setpriv --pdeathsig KILL`, so that the kernel ends it when the *thread* that started
    it ends (prctl(2), PR_SET_PDEATHSIG): start children from a thread that lives as long as they shall.
    """

    def __init__(
        self, argv: Sequence[str | Path], *, log: Path, name: str = "", env: Mapping[str, str] | None = None
    ) -> None:
        """Start `argv` with `env` added to this process' environment; output is appended to `log`."""
        self.name = name or Path(argv[0]).name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the child has not ended yet."""
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], *, within_s: float) -> None:
        """Wait until `ready()` is true.

        Raises ProcessError when the child ends first or `within_s` seconds pass.
        """
        deadline = time.monotonic() + within_s
        while not ready():
            if not self.running:
                raise ProcessError(self._story(f"ended with code {self._child.returncode} before it was ready"))
            if time.monotonic() > deadline:
                raise ProcessError(self._story(f"was not ready within {within_s:g} s"))
            time.sleep(_POLL_S)

    def stop(self, *, grace_s: float = 5.0) -> int:
        """SIGTERM, then SIGKILL after `grace_s` seconds; returns the exit code. Harmless when it has ended."""
        if self.running:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._child.wait(timeout=grace_s)
        return self.kill()

    def kill(self) -> int:
        """SIGKILL; returns the exit code."""
        self._signal(signal.SIGKILL)
        return self._child.wait(timeout=10)

    def pause(self) -> None:
        """SIGSTOP: the child keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: the child goes on where it was paused."""
        self._signal(signal.SIGCONT)

    def wait(self, *, within_s: float) -> int:
        """Wait for the child's own end; returns the exit code. Raises ProcessError after `within_s` seconds."""
        try:
            return self._child.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            raise ProcessError(self._story(f"was still running after {within_s:g} s")) from None

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            self._child.send_signal(number)

    def _story(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "\n  ".join([f"{self.name} {what}. The end of its log, {self.log}:", *lines])


class Server(ABC):
    """A server of our own as a context manager: one process that is started, stopped and paused."""

    _process: Process | None = None

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it is ready. Raises ProcessError when it does not become so."""

    def stop(self) -> None:
        """SIGTERM, then SIGKILL; start() brings it back on the same port with its data."""
        if self._process:
            self._process.stop()

    def pause(self) -> None:
        """Keep connections open and answer nothing, until resume()."""
        if self._process:
            self._process.pause()

    def resume(self) -> None:
        """Answer again."""
        if self._process:
            self._process.resume()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Group:
    """Processes that are stopped together, the last one started first."""

    def __init__(self) -> None:
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self, argv: Sequence[str | Path], *, log: Path, name: str = "", env: Mapping[str, str] | None = None
    ) -> Process:
        """Start a process that this group stops; the arguments are Process's."""
        process = Process(argv, log=log, name=name, env=env)
        self._processes.append(process)
        return process

    def ended(self) -> list[Process]:
        """The processes that have ended although nobody stopped them."""
        return [process for process in self._processes if not process.running]

    def stop(self) -> None:
        """Stop all of them; harmless when repeated."""
        while self._processes:
            self._processes.pop().stop()


def responds(url: str, *, ca: Path | None = None) -> bool:
    """Whether a GET of `url` is answered with a 2xx status; `ca` is the bundle that https is checked with."""
    with requests.Session() as session:
        session.trust_env = False  # this machine's proxy is for other servers
        try:
            return session.get(url, timeout=1, verify=str(ca) if ca else True).ok
        except (requests.RequestException, OSError):
            return False
