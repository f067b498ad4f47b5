"""The page as a person uses it: look, type, press, read. Nothing here speaks to the product or to Slack's API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Error as PageError
from playwright.sync_api import FloatRect, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

ENDED_WITHIN_MS = 150_000
SOON_MS = 30_000
LOOKS = 20
T = TypeVar("T")
_FIRST_AFTER = """
([since, words]) => [...document.querySelectorAll('[data-messages] article[data-ts]')]
    .filter(one => Number(one.dataset.ts) > since)
    .find(one => one.querySelector('.block-header')?.textContent.includes(words))?.dataset.ts
"""


@dataclass(frozen=True)
class Eyes:
    """One browser tab on the sandbox Slack; pictures go to `shots`."""

    page: Page
    shots: Path

    def become(self, name: str) -> None:
        """Switch person in the page."""
        self.page.select_option("[data-person-switch]", label=name)

    def type(self, text: str) -> float:
        """Type into the channel's composer and send; when that was, in Unix seconds."""
        now = time.time()
        self.page.fill("[data-composer] textarea", text)
        self.page.keyboard.press("Enter")
        return now

    def new_message(self, since: float, *, headed: str = "") -> Locator:
        """Wait for the first message after `since` (Unix seconds) whose header holds these words."""
        found = self.page.wait_for_function(_FIRST_AFTER, arg=[since, headed], timeout=SOON_MS)
        return self.page.locator(f'[data-messages] article[data-ts="{found.json_value()}"]')

    def ask(self, command: str) -> Locator:
        """Type a command; its card, once it asks for approval."""
        card = self.new_message(self.type(command))
        self.headline(card, "Approval needed (0 of 2)")
        return card

    def press(self, message: Locator, label: str, *, sure: bool = True) -> None:
        """Press a button of a message, as soon as it stands there; `sure` answers the dialog that asks once more."""
        self._button(message, label).click()
        if sure:
            dialog = self.page.get_by_role("dialog")
            expect(dialog).to_be_visible()
            dialog.locator("[data-confirm=yes]").click()

    def _button(self, message: Locator, label: str) -> Locator:
        """Wait for a button of a message: the narrator edits it at its own pace."""
        button = message.get_by_role("button", name=label, exact=True)
        try:
            button.wait_for(timeout=SOON_MS)
        except NotInTime:
            stand = message.get_by_role("button").all_inner_texts()
            raise AssertionError(f"no button {label!r} within {SOON_MS / 1000:g} s; there stand {stand}") from None
        return button

    def headline(self, message: Locator, beginning: str, *, within_ms: float = SOON_MS) -> None:
        """Wait until the header begins with a glyph and these words."""
        words = re.compile(rf"^\W*{re.escape(beginning)}")
        expect(message.locator(".block-header")).to_have_text(words, timeout=within_ms)

    def thread(self, message: Locator) -> Locator:
        """Open a message's thread; its lines."""
        message.locator("[data-open-thread]").click()
        lines = self.page.locator("[data-thread-messages]")
        expect(lines).to_be_visible()
        return lines

    def shot(self, name: str, *, of: Locator | None = None) -> None:
        """Keep a picture of the page, or of one part of it."""
        seen_whole(lambda: (of or self.page).screenshot(path=self.shots / f"{name}.png"))


def bring_into_view(part: Locator) -> None:
    """Scroll until this part of a message is seen."""
    seen_whole(part.scroll_into_view_if_needed)


def place(part: Locator) -> FloatRect:
    """Where a part of a message stands on the page, in CSS pixels."""
    return seen_whole(lambda: _found(part.bounding_box()))


def seen_whole(look: Callable[[], T]) -> T:
    """Look again when the message was edited, and so drawn anew, while it was being looked at."""
    for _ in range(LOOKS - 1):
        try:
            return look()
        except PageError as error:
            if "not attached" not in str(error):
                raise
    return look()


def _found(box: FloatRect | None) -> FloatRect:
    if box is None:
        raise PageError("Element is not attached to the DOM, or not visible")
    return box
