"""The load generator, a process of its own: ready-made requests over plain sockets, a fixed number at a time.

Reads a JSON object from stdin: {host, port, concurrency, requests: [the bytes of one HTTP request as text]}; prints a
JSON list of [milliseconds, HTTP status] in the order given. Each request has a connection of its own (no keep-alive),
and its time counts from before the connection is opened until the server has closed it.
"""

from __future__ import annotations

import itertools
import json
import socket
import sys
import threading
import time
from dataclasses import dataclass

TIMEOUT_S = 10.0
"""Longer than Slack's 3 s, so that a late answer is measured rather than cut."""
FAILED = 0
"""The status of a request that was not answered."""
_CHUNK = 65_536
_SWITCH_S = 0.0005


@dataclass(frozen=True)
class Job:
    """Where the requests go and what they are."""

    host: str
    port: int
    concurrency: int
    requests: list[bytes]


def run(job: Job) -> list[tuple[float, int]]:
    """Send all requests, `concurrency` at a time; milliseconds and status of each."""
    # A thread that has an answer must not wait for the others' 5 ms before it reads the clock.
    sys.setswitchinterval(_SWITCH_S)
    answers: list[tuple[float, int]] = [(0.0, FAILED)] * len(job.requests)
    places = itertools.count()

    def work() -> None:
        while (place := next(places)) < len(job.requests):
            answers[place] = _send(job, job.requests[place])

    threads = [threading.Thread(target=work) for _ in range(job.concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _send(job: Job, request: bytes) -> tuple[float, int]:
    began = time.perf_counter()
    try:
        with socket.create_connection((job.host, job.port), timeout=TIMEOUT_S) as connection:
            connection.sendall(request)
            answer = connection.recv(_CHUNK)
            while more := connection.recv(_CHUNK):
                answer += more
    except OSError:
        return (time.perf_counter() - began) * 1000, FAILED
    took = (time.perf_counter() - began) * 1000
    return took, int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else FAILED


def main() -> None:
    """Read the job, do it, print the answers."""
    given = json.load(sys.stdin)
    requests = [request.encode() for request in given["requests"]]
    job = Job(host=given["host"], port=given["port"], concurrency=given["concurrency"], requests=requests)
    json.dump(run(job), sys.stdout)


if __name__ == "__main__":
    main()
