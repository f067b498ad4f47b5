"""Free ports on the loopback address."""

import random
import socket

LOOPBACK = "127.0.0.1"

# Below Linux' ephemeral range (32768 and up): a port from that range can be taken by any outgoing connection between
# the moment it is picked here and the moment the server binds it.
_FIRST, _LAST = 20_000, 32_000
_TRIES = 200

_handed_out: set[int] = set()


class NoFreePortError(RuntimeError):
    """No free loopback port was found; many servers are still running: stop some and try again."""


def free_port() -> int:
    """A loopback TCP port that nothing listens on and that this process has not handed out before.

    Raises NoFreePortError when none is found.
    """
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - spreads ports, keeps no secret
        if port not in _handed_out and is_free(port):
            _handed_out.add(port)
            return port
    message = f"No free port between {_FIRST} and {_LAST} after {_TRIES} tries: stop some of the servers on {LOOPBACK}."
    raise NoFreePortError(message)


def is_free(port: int) -> bool:
    """Whether a server could bind this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
