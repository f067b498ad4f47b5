"""A real Redis of our own: AOF on, every write flushed, nothing evicted."""

import shutil
from pathlib import Path

import redis

from sandbox.ports import LOOPBACK, free_port
from sandbox.processes import Process, Server

_READY_S = 10.0


class Redis(Server):
    """One redis-server on a free loopback port; its data live in `folder` and outlast a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "redis"
        self.port = free_port()

    @property
    def url(self) -> str:
        """The address, database 0; the same after a restart."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers. Raises ProcessError when it does not."""
        self._data.mkdir(parents=True, exist_ok=True)
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self._data),
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        argv = ["redis-server", *(word for name, value in options.items() for word in (f"--{name}", value))]
        self._process = Process(argv, log=self._folder / "redis.log")
        self._process.wait_until(self._answers, within_s=_READY_S)

    def kill(self) -> None:
        """SIGKILL, as when the machine goes; start() brings it back with its data."""
        if self._process:
            self._process.kill()

    def restart(self) -> None:
        """Stop and start on the same port with the same data."""
        self.stop()
        self.start()

    def restart_empty(self) -> None:
        """Stop, lose all data, start on the same port."""
        self.stop()
        shutil.rmtree(self._data)
        self.start()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=1, retry=None) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
