"""Files: announced, uploaded, completed, processed, and only then fit for a block."""

import time
from collections.abc import Callable

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.contract.slack.ends import GAME

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03"


def image(file_id: str) -> list[dict[str, object]]:
    """Build an image block that names an uploaded file."""
    return [{"type": "image", "alt_text": "chart", "slack_file": {"id": file_id}}]


@pytest.mark.parametrize("slack", [{"file_processing": 2.0}], indirect=True)
def test_an_image_may_be_shown_once_it_is_processed(client: WebClient) -> None:
    """Until then it is an invalid slack file, and files.info has no type for it."""
    file_id = client.files_upload_v2(filename="chart.png", content=PNG)["file"]["id"]
    assert client.files_info(file=file_id)["file"]["mimetype"] == ""
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=GAME, text="x", blocks=image(file_id))
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] invalid slack file [json-pointer:/blocks/0/slack_file]"
    ]
    deadline = time.monotonic() + 5
    while (info := client.files_info(file=file_id)["file"])["mimetype"] == "" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (info["mimetype"], info["original_w"], info["original_h"]) == ("image/png", 2, 3)
    assert client.chat_postMessage(channel=GAME, text="x", blocks=image(file_id))["ok"]


def test_a_file_completed_into_a_thread_is_posted_there(client: WebClient) -> None:
    """files_upload_v2 with a channel and thread_ts shares the file as a reply, which names it as files.info does."""
    parent = client.chat_postMessage(channel=GAME, text="report")["ts"]
    client.files_upload_v2(
        filename="report.md",
        title="The report",
        content="# Report",
        channel=GAME,
        thread_ts=parent,
        initial_comment="whole text",
    )
    [_, reply] = client.conversations_replies(channel=GAME, ts=parent)["messages"]
    assert reply["text"] == "whole text"
    (file,) = reply["files"]
    assert (file["name"], file["title"], file["user"]) == ("report.md", "The report", reply["user"])
    assert file["id"].startswith("F")


def test_a_file_that_was_never_sent_cannot_be_completed(client: WebClient) -> None:
    """Announcing is not uploading."""
    announced = client.files_getUploadURLExternal(filename="chart.png", length=10)["file_id"]
    calls: list[Callable[[], object]] = [
        lambda: client.files_completeUploadExternal(files=[{"id": announced, "title": "chart"}]),
        lambda: client.files_info(file="F0NONE"),
    ]
    for call in calls:
        with pytest.raises(SlackApiError) as error:
            call()
        assert error.value.response["error"] == "file_not_found"
