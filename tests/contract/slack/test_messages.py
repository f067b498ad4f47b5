"""Posts, edits, threads, ephemerals: what stands where, who sees it and who is notified."""

from collections.abc import Callable

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.contract.slack.blocks import section
from tests.contract.slack.ends import APPROVER, GAME, REQUESTER, Outside


def test_only_three_characters_are_escaped_and_sequences_survive(client: WebClient) -> None:
    """`&`, `<` and `>` become entities; mentions, dates and links stay; what is escaped stays escaped once."""
    text = 'a & b < c > d &lt;!channel&gt; "q" <@U0BOT> <!date^1795457252^{time_secs}|x> <https://a.example/?a=1|l>'
    stored = client.chat_postMessage(channel=GAME, text=text)["message"]["text"]
    assert stored == text.replace("a & b < c > d", "a &amp; b &lt; c &gt; d")


def test_what_a_person_types_cannot_call_a_channel(outside: Outside) -> None:
    """Typed control sequences are text; a typed name is a mention."""
    said = outside.post("say", user="bystander", channel="game-server", text="<!channel> hello @approver-1")
    assert said["text"] == "&lt;!channel&gt; hello <@U0APPROVER1>"
    assert said["notified"] == [APPROVER]


def test_metadata_is_kept_and_shown_when_asked_for(client: WebClient) -> None:
    """History and replies give metadata only with include_all_metadata."""
    metadata = {"event_type": "journal", "event_payload": {"id": "17-0"}}
    parent = client.chat_postMessage(channel=GAME, text="card", metadata=metadata)["ts"]
    client.chat_postMessage(channel=GAME, text="line", thread_ts=parent, metadata=metadata)
    assert "metadata" not in client.conversations_history(channel=GAME)["messages"][0]
    shown = client.conversations_replies(channel=GAME, ts=parent, include_all_metadata=True)["messages"]
    assert [message["metadata"] for message in shown] == [metadata, metadata]
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=GAME, text="x", metadata={"event_type": 1})
    assert error.value.response["error"] == "invalid_metadata_format"


def test_an_edit_notifies_nobody_and_marks_only_text(client: WebClient, outside: Outside) -> None:
    """A mention added by an edit reaches nobody; blocks carry no mark of editing, text does."""
    ts = client.chat_postMessage(channel=GAME, text="card", blocks=[section("one")])["ts"]
    client.chat_update(channel=GAME, ts=ts, text=f"<@{APPROVER}>", blocks=[section(f"<@{APPROVER}>")])
    [message] = outside.get(f"messages?channel={GAME}")["messages"]
    assert message["notified"] == []
    assert "edited" not in message
    client.chat_update(channel=GAME, ts=ts, text="plain")
    [message] = outside.get(f"messages?channel={GAME}")["messages"]
    assert "blocks" not in message
    assert message["edited"]["user"] == "U0BOT"


def test_a_mention_makes_its_reader_follow_the_thread(client: WebClient, outside: Outside) -> None:
    """Later lines of a thread notify whom an earlier one mentioned; a thread without mentions notifies nobody."""
    quiet = client.chat_postMessage(channel=GAME, text="card")["ts"]
    client.chat_postMessage(channel=GAME, text="line", thread_ts=quiet)
    loud = client.chat_postMessage(channel=GAME, text="<!subteam^S0APPROVERS> look")["ts"]
    client.chat_postMessage(channel=GAME, text="line", thread_ts=loud)
    assert outside.get(f"thread?channel={GAME}&ts={quiet}")["messages"][1]["notified"] == []
    assert APPROVER in outside.get(f"thread?channel={GAME}&ts={loud}")["messages"][1]["notified"]


def test_only_the_author_edits_and_deletes(client: WebClient, outside: Outside) -> None:
    """People's messages are theirs; what is gone is not found."""
    theirs = outside.post("say", user="requester", channel=GAME, text="mine")["ts"]
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: client.chat_update(channel=GAME, ts=theirs, text="x"), "cant_update_message"),
        (lambda: client.chat_delete(channel=GAME, ts=theirs), "cant_delete_message"),
        (lambda: client.chat_update(channel=GAME, ts="1.000001", text="x"), "message_not_found"),
        (lambda: client.chat_getPermalink(channel=GAME, message_ts="1.000001"), "message_not_found"),
    ]
    for call, code in refused:
        with pytest.raises(SlackApiError) as error:
            call()
        assert error.value.response["error"] == code


