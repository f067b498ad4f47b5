"""A canary taken back in the browser, from the command typed to the report read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import PHONE, Tab
from tests.e2e.eyes import ENDED_WITHIN_MS, SOON_MS, Eyes, bring_into_view, place

COMMAND = '/rollback canary game-server reason="error spike on canary"'
PLANNED = ("4 → 8 pods", "50 → 25", "25 → 10", "10 → 0", "Drain", "Cannot be taken back", "Validate: 5 checks")
LINES = ("@requester asked", "(2 of 2)", "1/7", "2/7", "Drained", "game-server-canary deleted", "Succeeded", "Report: ")
SUMMARY = ("Deployment version v2.1.0", "Rollback time", "Duration", "Impact", "Validation 5 of 5")
TIMELINE = ("Deployment started: v2.1.0", "Decision: @requester asked", "Initiated", "Recovered", "Completed")
CAUSE = "GuildWarV2.tick reads a guild that was deleted <on the way>"
FIRST_WORDS = 110
FINGER_PX = 32


@pytest.mark.usefixtures("way_in")
def test_three_people_take_a_canary_back_and_read_the_report(tab: Tab) -> None:
    """Ask, approve twice as others, follow the card and its thread, read the report, and write into it.

    The same over HTTP and over Socket Mode.
    """
    eyes = tab("requester")
    card = eyes.ask(COMMAND)
    _holds(card, *PLANNED)
    eyes.shot("1-approval-needed")
    _approve(eyes, card)
    eyes.headline(card, "Running", within_ms=ENDED_WITHIN_MS)
    eyes.shot("2-running")
    eyes.headline(card, "Succeeded", within_ms=ENDED_WITHIN_MS)
    expect(card).to_contain_text("7 of 7 steps done")
    expect(card.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    _holds(eyes.thread(card), *LINES)
    eyes.shot("3-thread")
    eyes.page.click("[data-close-thread]")

    report = eyes.new_message(float(card.get_attribute("data-ts") or 0), headed="Rollback report")
    expect(report.locator(".block-header")).to_contain_text("game-server v2.1.0 → v2.0.5 (canary)")
    _holds(report, *SUMMARY, *TIMELINE)
    _chart_is_drawn(report)
    expect(report).to_contain_text("Normalised", timeout=ENDED_WITHIN_MS)
    eyes.shot("4-report", of=report)
    _write_the_cause(eyes, report)
    report.get_by_role("checkbox").first.check()
    expect(report).to_contain_text("0 open, 1 done", timeout=SOON_MS)
    expect(report.get_by_role("checkbox").first).to_be_checked()
    eyes.shot("5-report-written", of=report)


def test_another_person_in_another_tab_sees_the_same_card_live(tab: Tab) -> None:
    """What stands in the channel is Slack's, not the tab's; an edit reaches every tab without a reload."""
    eyes, other = tab("requester"), tab("approver-3")
    card = eyes.ask(COMMAND)
    same = other.page.locator(f'[data-messages] article[data-ts="{card.get_attribute("data-ts")}"]')
    other.headline(same, "Approval needed (0 of 2)")
    other.press(same, "Reject", sure=False)
    form = other.page.locator("dialog[data-callback-id=reject]")
    form.get_by_role("textbox").fill("v2.1.1 is 2 min away")
    form.locator("[data-submit]").click()
    eyes.headline(card, "Rejected by @approver-3")
    _holds(card, '"v2.1.1 is 2 min away"', "Nothing was changed.")
    expect(card.get_by_role("button", name="Approve", exact=True)).to_have_count(0)


@pytest.mark.usefixtures("way_in")
def test_who_may_not_approve_reads_why_and_the_card_stays_as_it_is(tab: Tab) -> None:
    """The answer is seen by the clicker alone, and names what is still needed."""
    eyes = tab("requester")
    card = eyes.ask(COMMAND)
    eyes.press(card, "Approve")
    told = eyes.page.locator("article[data-ephemeral]").last
    _holds(told, "Only visible to you", "Not counted", "the requester does not count", "game-server-approvers")
    eyes.headline(card, "Approval needed (0 of 2)")
    _reject(eyes, card)


def test_on_a_phone_the_card_says_what_to_do_first_and_its_buttons_can_be_pressed(tab: Tab) -> None:
    """At 390 px: state, place and versions without scrolling sideways; buttons of a finger's size, on the screen."""
    eyes = tab("requester", size=PHONE)
    card = eyes.ask(COMMAND)
    eyes.become("approver-1")
    head = card.locator(".block-header")
    bring_into_view(head)
    expect(head).to_be_in_viewport(ratio=1)
    words = " ".join(card.locator(".block-header, .block-section").all_inner_texts())[:FIRST_WORDS]
    for told in ("Approval needed (0 of 2)", "canary rollback", "game-server", "v2.1.0 → v2.0.5"):
        assert told in words, f"the first {FIRST_WORDS} characters are {words!r}"
    expect(card.get_by_text("v2.1.0 → v2.0.5").first).to_be_in_viewport()
    assert eyes.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    eyes.shot("6-phone")
    for button in card.get_by_role("group", name="Actions").get_by_role("button").all():
        bring_into_view(button)
        expect(button).to_be_in_viewport(ratio=1)
        assert place(button)["height"] >= FINGER_PX
    card.get_by_role("button", name="Approve", exact=True).tap()
    eyes.shot("7-phone-confirm")
    eyes.page.locator("[data-confirm=yes]").tap()
    eyes.headline(card, "Approval needed (1 of 2)")
    _reject(eyes, card)


def _approve(eyes: Eyes, card: Locator) -> None:
    """Two approvers press Approve, one after the other."""
    eyes.become("approver-1")
    eyes.press(card, "Approve")
    eyes.headline(card, "Approval needed (1 of 2)")
    eyes.become("approver-2")
    eyes.press(card, "Approve")


def _reject(eyes: Eyes, card: Locator) -> None:
    """End a rollback that nobody needs any more."""
    eyes.become("approver-3")
    eyes.press(card, "Reject", sure=False)
    eyes.page.locator("dialog [data-submit]").click()
    eyes.headline(card, "Rejected")


def _write_the_cause(eyes: Eyes, report: Locator) -> None:
    """Add the root cause; the report keeps it with the writer's name."""
    eyes.press(report, "Add root cause", sure=False)
    form = eyes.page.locator("dialog[data-callback-id=cause]")
    form.locator("textarea").fill(CAUSE)
    form.locator("[data-submit]").click()
    expect(form).to_be_hidden()
    expect(report).to_contain_text(CAUSE, timeout=SOON_MS)
    expect(report).to_contain_text("@approver-2, 20")


def _chart_is_drawn(report: Locator) -> None:
    """The chart is a picture that the browser could draw, with words for who cannot see it."""
    picture = report.locator("img")
    expect(picture).to_be_visible(timeout=SOON_MS)
    bring_into_view(picture)
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("picture => picture.naturalWidth") > 300
    assert "Error rate" in (picture.get_attribute("alt") or "")


def _holds(part: Locator, *words: str) -> None:
    """Wait until all these words stand there."""
    for told in words:
        expect(part).to_contain_text(told, timeout=SOON_MS)
