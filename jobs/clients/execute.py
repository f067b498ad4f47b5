"""Commands in a container of a pod, over a WebSocket of its own for each."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kubernetes.stream.ws_client import get_websocket_url, websocket_proxycare
from websocket import (
    ABNF,
    WebSocket,
    WebSocketAddressException,
    WebSocketBadStatusException,
    WebSocketException,
    WebSocketProxyException,
    WebSocketTimeoutException,
)

from jobs.clients.errors import Unreachable
from jobs.clients.refusals import SYSTEM, Call, refused
from jobs.clients.resources import Ref
from jobs.clients.transport import READ_S, Asked, Transport

OUTPUT_BYTES = 16 * 1024
"""So much is kept of what a command says, on each of its two outputs; the rest is read and dropped."""
_LATE_S = 2.0
_WHY_CHARS = 300
_CHANNELS = _OUT, _ERROR, _VERDICT = 1, 2, 3
_PROTOCOLS = "v5.channel.k8s.io, v4.channel.k8s.io"
_NOT_STARTED = (
    ConnectionRefusedError,
    TimeoutError,
    ssl.SSLCertVerificationError,
    WebSocketAddressException,
    WebSocketProxyException,
)
_SERVER_ERROR = 500
_NO_COMMAND = {126, 127}
_NO_SUCH = re.compile(r"executable file not found|no such file or directory|permission denied|exec format error")
_EXIT_STATUS = re.compile(r": exit status (\d+)\Z")


@dataclass(frozen=True)
class Ran:
    """How a command ended. `out` and `error` are what it wrote to stdout and stderr, cut at 16 KiB each.

    `code`: its exit status; None when nobody knows: no answer in time, the connection dropped, or it never ran. `why`
    says which. `missing`: the container has no such command, or cannot run it (exit 126 or 127, or none at all): that
    says nothing about what the command was to find out.
    """

    code: int | None
    out: str = ""
    error: str = ""
    missing: bool = False
    why: str = ""


def run(transport: Transport, ref: Ref, container: str, command: Sequence[str], *, timeout_s: float) -> Ran:
    """Run a command (program and arguments; no shell) and wait for its end, `timeout_s` seconds at the most.

    A command that outlives the time-out runs on in its container: nothing in Kubernetes stops it. Safe from many
    threads: kubernetes.stream.stream is not, since it swaps a method of the ApiClient that they share.

    Raises:
        Forbidden: pods/exec (its rights are get and create). NotFound: no such pod.
        Unreachable: no connection, so it was not started. Temporary. Rejected: no such container, or a policy.
        ValueError: there is no command.
    """
    if not command:
        raise ValueError("there is no command to run")
    until = time.monotonic() + timeout_s
    call = Call("create", ref, part="exec")
    words = [("command", word) for word in command]
    asked = transport.prepared(call, query=[*words, ("container", container), ("stdout", "true"), ("stderr", "true")])
    # Their create_websocket has no time-out, neither to connect nor for the first answer.
    named = asked.settings.tls_server_name
    options = {"context": asked.tls, **({"server_hostname": named} if named else {})}
    socket = WebSocket(sslopt=options, skip_utf8_validation=True)
    try:
        _open(socket, asked, timeout_s=min(timeout_s, READ_S))
        return _verdict(_listen(socket, until))
    except WebSocketBadStatusException as error:
        body = error.resp_body or b""
        if error.status_code >= _SERVER_ERROR:
            return Ran(None, why=_short(f"HTTP {error.status_code} {body.decode(errors='replace')}"))
        raise refused(call, status=error.status_code, text=body) from error
    except _NOT_STARTED as error:
        raise Unreachable(SYSTEM, str(error)) from error
    except (WebSocketException, OSError) as error:
        return Ran(None, why=_short(f"no answer: {error}"))
    finally:
        socket.shutdown()  # type: ignore[no-untyped-call]  # theirs


@dataclass
class _Heard:
    """What came over each channel until it ended, and why it ended when nobody said goodbye."""

    channels: dict[int, bytearray] = field(default_factory=lambda: {each: bytearray() for each in _CHANNELS})
    why: str = ""

    def text(self, channel: int) -> str:
        return self.channels[channel].decode(errors="replace")


def _open(socket: WebSocket, asked: Asked, *, timeout_s: float) -> None:
    names = ("authorization", "User-Agent")
    header = [f"{name}: {asked.headers[name]}" for name in names if name in asked.headers]
    options: dict[str, Any] = {"header": [*header, f"Sec-WebSocket-Protocol: {_PROTOCOLS}"]}
    if asked.settings.proxy or asked.settings.proxy_headers:
        options = websocket_proxycare(options, asked.settings, asked.url, asked.headers)  # type: ignore[no-untyped-call]  # theirs
    url = get_websocket_url(asked.url)  # type: ignore[no-untyped-call]  # theirs
    # A redirect would be handed the token.
    socket.connect(url, timeout=timeout_s, redirect_limit=0, **options)  # type: ignore[no-untyped-call]  # theirs


def _listen(socket: WebSocket, until: float) -> _Heard:
    heard = _Heard()
    try:
        while (left := until - time.monotonic()) > 0:
            socket.settimeout(left)
            opcode, frame = socket.recv_data_frame(control_frame=True)
            if opcode == ABNF.OPCODE_CLOSE:
                return heard
            channel, said = frame.data[:1], frame.data[1:]
            if opcode not in {ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT} or not said or channel[0] not in heard.channels:
                continue
            kept = heard.channels[channel[0]]
            kept += said[: OUTPUT_BYTES - len(kept)]
            if channel[0] == _VERDICT:
                # The outputs are copied side by side with it, so their last words may come after it.
                until = min(until, time.monotonic() + _LATE_S)
    except WebSocketTimeoutException:
        pass
    except (WebSocketException, OSError) as error:
        heard.why = f"the connection dropped: {error}"
        return heard
    heard.why = "no end in time"
    return heard


def _verdict(heard: _Heard) -> Ran:
    """Read the Status on the error channel: a kubelet names the exit code as a cause, others in their message."""
    out, error = heard.text(_OUT), heard.text(_ERROR)
    told = _parsed(heard.channels[_VERDICT])
    if told is None:
        return Ran(None, out, error, why=_short(heard.why or "closed without a verdict"))
    if told.get("status") == "Success":
        return Ran(0, out, error)
    message = str(told.get("message", ""))
    code = _exit_code(told, message)
    if code is None:
        why = message.rpartition("Internal error occurred: ")[2]
        return Ran(None, out, error, missing=bool(_NO_SUCH.search(message)), why=_short(why))
    return Ran(code, out, error, missing=code in _NO_COMMAND)


def _parsed(verdict: bytearray) -> dict[str, Any] | None:
    try:
        told = json.loads(verdict)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _exit_code(told: dict[str, Any], message: str) -> int | None:
    causes = (told.get("details") or {}).get("causes") or []
    named = [str(cause.get("message", "")) for cause in causes if cause.get("reason") == "ExitCode"]
    found = named or _EXIT_STATUS.findall(message)
    return int(found[0]) if found and found[0].isdecimal() else None


def _short(text: str) -> str:
    return text[:_WHY_CHARS]
