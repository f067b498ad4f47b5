"""The page as a person uses it: look, type, press, read. Nothing here speaks to the product or to Slack's API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

ENDED_WITHIN_MS = 150_000
SOON_MS = 30_000
CARDS = "[data-messages] article:has(.block-header)"


@dataclass(frozen=True)
class Eyes:
    """One browser tab on the sandbox Slack; pictures go to `shots`."""

    page: Page
    shots: Path

    def become(self, name: str) -> None:
        """Switch person in the page."""
        self.page.select_option("[data-person-switch]", label=name)

    def type(self, text: str) -> None:
        """Type into the channel's composer and send."""
        self.page.fill("[data-composer] textarea", text)
        self.page.keyboard.press("Enter")

    def new_message(self, before: set[str], *, headed: str = "") -> Locator:
        """The first message with a header that was not there before; `headed` narrows it."""
        fresh = "".join(f':not([data-ts="{ts}"])' for ts in sorted(before))
        found = self.page.locator(f"[data-messages] article{fresh}:has(.block-header)").filter(has_text=headed).first
        expect(found).to_be_visible(timeout=SOON_MS)
        ts = found.get_attribute("data-ts")
        return self.page.locator(f'[data-messages] article[data-ts="{ts}"]')

    def known(self) -> set[str]:
        """The messages that stand in the channel now."""
        return set(self.page.locator(CARDS).evaluate_all("all => all.map(one => one.dataset.ts)"))

    def press(self, message: Locator, label: str, *, sure: bool = True) -> None:
        """Press a button of a message; `sure` answers the dialog that asks once more."""
        message.get_by_role("button", name=label, exact=True).click()
        if sure:
            dialog = self.page.get_by_role("dialog")
            expect(dialog).to_be_visible()
            dialog.locator("[data-confirm=yes]").click()

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

    def shot(self, name: str, *, of: Locator | None = None) -> Path:
        """Keep a picture of the page, or of one part of it."""
        file = self.shots / f"{name}.png"
        (of or self.page).screenshot(path=file)
        return file
