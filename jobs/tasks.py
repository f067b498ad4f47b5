"""The RQ entry points, by name. Arguments are JSON; a task that runs twice, late or never changes nothing by that.

A worker hands in its parts with `install` before it forks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, ParamSpec

import structlog

from bot.domain.model import JsonObject
from bot.domain.refusal import Refused
from bot.domain.rollback import Request
from bot.store import StoreUnreadable
from bot.views import answers
from bot.views.message import Message
from jobs import narrator, runner, snapshots
from jobs.clients.errors import Temporary
from jobs.house import House
from jobs.phases.planning import plan_for, unanswered

log = structlog.get_logger()

P = ParamSpec("P")


@dataclass
class _Installed:
    house: House | None = None

    def require(self) -> House:
        if self.house is None:
            raise RuntimeError("a task ran before its worker called install()")
        return self.house


_installed: Final = _Installed()


def install(house: House) -> None:
    """Give this process its parts; once, before the first task."""
    _installed.house = house


def _job(task: Callable[P, None]) -> Callable[P, None]:
    """Wakes others at its end. While Redis is away it ends with one line: what must not be lost comes due again."""

    @functools.wraps(task)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            task(*args, **kwargs)
        except StoreUnreadable as error:
            log.warning("the store cannot be read; what must not be lost comes due again", error=str(error))
        finally:
            _installed.require().gathered.flush()

    return wrapped


@_job
def advance(rollback_id: str) -> None:
    """Carry a rollback on."""
    runner.advance(_installed.require(), rollback_id)


@_job
def narrate(rollback_id: str) -> None:
    """Make Slack equal to a rollback's journal."""
    narrator.narrate(_installed.require(), rollback_id)


@_job
def refresh_directory() -> None:
    """Read the approver groups anew."""
    house = _installed.require()
    house.people.refresh(house.catalog)


@_job
def archive_old() -> None:
    """Keep what has ended outside Redis, and take what is old out of it."""
    house = _installed.require()
    house.archive.tend(house.parking)


@_job
def keep_journal(rollback_id: str) -> None:
    """Keep the journal of a rollback that has ended outside Redis."""
    _installed.require().archive.keep_ended(rollback_id)


@_job
def snapshot(service: str) -> None:
    """Keep a service's configuration where it has changed."""
    house = _installed.require()
    snapshots.tend(house.store, house.clients, house.catalog, service)


@_job
def say(channel: str, user: str, thread_ts: str, message: JsonObject) -> None:
    """Answer one person, where only they see it. `message`: {text, blocks}."""
    narrator.say(
        _installed.require(), channel=channel, user=user, thread_ts=thread_ts, message=Message.from_json(message)
    )


@_job
def preview(request: JsonObject, thread_ts: str) -> None:
    """The dry run: plan a request, change nothing, and answer only the asker. `request`: a `Request` as JSON."""
    house = _installed.require()
    wanted = Request.model_validate(request)
    message = _previewed(house, wanted)
    house.queues.say(
        channel=wanted.channel,
        user=wanted.by.id,
        thread_ts=thread_ts,
        message=message.to_json(),
    )


def _previewed(house: House, request: Request) -> Message:
    try:
        house.people.require_full_member(request.by)
        plan = plan_for(house, request)
        policy = house.service(request.service).policy(break_glass=request.break_glass)
        return answers.preview(plan, request, policy=policy)
    except Refused as refused:
        return answers.refusal(refused.refusal)
    except Temporary as error:
        return answers.refusal(unanswered(error))


ALLOWED: Final[Mapping[str, Callable[..., None]]] = {
    f"jobs.tasks.{task.__name__}": task
    for task in (advance, narrate, refresh_directory, archive_old, keep_journal, snapshot, say, preview)
}
"""The only functions a worker runs, whatever stands in Redis."""

__all__ = [
    "ALLOWED",
    "advance",
    "archive_old",
    "install",
    "keep_journal",
    "narrate",
    "preview",
    "refresh_directory",
    "say",
    "snapshot",
]
