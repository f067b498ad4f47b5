"""A real MariaDB of our own: one database, one user, every statement in its general log."""

from __future__ import annotations

import getpass
import subprocess
from pathlib import Path

from sandbox.ports import LOOPBACK, free_port, is_free
from sandbox.processes import Process, ProcessError, Server

_DAEMON = "/usr/sbin/mariadbd"
"""Debian puts it where not everybody's PATH leads."""
_READY_S = 30.0
_INSTALL_S = 60.0
DATABASE, USER, PASSWORD = "gamedb", "bot", "sandbox-database-password"


class MariaDB(Server):
    """One mariadbd on a free loopback port; its data live in `folder` and outlast a restart.

    `general_log` is the file in which the server writes down every statement it is given, with its connection's number.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "mariadb"
        self.general_log = self._folder / "mariadb-general.log"
        self.port = free_port()

    def start(self) -> None:
        """Start it and wait until it listens. Raises ProcessError with the end of its log when it does not."""
        if not self._data.exists():
            self._install()
        options = {
            "datadir": self._data,
            "port": self.port,
            "bind-address": LOOPBACK,
            "socket": self._folder / "mariadb.sock",
            "pid-file": self._folder / "mariadb.pid",
            "init-file": self._init_file(),
            "general-log": "1",
            "general-log-file": self.general_log,
            "innodb-buffer-pool-size": "32M",
            "performance-schema": "OFF",
            "user": getpass.getuser(),
        }
        argv = [_DAEMON, "--no-defaults", *(f"--{name}={value}" for name, value in options.items())]
        self._process = Process(argv, log=self._folder / "mariadb.log")
        self._process.wait_until(lambda: not is_free(self.port), within_s=_READY_S)

    def statements(self) -> list[tuple[int, str]]:
        """Every statement that the server was given, in order: (number of its connection, text)."""
        found: list[tuple[int, str]] = []
        for line in self.general_log.read_text(errors="replace").splitlines() if self.general_log.exists() else ():
            before, mark, statement = line.partition(" Query\t")
            if mark:
                found.append((int(before.split()[-1]), statement))
        return found

    def _install(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={self._data}",
                f"--user={getpass.getuser()}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_S,
        )
        if done.returncode:
            raise ProcessError(f"mariadb-install-db failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _init_file(self) -> Path:
        """What the server runs at each start: our database and user, if they are not there."""
        file = self._folder / "mariadb-init.sql"
        file.write_text(
            f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n"
            f"CREATE USER IF NOT EXISTS '{USER}'@'{LOOPBACK}' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON {DATABASE}.* TO '{USER}'@'{LOOPBACK}';\n"
            # Whoever takes over ends the connection of the one before, which is the same user's.
            f"GRANT CONNECTION ADMIN ON *.* TO '{USER}'@'{LOOPBACK}';\n"
        )
        return file
