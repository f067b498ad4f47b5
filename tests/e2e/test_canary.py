"""A canary taken back in the browser, from the command typed to the report read."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import PHONE, Tab
from tests.e2e.eyes import ENDED_WITHIN_MS, SOON_MS

COMMAND = '/rollback canary game-server reason="error spike on canary"'
SUMMARY = ("Deployment version", "Rollback time", "Duration", "Impact")
TIMELINE = ("Deployment started: v2.1.0", "Decision: @requester asked", "Initiated", "Completed")


def test_three_people_take_a_canary_back_and_read_the_report(tab: Tab) -> None:
    """Ask, approve twice as others, follow the card and its thread, read the report, write into it."""
    eyes = tab("requester")
    before = eyes.known()
    eyes.type(COMMAND)
    card = eyes.new_message(before)
    eyes.headline(card, "Approval needed (0 of 2)")
    expect(card).to_contain_text("Canary weight 50 % → 25 %".replace(" ", "\u00a0").replace("Canary\u00a0weight", "Canary weight"))
    eyes.shot("01-approval-needed")
    for person, then in (("approver-1", "Approval needed (1 of 2)"), ("approver-2", "")):
        eyes.become(person)
        eyes.press(card, "Approve")
        if then:
            eyes.headline(card, then)
            eyes.shot("02-one-approved")
    eyes.headline(card, "Running 2 of 7", within_ms=ENDED_WITHIN_MS)
    eyes.shot("03-running")
    eyes.headline(card, "Succeeded", within_ms=ENDED_WITHIN_MS)
    expect(card.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    expect(card).to_contain_text("7 of 7 steps done")

    lines = eyes.thread(card)
    for told in ("@requester asked", "approved plan", "25 %", "10 %", "Drained", "deleted", "Succeeded"):
        expect(lines).to_contain_text(told.replace(" %", "\u00a0%"))
    eyes.shot("04-thread")
    eyes.page.click("[data-close-thread]")

    report = eyes.new_message(before, headed="Rollback report")
    eyes.headline(report, "Rollback report")
    expect(report.locator(".block-header")).to_contain_text("game-server v2.1.0 → v2.0.5 (canary)")
    for told in (*SUMMARY, *TIMELINE):
        expect(report).to_contain_text(told)
    picture = report.locator("img")
    expect(picture).to_be_visible(timeout=SOON_MS)
    picture.scroll_into_view_if_needed()
    eyes.page.wait_for_function("picture => picture.complete && picture.naturalWidth > 300", arg=picture.element_handle())
    assert "Error rate" in (picture.get_attribute("alt") or "")
    expect(report).to_contain_text("Normalised", timeout=ENDED_WITHIN_MS)
    eyes.shot("05-report", of=report)

    eyes.press(report, "Add root cause", sure=False)
    form = eyes.page.locator("dialog[data-callback-id=cause]")
    form.locator("textarea").fill("GuildWarV2.tick dereferences a guild that was deleted <on the way>")
    eyes.shot("06-root-cause-form")
    form.locator("[data-submit]").click()
    expect(form).to_be_hidden()
    expect(report).to_contain_text("a guild that was deleted <on the way>", timeout=SOON_MS)
    expect(report).to_contain_text("@approver-2")

    box = report.get_by_role("checkbox").first
    box.check()
    expect(report).to_contain_text("1 done", timeout=SOON_MS)
    expect(report.get_by_role("checkbox").first).to_be_checked()
    eyes.shot("07-report-written", of=report)
    expect(card).to_contain_text("normalised")
    eyes.shot("08-succeeded", of=card)


def test_the_report_of_the_page_reads_the_same_after_a_reload(tab: Tab) -> None:
    """What stands in the channel is Slack's, not the tab's: a new tab of another person shows the same card."""
    eyes = tab("requester")
    before = eyes.known()
    eyes.type(COMMAND)
    card = eyes.new_message(before)
    eyes.headline(card, "Approval needed (0 of 2)")
    other = tab("approver-3")
    ts = card.get_attribute("data-ts")
    same = other.page.locator(f'[data-messages] article[data-ts="{ts}"]')
    expect(same.locator(".block-header")).to_have_text(card.locator(".block-header").inner_text())
    eyes.press(card, "Withdraw", sure=False)


def test_on_a_phone_the_card_says_what_to_do_first_and_its_buttons_can_be_pressed(tab: Tab) -> None:
    """At 390 px: state, service, version and until when without scrolling sideways; buttons of a finger's size."""
    eyes = tab("approver-1", size=PHONE)
    before = eyes.known()
    eyes.type(COMMAND)
