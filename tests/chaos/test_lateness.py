"""The quick form of the bench's lateness: several canaries, short holds, two workers, nothing broken, nothing timed."""

from __future__ import annotations

from pathlib import Path

from bench.lateness import CAST, PLAIN, lanes_of, run
from bot.domain.rollback import State
from tests.chaos.site import site

CANARIES = 6
HOLDS = 3
"""A canary's steps that are held: 12, 3 and 0 percent."""


def test_every_hold_is_judged_once_and_none_before_its_end(tmp_path: Path) -> None:
    """Side by side in few hands, each canary comes to its own end, and no weight moves on before its time."""
    with site(tmp_path, on=lanes_of(CANARIES, hold_s=2), cast=CAST, roots=PLAIN, breakable=False) as running:
        late = run(running, over_s=2)
        ended = running.store.recent(None, CANARIES + 1)
    assert [rollback.state for rollback in ended] == [State.SUCCEEDED] * CANARIES
    assert len(late) == CANARIES * HOLDS
    assert min(late) >= 0
