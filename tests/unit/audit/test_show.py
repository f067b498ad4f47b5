"""What an audit found, in words."""

from __future__ import annotations

import pytest

from bot.domain.audit import Audit, Broken, Finding, Why
from bot.views.audit import show
from tests.unit.audit.chains import BEGAN


@pytest.mark.parametrize("why", Why)
@pytest.mark.parametrize("where", ["redis", "archive"])
def test_each_reason_has_its_words(why: Why, where: str) -> None:
    """Which event, in whose copy, why, what that means, what to do; hashes are cut, none is unknown."""
    broken = Broken(seq=3, why=why, kind="approved", at=BEGAN, expected="a" * 64, found=f"17:{'b' * 64}")
    said = show(Audit(journals=2, events=40, heads=1, findings=(Finding(chain="rb-7", where=where, broken=broken),)))
    first, means, some = said.splitlines()
    assert first.startswith("rb-7, event 3 (approved, 2026-11-18 11:06:40 UTC), in ")
    assert "unknown" not in said
    assert "a" * 17 not in said
    assert "b" * 17 not in said
    assert "audit export rb-7" in means
    assert some == "Not everything fits. Looked at: 2 rollbacks, 40 events, 1 head."


def test_an_event_that_tells_nothing_of_itself_is_named_by_its_number() -> None:
    """A line that is no event has neither kind nor time."""
    broken = Broken(seq=1, why=Why.UNREADABLE)
    said = show(Audit(journals=1, events=1, findings=(Finding(chain="rb-7", where="archive", broken=broken),)))
    assert said.startswith("rb-7, event 1, in the archive, is the first that does not fit.")
    assert "Nothing of it proves anything" in said


def test_nothing_to_look_at_is_not_called_fitting() -> None:
    """An empty archive proves nothing."""
    assert show(Audit()) == "There is nothing to look at: no journal, no ledger and no head."
