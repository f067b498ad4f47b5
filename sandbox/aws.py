"""AWS as far as the product needs it here: moto's server, which answers S3 and IAM as AWS documents them.

`python -m sandbox.aws PORT` is that server with one request at a time: moto looks whether an object is there and writes
it later, and two writers between whom only one may win would both be told that they did.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import requests
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, Server, responds

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_READY_S = 30.0
_ANSWER_S = 10.0
_REGION = "us-east-1"
_OWNER = {"Authorization": "AWS sandbox:unchecked"}
"""A caller who is not anonymous: moto checks no signature unless rights are required."""


class Aws(Server):
    """One moto server on a free loopback port. Its data are in memory: they are gone after a stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()

    @property
    def url(self) -> str:
        """The address of every service."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs so that its AWS is this one."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": _REGION,
        }

    def start(self) -> None:
        """Start it and wait until it answers. Raises ProcessError when it does not."""
        argv = [sys.executable, "-m", "sandbox.aws", str(self.port)]
        self._process = Process(argv, log=self._folder / "aws.log", name="moto")
        self._process.wait_until(lambda: responds(f"{self.url}/moto-api/data.json"), within_s=_READY_S)

    def make_bucket(self, name: str) -> None:
        """Make an S3 bucket; a name has three characters at least."""
        self._send("PUT", f"/{name}")

    def put_object(self, bucket: str, key: str, text: str) -> None:
        """Write an object over whatever is there, as somebody who tampers does."""
        self._send("PUT", f"/{bucket}/{key}", data=text.encode())

    def require_rights(self, *, after: int = 0) -> None:
        """From the next call but `after` on, whoever calls needs a key that IAM knows and a policy that allows it."""
        self._send("POST", "/moto-api/reset-auth", data=str(after).encode())

    def _send(self, method: str, path: str, *, data: bytes = b"") -> None:
        with requests.Session() as session:
            session.trust_env = False  # this machine's proxy is for other servers
            answer = session.request(method, f"{self.url}{path}", data=data, headers=_OWNER, timeout=_ANSWER_S)
            answer.raise_for_status()


class _InTurn:
    """An application that takes one request at a time."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._lock = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._lock:
            return list(self._application(environ, start_response))


def serve(port: int) -> None:
    """Serve until the process ends."""
    os.environ["MOTO_PORT"] = str(port)  # moto.server sets it, too: some answers name their own address
    run_simple(LOOPBACK, port, _InTurn(), threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
