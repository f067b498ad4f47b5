"""Block Kit is judged as Slack judges it: by the published types and by the documented limits."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.contract.slack.blocks import TYPED, actions, button, modal, plain, section
from tests.contract.slack.ends import GAME

Json = dict[str, Any]
OPTION = {"text": plain("one"), "value": "1"}
BAD = [
    ([{"type": "nonsense"}], "unsupported type: nonsense", "/blocks/0/type"),
    ([{"type": "divider", "colour": "red"}], "invalid additional property: colour", "/blocks/0"),
    ([{"type": "section"}], "missing required field: text", "/blocks/0"),
    ([section("x" * 3001)], "must be less than 3001 characters", "/blocks/0/text/text"),
    ([section("")], "must be more than 0 characters", "/blocks/0/text/text"),
    ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters", "/blocks/0/text/text"),
    ([{"type": "header", "text": plain("🚀" * 76)}], "must be less than 151 characters", "/blocks/0/text/text"),
    ([actions()], "must provide at least 1 item", "/blocks/0/elements"),
    ([actions(*(button(f"b{n}") for n in range(26)))], "no more than 25 items allowed", "/blocks/0/elements"),
    ([actions(button("x" * 76))], "must be less than 76 characters", "/blocks/0/elements/0/text/text"),
    ([actions(button("b", value="x" * 2001))], "must be less than 2001 characters", "/blocks/0/elements/0/value"),
    ([actions(button("b", style="loud"))], "value is not one that is allowed here", "/blocks/0/elements/0/style"),
    ([actions(button("b"), button("b"))], "`action_id` must be unique", "/blocks/0/elements/1/action_id"),
    ([actions(button("b")), actions(button("c"))], "`block_id` must be unique", "/blocks/1/block_id"),
    ([{"type": "section", "fields": [plain("x")] * 11}], "no more than 10 items allowed", "/blocks/0/fields"),
    (
        [actions({"type": "checkboxes", "action_id": "c", "options": [OPTION] * 11})],
        "no more than 10 items allowed",
        "/blocks/0/elements/0/options",
    ),
    ([{"type": "alert", "text": plain("no")}], "unsupported type: alert", "/blocks/0/type"),
    ([section("x")] * 51, "no more than 50 items allowed", "/blocks"),
]


@pytest.mark.parametrize(("blocks", "words", "pointer"), BAD)
def test_bad_blocks_are_refused_with_a_pointer(client: WebClient, blocks: list[Json], words: str, pointer: str) -> None:
    """Posting and blocks.validate refuse alike, and say where."""
    calls: list[Callable[[], object]] = [
        lambda: client.chat_postMessage(channel=GAME, text="x", blocks=blocks),
        lambda: client.api_call("blocks.validate", json={"blocks": blocks}),
    ]
    for call in calls:
        with pytest.raises(SlackApiError) as error:
            call()
        assert error.value.response["error"] == "invalid_blocks"
        messages = error.value.response["response_metadata"]["messages"]
        assert any(words in message and f"[json-pointer:{pointer}]" in message for message in messages), messages


@pytest.mark.parametrize(
    ("confirm", "pointer"),
    [
        ({"title": plain("x" * 101), "text": plain("x")}, "title/text"),
        ({"title": plain("x"), "text": plain("x" * 301)}, "text/text"),
        ({"title": plain("x"), "text": plain("x"), "deny": plain("x" * 31)}, "deny/text"),
        ({"title": plain("x"), "text": plain("x"), "confirm": plain("x" * 31)}, "confirm/text"),
    ],
)
def test_confirm_dialogs_have_limits(client: WebClient, confirm: Json, pointer: str) -> None:
    """Each part of a confirm dialog has its own limit."""
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=GAME, text="x", blocks=[actions(button("b", confirm=confirm))])
    assert f"/blocks/0/elements/0/confirm/{pointer}]" in error.value.response["response_metadata"]["messages"][0]


def test_the_sum_of_all_strings_is_limited_on_post_and_update(client: WebClient) -> None:
    """Blocks that are fine one by one can be too long together."""
    long = [section("x" * 2900)] * 4
    ts = client.chat_postMessage(channel=GAME, text="x", blocks=long[:3])["ts"]
    calls: list[Callable[[], object]] = [
        lambda: client.chat_postMessage(channel=GAME, text="x", blocks=long),
        lambda: client.chat_update(channel=GAME, ts=ts, text="x", blocks=long),
    ]
    for call in calls:
        with pytest.raises(SlackApiError) as error:
            call()
        assert error.value.response["error"] == "msg_blocks_too_long"


def test_what_is_within_all_limits_is_taken(client: WebClient) -> None:
    """A message at its limits stands as it was sent, with ids filled in."""
    sent = [
        {"type": "header", "text": plain("x" * 150)},
        {
            **section("x" * 3000),
            "expand": True,
            "accessory": {"type": "overflow", "action_id": "o", "options": [OPTION] * 5},
        },
        {"type": "context", "elements": [plain("x")] * 10},
        actions(button("b", value="v" * 2000, confirm={"title": plain("t"), "text": plain("x" * 300)})),
        {"type": "divider"},
    ]
    stored = client.chat_postMessage(channel=GAME, text="x", blocks=sent)["message"]["blocks"]
    assert [block["type"] for block in stored] == [block["type"] for block in sent]
    assert all(block["block_id"] for block in stored)


def test_blocks_without_text_are_taken_with_a_warning(client: WebClient) -> None:
    """Slack posts them, and warns that phones have nothing to show."""
    with pytest.warns(UserWarning, match="text"):
        answer = client.chat_postMessage(channel=GAME, blocks=[section("x")])
    assert answer["warning"] == "missing_text_in_message"


@pytest.mark.parametrize(
    ("view", "pointer"),
    [
        (modal(TYPED) | {"title": plain("x" * 25)}, "/view/title/text"),
        (modal(TYPED) | {"colour": "red"}, "/view"),
        (modal(section("x" * 3001)), "/view/blocks/0/text/text"),
        (modal(*[section("x")] * 101), "/view/blocks"),
        ({"type": "modal", "title": plain("x"), "blocks": [TYPED]}, "/view"),
    ],
)
def test_bad_views_are_refused_before_the_trigger_is_used(client: WebClient, view: Json, pointer: str) -> None:
    """A modal is judged like a message, with its own limits."""
    with pytest.raises(SlackApiError) as error:
        client.views_open(trigger_id="whatever", view=view)
    assert error.value.response["error"] == "invalid_arguments"
    assert f"[json-pointer:{pointer}]" in error.value.response["response_metadata"]["messages"][0]
