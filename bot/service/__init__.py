"""The verbs: what people can do to a rollback. Handlers and the command line call these and nothing deeper.

Each loads where the rollback stands, judges purely, and writes one transition. Each raises `Refused` with a code of
bot/domain/refusal.py, and then nothing was changed.
"""

from bot.service.annotating import NewerText, annotate, cause_of, tick
from bot.service.approving import approve, reject
from bot.service.asking import again, introduce, known_member, known_reader, request
from bot.service.desk import Desk
from bot.service.history import Past, history
from bot.service.locking import Lifted, after_rollback, lock, mark_good, standing, unlock
from bot.service.looking import one, one_open, snapshot, status
from bot.service.running import retry, skip
from bot.service.stopping import abort, withdraw
from bot.service.undoing import undo

__all__ = [
    "Desk",
    "Lifted",
    "NewerText",
    "Past",
    "abort",
    "after_rollback",
    "again",
    "annotate",
    "approve",
    "cause_of",
    "history",
    "introduce",
    "known_member",
    "known_reader",
    "lock",
    "mark_good",
    "one",
    "one_open",
    "reject",
    "request",
    "retry",
    "skip",
    "snapshot",
    "standing",
    "status",
    "tick",
    "undo",
    "unlock",
    "withdraw",
]
