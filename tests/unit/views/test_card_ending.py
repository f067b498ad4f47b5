"""The card of a rollback that has ended, word for word as UX.md section 2 has it: what was done, and what was not."""

from __future__ import annotations

from bot.domain.events import Kind
from bot.views.card_buttons import offered
from bot.views.thread import line
from tests.unit.views import factory as run
from tests.unit.views.reading import shown, t, texts


def test_aborted_card_says_what_is_half_done_and_how_to_finish() -> None:
    """B2 of an abort is UX.md's, without the command that is not built."""
    body = texts(shown(run.aborted().rollback))[1]
    assert body == (
        "*Left half done* canary weight 10 % on v2.1.0 (was 50 %) · stable 8 pods (was 4) · nothing was deleted. "
        f"Aborted by @requester {t('03:18:31')}\n*To finish* `/rollback canary game-server`"
    )


def test_aborted_before_anything_was_done_says_nothing_was_changed() -> None:
    """A withdrawn request leaves nothing half done, and the card says so."""
    rollback = run.planned().add("03:13:00", Kind.ABORTED, run.REQUESTER, why="").rollback
    message = shown(rollback)
    assert message.text == "Aborted: canary rollback of game-server. Nothing was changed."
    assert "half done" not in " ".join(texts(message))


def test_succeeded_card_shows_rates_validation_and_watch() -> None:
    """B2 and B3 of a success are UX.md's, with the five checks there are."""
    body, steps = texts(shown(run.succeeded().rollback))[1:3]
    assert body == (
        "*v2.1.0 → v2.0.5* · canary 50 % → 0 %, game-server-canary deleted · 2 min 42 s after approval (budget 5 min)\n"
        f"Error rate 8.4 % → 0.1 %, under 5 % since {t('03:14:48')} · validation 5 of 5 passed · "
        f"watching until {t('03:26:44')}"
    )
    assert steps == "✓ 7 of 7 steps done"


def test_report_button_comes_with_the_report() -> None:
    """[Open report] is not offered before there is a report to open."""
    run_ = run.succeeded().add("03:16:46", Kind.REPORTED, channel="C1", ts="1.2", link="https://x.example/p1")
    assert [action.value for action in offered(run_.rollback)] == ["open_report", "details"]


def test_failed_card_says_what_is_still_broken_and_what_is_live() -> None:
    """B2 of a failure names the check, production, and what to do next."""
    body = texts(shown(run.failed().rollback))[1]
    assert body.startswith(
        "*Still broken* Health URL answered 2 of 5 times: 503\n*Production now* all traffic on v2.0.5"
    )
    assert "\n*Next* " in body


def test_rejected_card_quotes_the_reason() -> None:
    """B2 of a rejection is UX.md's."""
    body = texts(shown(run.rejected().rollback))[1]
    assert body == f'"v2.1.1 is 2 min away". Nothing was changed. {t("03:13:40")}'


def test_superseded_has_no_buttons() -> None:
    """The new plan has its own card: the old one offers nothing."""
    assert offered(run.superseded().rollback) == ()


def test_superseded_card_says_what_moved_and_links_the_new_plan() -> None:
    """B2 of a superseded plan is UX.md's."""
    body = texts(shown(run.superseded().rollback, successor_link="https://x.example/p2"))[1]
    assert body == (
        f"Canary weight 50 → 30 % at {t('03:13:40')}. I changed nothing. 1 approval lapsed. "
        "New plan: <https://x.example/p2|rb-1043>"
    )


def test_expired_card_says_that_approvals_do_not_carry_over() -> None:
    """B2 of an expiry is UX.md's."""
    body = texts(shown(run.expired().rollback))[1]
    assert body == f"Nothing was changed. Approvals do not carry over. {t('03:27:06')}"


def test_an_expiry_with_lost_records_says_why_and_does_not_claim_that_nothing_was_changed() -> None:
    """What was lost may know of a start: the card, its text and its line name the loss, and send to production."""
    lost = run.lost()
    message = shown(lost.rollback)
    assert texts(message)[0] == "⌛ Expired with lost records: canary rollback of game-server"
    assert "My records (Redis) were lost and accepted anew" in texts(message)[1]
    assert message.text.startswith("Expired at 03:20 UTC because my records were lost")
    told = line(lost.events[-1], lost.rollback) or ""
    assert "my records were lost" in told
    assert len(told) < 120
    assert not any("othing was changed" in said for said in (*texts(message), message.text, told))


def test_refused_card_says_what_was_found_and_what_to_do() -> None:
    """A refusal on a card has its three parts."""
    body = texts(shown(run.refused().rollback))[1]
    assert body == (
        "No canary of game-server is running (0 pods, weight 0 %). Nothing was changed. v2.1.0 is on stable. "
        "To see what was done lately: `/rollback status game-server`"
    )
