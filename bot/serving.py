"""gunicorn's hooks around one web process: the way to Slack opens after the fork and closes before the exit."""

from __future__ import annotations

from typing import Any

from bot.app import link_of


def post_worker_init(worker: Any) -> None:  # noqa: ANN401 - gunicorn ships no types
    """Start Socket Mode, when it is chosen."""
    link = link_of(worker.wsgi)
    if link is not None:
        link.start()


def worker_exit(server: Any, worker: Any) -> None:  # noqa: ANN401 - gunicorn ships no types
    """Answer what came in over Socket Mode, and close it."""
    del server
    link = link_of(getattr(worker, "wsgi", None))
    if link is not None:
        link.close()
