"""The page in a real browser: what people type, press and see."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from slack_sdk import WebClient

from sandbox.slack import SlackServer
from tests.contract.slack.blocks import TYPED, actions, button, modal, plain, section
from tests.contract.slack.ends import GAME, REQUESTER, App, Outside

Json = dict[str, Any]
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
SURE = {"title": plain("Approve plan 7c1e?"), "text": plain("It starts now."), "confirm": plain("Approve plan 7c1e")}
CARD = [
    {"type": "header", "text": plain("Approval needed")},
    actions(button("approve", confirm=SURE), button("details")),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run a headless Chromium: the system's, or playwright's own where there is none."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def errors() -> list[str]:
    """Collect what the page's scripts complained about."""
    return []


@pytest.fixture
def page(browser: Browser, slack: SlackServer, outside: Outside, errors: list[str]) -> Iterator[Page]:
    """Open the page as the requester, with the app connected; it must not raise a script error."""
    outside.post("limits", factor=100)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(5000)
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(f"{slack.url}/?as=requester")
    opened.wait_for_selector("body[data-live=true]")
    yield opened
    context.close()
    assert errors == []


def become(page: Page, name: str) -> None:
    """Switch person."""
    page.select_option("[data-person-switch]", label=name)


def test_a_command_is_typed_and_its_card_is_approved_by_another(page: Page, app: App, client: WebClient) -> None:
    """Type, see the card appear, switch person, confirm, see the card change and the thread fill, without a reload."""

    def bot(payload: Json) -> tuple[int, str]:
        if payload.get("command"):
            client.chat_postMessage(channel=GAME, text="Approval needed", blocks=CARD)
        elif payload["type"] == "block_actions":
            ts = payload["message"]["ts"]
            client.chat_update(channel=GAME, ts=ts, text="Approved", blocks=[section("*Approved* by approver-1")])
            client.chat_postMessage(channel=GAME, thread_ts=ts, text="approved plan 7c1e")
        return 200, ""

    app.reply = bot
    page.fill("[data-composer] textarea", "/rollback canary game-server")
    page.keyboard.press("Enter")
    expect(page.locator(".block-header")).to_have_text("Approval needed")
    become(page, "approver-1")
    page.click("[data-action-id=approve]")
    expect(page.get_by_role("dialog")).to_contain_text("Approve plan 7c1e?")
    page.click("[data-confirm=yes]")
    expect(page.locator("article strong", has_text="Approved")).to_be_visible()
    page.click("text=1 reply")
    expect(page.locator("[data-thread] article").last).to_contain_text("approved plan 7c1e")


def test_an_ephemeral_is_seen_by_one_person_until_reload(page: Page, app: App, outside: Outside) -> None:
    """The asker sees the answer; somebody else does not; after a reload nobody does."""
    app.reply = lambda _: (200, json.dumps({"text": "`canery` is no command of mine."}))
    outside.post("say", user="bystander", channel=GAME, text="first")
    page.fill("[data-composer] textarea", "/rollback canery")
    page.keyboard.press("Enter")
    expect(page.locator("article.ephemeral")).to_contain_text("Only visible to you")
    become(page, "approver-1")
    expect(page.locator("article")).to_have_count(1)
    become(page, "requester")
    page.reload()
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator("article.ephemeral")).to_have_count(0)


def test_a_modal_shows_field_errors_and_closes_when_taken(page: Page, app: App, client: WebClient) -> None:
    """What Slack's client checks, what the app refuses, and then the closed dialog."""
    answers = iter([{"response_action": "errors", "errors": {"why": "That is not gamedb."}}, {}])

    def bot(payload: Json) -> tuple[int, str]:
        if payload["type"] == "block_actions":
            client.views_open(trigger_id=payload["trigger_id"], view=modal(TYPED))
            return 200, ""
        return 200, json.dumps(next(answers))

    app.reply = bot
    client.chat_postMessage(channel=GAME, text="card", blocks=CARD)
    page.click("[data-action-id=details]")
    page.click("[data-submit]")
    expect(page.locator("dialog .field-error:visible")).to_have_text("Please complete this required field.")
    page.fill("dialog [data-action-id=typed]", "gamed")
    page.click("[data-submit]")
    expect(page.locator("dialog .field-error:visible")).to_have_text("That is not gamedb.")
    expect(page.locator("dialog [data-action-id=typed]")).to_have_value("gamed")
    page.fill("dialog [data-action-id=typed]", "gamedb")
    page.click("[data-submit]")
    expect(page.locator("dialog")).to_have_count(0)


