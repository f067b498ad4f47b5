"""Rate limits are Slack's own until a test multiplies them."""

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.contract.slack.ends import GAME, Outside


def exhaust(call: object, most: int) -> tuple[int, SlackApiError]:
    """Repeat a call until it is refused; gives how often it passed, and the refusal."""
    assert callable(call)
    for passed in range(most + 1):
        try:
            call()
        except SlackApiError as refused:
            return passed, refused
    pytest.fail(f"Not limited after {most + 1} calls")


@pytest.mark.parametrize(
    ("method", "per_minute"), [("usergroups.list", 20), ("conversations.history", 50), ("users.info", 100)]
)
def test_each_tier_has_its_share_of_a_minute(client: WebClient, method: str, per_minute: int) -> None:
    """Tier 2, 3 and 4: the next call gets 429 with Retry-After and the code ratelimited."""
    arguments = {"channel": GAME, "user": "U0REQUESTER"}
    passed, refused = exhaust(lambda: client.api_call(method, params=arguments), per_minute)
    assert passed == per_minute
    assert refused.response.status_code == 429
    assert refused.response["error"] == "ratelimited"
    assert 1 <= int(refused.response.headers["Retry-After"]) <= 60


def test_posts_are_limited_by_channel_after_a_short_burst(client: WebClient) -> None:
    """One channel's flood leaves the other channels alone."""
    passed, refused = exhaust(lambda: client.chat_postMessage(channel=GAME, text="x"), 7)
    assert 5 <= passed <= 6
    assert refused.response.headers["Retry-After"] == "1"
    assert client.chat_postMessage(channel="C0GENERAL", text="x")["ok"]


def test_a_factor_multiplies_every_limit(client: WebClient, outside: Outside) -> None:
    """With a factor of 1000 a test need not wait."""
    outside.post("limits", factor=1000)
    for _ in range(30):
        client.chat_postMessage(channel=GAME, text="x")
        client.usergroups_list()
    assert outside.post("limits", factor=0)["http"] == 422
