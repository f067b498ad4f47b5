"""The link by itself, with a Bolt app of two lines: what an acknowledgement can carry, and what happens at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_bolt import Ack, App
from slack_bolt.authorization import AuthorizeResult

from bot.socket_mode import Link
from handlers.envelopes import Envelopes
from sandbox.outside import Outside
from sandbox.slack import SlackServer
from sandbox.slack.config import AppConfig
from tests.integration.handlers.visitor import CHANNEL, REQUESTER
from tests.integration.socket_mode.conftest import until

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "ж" * 2_900}}


@pytest.fixture
def link(slack: SlackServer) -> Iterator[Link]:
    """A link whose app answers every command with as many blocks as its text says."""
    bolt = App(
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None, bot_token="xoxb-sandbox"),
        process_before_response=True,
    )

    @bolt.command("/rollback")
    def command(ack: Ack, command: dict[str, str]) -> None:
        ack(text="the words", blocks=[SECTION] * int(command["text"]))

    made = Link(app_token=AppConfig().app_token, api_url=f"{slack.url}/api/", answer=Envelopes(bolt).take)
    made.start()
    until(lambda: not made.unready(), within_s=10)
    yield made
    made.close()


@pytest.mark.parametrize(("blocks", "shown"), [(3, 3), (4, 0)])
def test_an_answer_that_fits_no_frame_goes_without_its_blocks(
    slack: SlackServer, link: Link, blocks: int, shown: int
) -> None:
    """A letter beyond ASCII takes six characters there. The words are shown, and the command never looks failed."""
    del link
    outside = Outside(slack.url)
    assert outside.command(REQUESTER, CHANNEL, f"/rollback {blocks}")["error"] is None
    told = outside.ephemerals(REQUESTER)[-1]
    assert (told["text"], len(told.get("blocks") or [])) == ("the words", shown)


def test_a_closed_link_says_so_and_can_be_closed_again(slack: SlackServer, link: Link) -> None:
    """Slack sees the web socket gone; nothing opens another one."""
    link.close()
    link.close()
    assert "not started" in link.unready()[0]
    until(lambda: not Outside(slack.url).get("links")["links"], within_s=5)