def test_replies_stand_in_the_thread_and_are_counted(client: WebClient) -> None:
    """The channel shows the parent only, with its number of replies."""
    parent = client.chat_postMessage(channel=GAME, text="card")["ts"]
    for number in range(3):
        reply = client.chat_postMessage(channel=GAME, text=f"line {number}", thread_ts=parent)
        assert reply["message"]["thread_ts"] == parent
    [shown] = client.conversations_history(channel=GAME)["messages"]
    assert (shown["ts"], shown["reply_count"]) == (parent, 3)
    replies = client.conversations_replies(channel=GAME, ts=parent)["messages"]
    assert [message["text"] for message in replies] == ["card", "line 0", "line 1", "line 2"]


def test_a_reply_to_a_deleted_parent_lands_in_the_channel(client: WebClient) -> None:
    """Slack says ok; only the missing thread_ts tells."""
    parent = client.chat_postMessage(channel=GAME, text="card")["ts"]
    client.chat_delete(channel=GAME, ts=parent)
    reply = client.chat_postMessage(channel=GAME, text="line", thread_ts=parent)
    assert "thread_ts" not in reply["message"]
    assert client.conversations_history(channel=GAME)["messages"][0]["text"] == "line"


def test_an_ephemeral_is_one_persons_and_not_in_the_history(client: WebClient, outside: Outside) -> None:
    """Nobody else sees it, and it cannot be edited."""
    ts = client.chat_postEphemeral(channel=GAME, user=REQUESTER, text="psst")["message_ts"]
    assert [m["text"] for m in outside.get("ephemerals?user=requester")["messages"]] == ["psst"]
    assert outside.get("ephemerals?user=approver-1")["messages"] == []
    assert client.conversations_history(channel=GAME)["messages"] == []
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: client.chat_update(channel=GAME, ts=ts, text="x"), "message_not_found"),
        (lambda: client.chat_postEphemeral(channel=GAME, user="U0GONE", text="x"), "user_not_in_channel"),
        (lambda: client.chat_postEphemeral(channel=GAME, user="U0NOBODY", text="x"), "user_not_found"),
    ]
    for call, code in refused:
        with pytest.raises(SlackApiError) as error:
            call()
        assert error.value.response["error"] == code


def test_the_history_of_changes_is_kept_for_tests(client: WebClient, outside: Outside) -> None:
    """Every post, edit and deletion is recorded in order, beside the calls, without the token."""
    ts = client.chat_postMessage(channel=GAME, text="one")["ts"]
    client.chat_update(channel=GAME, ts=ts, text="two")
    client.chat_delete(channel=GAME, ts=ts)
    record = outside.get("record")
    assert [(c["kind"], c["message"]["text"]) for c in record["history"]] == [
        ("post", "one"),
        ("edit", "two"),
        ("delete", "two"),
    ]
    assert [call["method"] for call in record["calls"]] == ["chat.postMessage", "chat.update", "chat.delete"]
    assert "xoxb-sandbox" not in str(record)


def test_waiting_ends_with_the_words_or_with_the_time(client: WebClient, outside: Outside) -> None:
    """A bounded wait gives the message that says it, and 408 when none does."""
    client.chat_postMessage(channel=GAME, text="x", blocks=[section("state: succeeded")])
    assert outside.get(f"wait?channel={GAME}&contains=succeeded&timeout=5")["text"] == "x"
    assert outside.get(f"wait?channel={GAME}&contains=failed&timeout=0.05")["http"] == 408
    client.chat_postEphemeral(channel=GAME, user=REQUESTER, text="not counted")
    assert outside.get(f"wait?channel={GAME}&contains=counted&timeout=0.05")["http"] == 408
    assert outside.get(f"wait?channel={GAME}&contains=counted&timeout=5&user=requester")["text"] == "not counted"
