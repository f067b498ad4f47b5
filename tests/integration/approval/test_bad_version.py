"""A version that a rollback left for cause is no version to go back to."""

from __future__ import annotations

from bot.domain.refusal import Code
from bot.domain.rollback import State
from bot.domain.standing import Deed, NewEntry
from bot.service import mark_good
from tests.integration.approval.chamber import FIRST, SERVICE, TYPED, Chamber, command


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
