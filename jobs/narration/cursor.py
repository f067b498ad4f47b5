"""Where the narrator stands: what it has put into Slack for one rollback. Written after every call that worked."""

from __future__ import annotations

from bot.domain.model import Value
from bot.domain.report import Found


class CallNote(Value):
    """A call that was made; `closed` once it shows its outcome."""

    ts: str
    channel: str
    text: str
    closed: bool = False


class ChartNote(Value):
    """The chart. `file`, with its `alt` text, stands in the report; `next` waits until Slack has processed it.

    `stage`: "ended" or "watched". `since`: Redis ms of the upload, 0 before. `tries`: attempts to draw and upload, the
    last at `tried_at`.
    """

    stage: str = ""
    file: str = ""
    alt: str = ""
    next: str = ""
    next_alt: str = ""
    since: int = 0
    tries: int = 0
    tried_at: int = 0


class Begun(Value):
    """A post that was begun, `since` (Slack's seconds), and is not accounted for: it may stand there, or still come."""

    since: str
    channel: str
    thread_ts: str = ""


class ReportNote(Value):
    """The report's message. `number` counts how often it had to be posted; `whole_hash`: the Markdown in the thread."""

    ts: str = ""
    link: str = ""
    hash: str = ""
    number: int = 1
    whole_hash: str = ""
    found: Found | None = None


class Cursor(Value):
    """Everything the narrator remembers about one rollback. Times are Redis ms, `…_ts` are Slack's message names.

    `line_seq`: the last event whose line stands in the thread. `card_number`: how often the card had to be posted.
    `posting`: posts and files that were begun, by key. Should an answer be lost or the narrator die, they are looked
    for before they are made again. `stands`: the message that counts, by key; another one that carries the same key is
    a double. `failures`: attempts in a row that Slack did not answer. `swept`: the last event before the sweep for
    doubles at the end. `ghost_at`: when to sweep because a post was made again that may still come. `doubt`: the
    version of the last doubt that was looked into (jobs/narration/sweep.py).
    """

    channel: str = ""
    card_ts: str = ""
    card_link: str = ""
    card_hash: str = ""
    card_at: int = 0
    card_state: str = ""
    card_number: int = 1
    card_said: int = 1
    line_seq: int = 0
    calls: dict[str, CallNote] = {}
    posting: dict[str, Begun] = {}
    stands: dict[str, str] = {}
    failures: int = 0
    swept: int = 0
    ghost_at: int = 0
    doubt: int = 0
    report: ReportNote = ReportNote()
    chart: ChartNote = ChartNote()
