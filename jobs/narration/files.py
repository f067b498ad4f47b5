"""Files in the card's thread: each stands there once, and is found again by the name that it was given."""

from __future__ import annotations

from jobs.clients.slack import SlackUnreadable, Unclear
from jobs.narration.desk import FILE, Desk


def share(desk: Desk, what: str, content: bytes, *, title: str) -> str:
    """Have a file stand in the card's thread, once, whatever happens on the way; gives the key it was begun under.

    The caller keeps what it needs together with `done=key`.

    `what`: the end of its name, which tells it apart from every other file of the rollback ("watched.png").

    Raises:
        Later: it does not stand there, or is not known to.
    """
    desk.go_on()
    name = f"{desk.rollback.id}.{what}"
    key, thread_ts = f"{FILE}{name}", desk.cursor.card_ts
    if desk.begin(key, desk.channel, thread_ts) is None:
        try:
            desk.slack.upload(name, content, title=title, channel=desk.channel, thread_ts=thread_ts)
        except SlackUnreadable as error:
            if not isinstance(error.problem, Unclear):
                desk.keep(done=key, failures=desk.cursor.failures)
            raise desk.trouble(error.problem) from error
    return key
