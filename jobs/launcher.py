"""Child processes that never outlive the job that started them: tofu, mysqldump, a script of the catalog.

A signal that ends the horse does not reach its children, and the kernel's parent-death signal is not inherited by a
fork. So this file is run once more as a small supervisor, which leads a session of its own: it asks the kernel for a
signal when the thread that called `run` ends, and then kills its whole group, pipelines included. `setpriv` would end
only the first process of such a group, and a preexec_fn may dead-lock in a process with threads.

It imports nothing but the standard library, because it also runs by its path.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final

TAIL_BYTES: Final = 64 * 1024
"""Of each stream so much is kept, the end of it; what was longer is said in `Result.cut`."""
POLL_S: Final = 0.1
LATE_S: Final = 2.0
"""A group that was killed is gone within this."""
PR_SET_PDEATHSIG: Final = 1
NO_SUCH_COMMAND: Final = 127
BY_SIGNAL: Final = 128

Line = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a child ended. `code`: its exit code, 128 + n after signal n, None when its time was up and it was killed.

    `stdout`, `stderr`: the last 64 KiB of each, as UTF-8. `cut`: one of them was longer. `seconds`: how long it ran.
    """

    code: int | None
    stdout: str
    stderr: str
    cut: bool
    seconds: float

    @property
    def good(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.code == 0


class _Stream:
    """One pipe of the child: its end is kept, its lines are told."""

    def __init__(self, pipe: IO[bytes], on_line: Line | None) -> None:
        self.pipe = pipe
        self.cut = False
        self._on_line = on_line
        self._tail = b""
        self._line = b""
        os.set_blocking(pipe.fileno(), False)

    @property
    def text(self) -> str:
        """What was kept."""
        return self._tail.decode(errors="replace")

    def read(self) -> bool:
        """Take what is there; False at the end of the pipe."""
        try:
            chunk = os.read(self.pipe.fileno(), TAIL_BYTES)
        except BlockingIOError:
            return True
        self._keep(chunk)
        *lines, self._line = (self._line + chunk).split(b"\n")
        self._line = self._line[-TAIL_BYTES:]
        for line in lines if chunk else [self._line]:
            if self._on_line and line:
                self._on_line(line.decode(errors="replace"))
        return bool(chunk)

    def _keep(self, chunk: bytes) -> None:
        whole = self._tail + chunk
        self.cut = self.cut or len(whole) > TAIL_BYTES
        self._tail = whole[-TAIL_BYTES:]


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float,
    stdin: bytes | None = None,
    on_line: Line | None = None,
) -> Result:
    """Run a command to its end and give back how it ended.

    `env` is its whole environment: nothing is inherited, so no secret that was not meant for it. `stdin`: what it
    reads. `on_line` is told each line of either stream as it comes; what it raises ends the command and is raised here.
    Whatever the command started is gone when this returns, and when the thread that called it ends.
    """
    begun = time.monotonic()
    with tempfile.TemporaryFile() as given:
        given.write(stdin or b"")
        given.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, str(os.getpid()), *map(str, argv)],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    with _ended(child):
        streams = [_Stream(pipe, on_line) for pipe in (child.stdout, child.stderr) if pipe is not None]
        code = _follow(child, streams, until=begun + timeout_s)
    return Result(
        code=code,
        stdout=streams[0].text,
        stderr=streams[1].text,
        cut=any(stream.cut for stream in streams),
        seconds=round(time.monotonic() - begun, 3),
    )


def _follow(child: subprocess.Popen[bytes], streams: Sequence[_Stream], *, until: float) -> int | None:
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.pipe, selectors.EVENT_READ, stream)
        while time.monotonic() < until:
            ended = child.poll() is not None
            ready = selector.select(0 if ended else min(POLL_S, max(0.0, until - time.monotonic())))
            for key, _ in ready:
                if not key.data.read():
                    selector.unregister(key.fileobj)
            if ended and not ready:
                return child.returncode
    return None


@contextlib.contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Afterwards nothing of the child's group is left."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait(LATE_S)
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def supervise(parent: int, argv: Sequence[str]) -> int:
    """Run `argv` in this process' group, and end the group as soon as `parent` is gone; its exit code."""

    def end_all(_signal: int, _frame: FrameType | None) -> None:
        os.killpg(0, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end_all)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # It was gone before the kernel was asked.
        return 1
    try:
        child = os.posix_spawnp(argv[0], list(argv), os.environ, setsigdef=[signal.SIGTERM])
    except OSError as error:
        sys.stderr.write(f"{argv[0]} cannot be started: {error.strerror}\n")
        return NO_SUCH_COMMAND
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code if code >= 0 else BY_SIGNAL - code


if __name__ == "__main__":
    sys.exit(supervise(int(sys.argv[1]), sys.argv[2:]))