def test_home_is_opened_and_changes_live(page: Page, app: App, client: WebClient) -> None:
    """Opening Home tells the app; what it publishes is drawn at once, and again when it changes."""

    def publish(words: str) -> None:
        client.views_publish(user_id=REQUESTER, view={"type": "home", "blocks": [section(words)]})

    def bot(payload: Json) -> tuple[int, str]:
        if payload.get("event", {}).get("type") == "app_home_opened":
            publish("Nothing is running.")
        return 200, ""

    app.reply = bot
    page.click("[data-place=app]")
    expect(page.locator("[data-home]")).to_have_text("Nothing is running.")
    publish("*1 running*")
    expect(page.locator("[data-home] strong")).to_have_text("1 running")


def test_what_people_write_is_never_markup(page: Page, outside: Outside, client: WebClient) -> None:
    """HTML is shown as text, mrkdwn is drawn, and only web addresses become links."""
    outside.post(
        "say", user="bystander", channel=GAME, text="<img src=x onerror=alert(1)> *bold* _it_ `a*b*c` snake_case_x"
    )
    links = "<https://a.example/|link> (see https://b.example/?c=1&d=2)."
    drawn = f"<javascript:alert(1)|x> {links} <!date^0^{{time_secs}}|never>"
    client.chat_postMessage(channel=GAME, text=drawn)
    first, second = page.locator("article .text").first, page.locator("article .text").last
    expect(first).to_have_text("<img src=x onerror=alert(1)> bold it a*b*c snake_case_x")
    expect(first.locator("img")).to_have_count(0)
    expect(first.locator("strong")).to_have_text("bold")
    expect(second.locator("a")).to_have_text(["link", "https://b.example/?c=1&d=2"])
    expect(second.locator("a").last).to_have_attribute("href", "https://b.example/?c=1&d=2")
    expect(second.locator("time")).to_have_text("00:00:00")


def test_a_reader_who_scrolled_up_is_left_where_they_are(page: Page, client: WebClient) -> None:
    """New messages raise a button and do not move the page; a reader at the end follows."""
    for number in range(40):
        client.chat_postMessage(channel=GAME, text=f"line {number}")
    expect(page.locator("article")).to_have_count(40)
    expect(page.locator("article").last).to_be_in_viewport()
    page.locator("[data-scroller]").evaluate("node => { node.scrollTop = 0; }")
    client.chat_postMessage(channel=GAME, text="news")
    expect(page.locator("[data-newer]")).to_be_visible()
    assert page.locator("[data-scroller]").evaluate("node => node.scrollTop") == 0
    page.click("[data-newer]")
    expect(page.locator("article").last).to_be_in_viewport()


def test_a_phone_shows_everything_without_scrolling_sideways(page: Page, client: WebClient) -> None:
    """At 390 wide the sidebar is a drawer, a thread covers the channel, and nothing is cut off."""
    page.set_viewport_size({"width": 390, "height": 800})
    ts = client.chat_postMessage(channel=GAME, text="card", blocks=[section("x" * 400), *CARD])["ts"]
    client.chat_postMessage(channel=GAME, text="line", thread_ts=ts)
    page.click("text=1 reply")
    expect(page.locator("[data-thread] article").last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("[data-close-thread]")
    page.click(".menu")
    page.click("[data-place=C0GENERAL]")
    expect(page.locator("[data-title]")).to_have_text("# general")
