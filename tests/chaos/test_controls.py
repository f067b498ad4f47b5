"""Chaos can fail: with one protection taken out, what it looks for is there; with all of them in place it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.controls import a_late_write, a_lost_answer
from tests.chaos.lanes import Lane
from tests.chaos.site import Site, site

SOUND, NO_FENCE, NO_LEASE, WARM, HEARD, TWICE = (Lane(f"lane-{letter}") for letter in "abcdef")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The sandbox with a lane a test; each test starts the workers that it wants."""
    lanes = [SOUND, NO_FENCE, NO_LEASE, WARM, HEARD, TWICE]
    with site(tmp_path_factory.mktemp("controls"), on=lanes, cast=("web", "narrator-1", "watch-1")) as made:
        yield made


def test_a_worker_that_wakes_in_the_middle_of_a_write_changes_nothing(place: Site) -> None:
    """With fence and lease in place its write is refused: nothing is doubled, late or out of order."""
    found = a_late_write(place, SOUND, root="sound")
    assert found.findings() == []


def test_without_the_fence_its_write_is_seen_as_a_double_by_an_overtaken_worker(place: Site) -> None:
    """The judge finds the same effect twice, and by the fences in the audit log that it came too late."""
    found = a_late_write(place, NO_FENCE, root="no-fence")
    assert any(finding.startswith("2 times") for finding in found.doubled_effects), found
    assert any("too late" in finding for finding in found.doubled_effects), found


def test_without_the_lease_its_write_is_seen_as_a_double_after_the_end(place: Site) -> None:
    """Nobody counts fences any more; the same effect twice, and after people had been told the end, is found."""
    found = a_late_write(place, NO_LEASE, root="no-lease")
    assert any(finding.startswith("2 times") for finding in found.doubled_effects), found
    assert any("after its end was told" in finding for finding in found.wrong_order), found


def test_a_request_whose_answer_was_lost_is_one_rollback(place: Site) -> None:
    """The store is asked again and gives the same rollback."""
    found = a_lost_answer(place, HEARD, warm=WARM, app="bot.app:from_environment")
    assert found.findings() == []


def test_without_command_ids_a_request_whose_answer_was_lost_is_two(place: Site) -> None:
    """The judge finds the second rollback: nobody's, with a card of its own for one command."""
    found = a_lost_answer(place, TWICE, warm=WARM, app="tests.chaos.roots.web:no_command_ids")
    assert found.lost, found
    assert any("rollbacks for one command" in finding for finding in found.doubled_effects), found
