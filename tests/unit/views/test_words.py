"""The words and the figures in them."""

from __future__ import annotations

import pytest

from bot.domain.people import Person
from bot.views import units
from bot.views.text import Safe
from bot.views.words import get


def test_missing_figure_prints_as_unknown() -> None:
    """A template whose figure nobody has says so and raises nothing."""
    assert get()("place", strategy="canary") == "canary rollback of unknown"


def test_language_without_words_is_english() -> None:
    """A language that nobody wrote falls back, word by word."""
    assert get("xx")("button.approve") == "Approve"


def test_text_is_escaped_on_its_way_in_and_safe_text_is_not() -> None:
    """People's text cannot become markup; a token of our own stays one."""
    assert get()("line.rejected", who="<!here>").startswith("✖ Rejected by &lt;!here&gt;")
    assert get()("line.rejected", who=Safe("<x>")).startswith("✖ Rejected by <x>")


def test_a_person_is_named_never_mentioned() -> None:
    """A name has one @ and no markup; without a name the id stands there as text."""
    assert get().who(Person(team="T", id="U1", name="@anna")) == "@anna"
    assert get().who(Person(team="T", id="U1")) == "@U1"


@pytest.mark.parametrize(
    ("share", "said"), [(0.084, "8.4 %"), (0, "0 %"), (0.0001, "under 0.1 %"), (1, "100.0 %"), (0.08, "8.0 %")]
)
def test_measured_share(share: float, said: str) -> None:
    """A measured share has one decimal, and only nothing is 0 %."""
    assert units.percent(share).replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1.8, "1.8 s"),
        (22, "22 s"),
        (162, "2 min 42 s"),
        (300, "5 min"),
        (3900, "1 h 5 min"),
        (86_400, "24 h"),
        (259_200, "3 days"),
        (59.7, "1 min"),
        (0, "0 s"),
    ],
)
def test_duration(seconds: float, said: str) -> None:
    """Durations read as UX.md writes them."""
    assert units.duration(seconds).replace("\u00a0", " ") == said


def test_time_token_names_its_utc_words() -> None:
    """A reader without Slack's dates reads UTC."""
    assert units.token(1_795_317_242_000) == "<!date^1795317242^{time_secs}|03:14:02 UTC>"


def test_a_figure_may_have_any_name() -> None:
    """What a system calls a figure is its own business: `key` and `number` are no words of ours."""
    spoken = get()
    assert spoken("place", strategy="canary", service="game", key="MAX_PLAYERS") == "canary rollback of game"
    assert "4" in spoken.n("pods", 4, number=7)
