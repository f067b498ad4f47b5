"""A version that a rollback left for cause is no version to go back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn

import pytest

from bot.catalog import Service
from bot.domain.refusal import Code, Refused
from bot.domain.rollback import Request, State
from bot.domain.standing import Deed, NewEntry
from bot.service import mark_good
from bot.views import answers, terminal
from jobs.clients import Clients
from jobs.phases.planning import plan_for
from tests.integration.approval.chamber import ASKER, FIRST, SERVICE, TYPED, Chamber, command
from tests.integration.engine.small import Drill


@dataclass(frozen=True)
class Gone(Drill):
    """A way back that finds nothing to go back from, and says no more than what it looked at."""

    def observe(self, clients: Clients, request: Request, service: Service) -> NoReturn:  # noqa: ARG002 - the protocol's
        """Look at the world."""
        raise Refused(Code.NO_CANARY, pods=0)


def test_planning_refuses_a_version_marked_bad_until_it_is_marked_good(chamber: Chamber) -> None:
    """The card names the rollback that left it; breaking the glass changes nothing about it."""
    version = "1"
    bad = {"version": version, "rollback": "rb-0987", "error_share": 0.12, "reason": ""}
    stood = chamber.store.standing(SERVICE)
    chamber.store.stand(stood, [NewEntry(kind=Deed.MARKED_BAD, by=FIRST, data={**bad})], command_id=command())

    for changes in ({}, {"break_glass": True, "reason": TYPED}):
        ended = chamber.planned(**changes)
        assert (ended.state, ended.last["code"]) == (State.REFUSED, Code.BAD_VERSION)
        figures = ended.last["figures"]
        assert isinstance(figures, dict)
        assert (figures["asked"], figures["marked_by"]) == (version, "rb-0987")

    mark_good(chamber.house.desk, SERVICE, version=version, person=FIRST, command_id=command())
    assert chamber.planned().state is State.PLANNED


def test_a_dry_run_that_is_refused_names_its_service(chamber: Chamber) -> None:
    """There is no card that names it: neither Slack's answer nor a terminal's speaks of "unknown"."""
    house = replace(chamber.house, strategies={"canary": Gone(chamber.world)})
    with pytest.raises(Refused) as no:
        plan_for(house, Request(service=SERVICE, strategy="canary", by=ASKER, channel="C1"))
    for told in (answers.refusal(no.value.refusal).text, terminal.refusal(no.value.refusal)):
        assert f"No canary of {SERVICE} is running" in told
        assert "unknown" not in told
