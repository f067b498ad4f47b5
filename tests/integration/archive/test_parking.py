"""An archive that is asked to stop: the journal under way is finished, the next worker does the rest at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.store import Store, keys
from jobs import tasks
from jobs.archiving import Archive
from jobs.clients.archive import Folder
from jobs.parking import Parking
from sandbox.redis import Redis as Server
from tests.integration.archive.scene import ended
from tests.integration.engine import office, small


class Watched(Folder):
    """A folder that says when the first object was written to it: the moment at which SIGTERM comes."""

    def __init__(self, path: Path, written: Callable[[], None]) -> None:
        super().__init__(path)
        self._written = written

    def put(self, name: str, text: str) -> None:
        """Write it, and say so."""
        super().put(name, text)
        self._written()


def whole(place: Folder) -> set[str]:
    """The rollbacks whose head and events are both there."""
    named = {name.split("/")[1] for name in place.names("heads/")}
    return {name.split("/")[3] for name in place.names("journals/")} & named


def test_an_archive_that_is_asked_to_stop_finishes_its_journal_and_is_due_at_once(
    server: Server, store: Store, tmp_path: Path
) -> None:
    """SIGTERM comes between a journal's head and its events: both are written, of the others none."""
    ids = {ended(store).id for _ in range(3)}
    parking = Parking()
    place = Watched(tmp_path / "archive", parking.ask)
    house = small.house(store, small.World(), office.catalog("game-server"), url=server.url, folder=tmp_path)
    tasks.install(replace(house, archive=Archive(store, place), parking=parking))
    tasks.archive_old()
    assert len(place.names("heads/")) == 1
    assert len(whole(place)) == 1
    assert [handed.queue for handed in store.hand_out(members=[keys.SWEEP])] == ["long"]
    Archive(store, Folder(tmp_path / "archive")).tend(Parking())
    assert whole(place) == ids


def test_an_archive_in_a_process_that_was_asked_to_stop_begins_nothing(store: Store, tmp_path: Path) -> None:
    """A job that was already taken out of the queue is given back."""
    ended(store)
    parking = Parking(asked=True)
    place = Folder(tmp_path / "archive")
    Archive(store, place).tend(parking)
    assert place.names("heads/") == []
    assert [handed.queue for handed in store.hand_out(members=[keys.SWEEP])] == ["long"]
