"""Commands, clicks and modals reach the app signed, and its answers do what they do in Slack."""

import json
import threading
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from tests.contract.slack.blocks import TYPED, actions, button, modal, plain, question, section
from tests.contract.slack.ends import APPROVER, GAME, REQUESTER, App, Outside

Json = dict[str, Any]


def post_buttons(client: WebClient, *elements: Json) -> str:
    """Post a message with these elements; gives its ts."""
    ts: str = client.chat_postMessage(channel=GAME, text="card", blocks=[actions(*elements)])["ts"]
    return ts


def press(outside: Outside, ts: str, action_id: str = "go", **more: object) -> Json:
    """Press an element as approver-1."""
    return outside.post("click", user="approver-1", channel=GAME, ts=ts, action_id=action_id, **more)


def test_a_command_arrives_signed_with_all_its_fields(app: App, outside: Outside) -> None:
    """slack_sdk accepts the signature, and the form is Slack's."""
    sent = outside.post("command", user="requester", channel="game-server", text="/rollback canary  game-server")
    form = app.next()
    assert (sent["status"], sent["error"], app.refused) == (200, None, 0)
    assert (form["command"], form["text"]) == ("/rollback", "canary  game-server")
    assert (form["user_id"], form["channel_id"], form["team_id"]) == (REQUESTER, GAME, "T0SANDBOX")
    assert form["trigger_id"]
    assert form["response_url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("reply", "place"),
    [
        ("only you", "ephemerals?user=requester"),
        (json.dumps({"text": "only you"}), "ephemerals?user=requester"),
        (json.dumps({"text": "all", "response_type": "in_channel"}), f"messages?channel={GAME}"),
    ],
)
def test_the_body_of_an_acknowledgement_is_an_answer(app: App, outside: Outside, reply: str, place: str) -> None:
    """Words in the acknowledgement are shown to the asker alone, unless they say in_channel."""
    app.reply = lambda _: (200, reply)
    outside.post("command", user="requester", channel=GAME, text="/rollback help")
    [message] = outside.get(place)["messages"]
    assert message["text"] in reply


@pytest.mark.parametrize("slack", [{"ack": 0.5}], indirect=True)
def test_a_late_acknowledgement_is_shown_as_slack_shows_it(app: App, outside: Outside, client: WebClient) -> None:
    """A command says operation_timeout through Slackbot; a click leaves the delivery unacknowledged."""
    ts = post_buttons(client, button("go"))
    release = threading.Event()
    app.reply = lambda _: (release.wait(5), (200, ""))[1]
    assert outside.post("command", user="requester", channel=GAME, text="/rollback")["error"] == "operation_timeout"
    assert press(outside, ts)["error"] == "operation_timeout"
    release.set()
    [whisper] = outside.get("ephemerals?user=requester")["messages"]
    assert whisper["user"] == "USLACKBOT"
    assert whisper["text"] == '/rollback failed with the error "operation_timeout"'


def test_a_failing_app_is_shown_as_dispatch_failed(app: App, outside: Outside) -> None:
    """A 500 is no acknowledgement."""
    app.reply = lambda _: (500, "broken")
    assert outside.post("command", user="requester", channel=GAME, text="/rollback")["error"] == "dispatch_failed"


def test_a_click_carries_the_message_the_action_and_the_person(app: App, outside: Outside, client: WebClient) -> None:
    """The payload is block_actions, with the value of the button, or the one a tamperer put there."""
    ts = post_buttons(client, button("go", value="rb-1:digest"), button("stop"))
    press(outside, ts)
    payload = app.next()
    assert (payload["type"], payload["user"]["id"], payload["channel"]["id"]) == ("block_actions", APPROVER, GAME)
    assert payload["message"]["ts"] == payload["container"]["message_ts"] == ts
    [action] = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "acts", "rb-1:digest")
    outside.post("click", user="approver-1", channel=GAME, ts=ts, text="stop", value="forged")
    assert app.next()["actions"][0]["value"] == "forged"
    assert press(outside, ts, "absent")["http"] == 404


@pytest.mark.parametrize(
    "case",
    [
        ({"type": "overflow"}, "b", ("selected_option", {"text": plain("B"), "value": "b"})),
        ({"type": "checkboxes"}, ["a", "b"], ("selected_options", None)),
        ({"type": "radio_buttons"}, "a", ("selected_option", {"text": plain("A"), "value": "a"})),
        ({"type": "static_select"}, "b", ("selected_option", {"text": plain("B"), "value": "b"})),
        ({"type": "users_select"}, APPROVER, ("selected_user", APPROVER)),
        ({"type": "datepicker"}, "2026-11-22", ("selected_date", "2026-11-22")),
    ],
)
def test_every_choice_is_written_as_slack_writes_it(
    app: App, outside: Outside, client: WebClient, case: tuple[Json, object, tuple[str, object]]
) -> None:
    """Options are sent whole, people and dates by name."""
    element, value, (key, wanted) = case
    made = element | {"action_id": "pick"}
    if element["type"] not in ("users_select", "datepicker"):
        made["options"] = [{"text": plain("A"), "value": "a"}, {"text": plain("B"), "value": "b"}]
    press(outside, post_buttons(client, made), "pick", value=value)
    sent = app.next()["actions"][0][key]
    assert sent == (made["options"] if wanted is None else wanted)


def test_an_ephemerals_button_works_for_its_reader_only(app: App, outside: Outside, client: WebClient) -> None:
    """The payload says is_ephemeral and carries no message; others cannot press it."""
    whisper = client.chat_postEphemeral(channel=GAME, user=APPROVER, text="x", blocks=[actions(button("go"))])
    ts = whisper["message_ts"]
    press(outside, ts)
    payload = app.next()
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert outside.post("click", user="requester", channel=GAME, ts=ts, action_id="go")["http"] == 404


def test_a_response_url_replaces_adds_and_deletes_within_five_uses(
    app: App, outside: Outside, client: WebClient
) -> None:
    """replace_original, response_type and delete_original are honoured; the sixth use is refused."""
    press(outside, post_buttons(client, button("go")))
    hook = WebhookClient(app.next()["response_url"])
    assert hook.send(text="replaced").status_code == 200
    assert [m["text"] for m in outside.get(f"messages?channel={GAME}")["messages"]] == ["replaced"]
    hook.send(text="to you", replace_original=False)
    assert [m["text"] for m in outside.get("ephemerals?user=approver-1")["messages"]] == ["to you"]
    hook.send(text="to all", replace_original=False, response_type="in_channel")
    assert hook.send(text="x", blocks=[{"type": "nonsense"}]).body == "invalid_blocks"
    hook.send(delete_original=True)
    assert [m["text"] for m in outside.get(f"messages?channel={GAME}")["messages"]] == ["to all"]
    spent = hook.send(text="sixth", replace_original=False)
    assert (spent.status_code, spent.body) == (404, "used_url")


@pytest.mark.parametrize("slack", [{"trigger": 0.5}], indirect=True)
def test_a_trigger_opens_one_modal_within_its_time(app: App, outside: Outside, client: WebClient) -> None:
    """Used: exchanged_trigger_id. Old: expired_trigger_id. Made up: invalid_trigger_id."""
    ts = post_buttons(client, button("go"))
    press(outside, ts)
    trigger = app.next()["trigger_id"]
    client.views_open(trigger_id=trigger, view=modal(TYPED))
    press(outside, ts)
    old = app.next()["trigger_id"]
    threading.Event().wait(0.6)
    for name, code in ((trigger, "exchanged_trigger_id"), (old, "expired_trigger_id"), ("1.2.x", "invalid_trigger_id")):
        with pytest.raises(SlackApiError) as error:
            client.views_open(trigger_id=name, view=modal(TYPED))
        assert error.value.response["error"] == code


def test_a_modal_opened_after_the_acknowledgement_can_be_waited_for(
    app: App, outside: Outside, client: WebClient
) -> None:
    """A bounded look at a person's views ends when one opens, or with none."""
    press(outside, post_buttons(client, button("go")))
    trigger = app.next()["trigger_id"]
    later = threading.Timer(0.1, lambda: client.views_open(trigger_id=trigger, view=modal(TYPED)))
    later.start()
    assert len(outside.get("views?user=approver-1&timeout=5")["views"]) == 1
    later.join()
    assert outside.get("views?user=requester&timeout=0.05")["views"] == []


def open_modal(app: App, outside: Outside, client: WebClient, view: Json) -> Json:
    """Let the app open a modal at a press; gives the view as the presser sees it."""

    def opening(payload: Json) -> tuple[int, str]:
        if payload.get("type") == "block_actions":
            client.views_open(trigger_id=payload["trigger_id"], view=view)
        return 200, ""

    app.reply = opening
    opened: Json = press(outside, post_buttons(client, button("go")))["view"]
    app.next()
    app.reply = lambda _: (200, "")
    return opened


def test_a_modal_is_not_sent_until_it_is_complete(app: App, outside: Outside, client: WebClient) -> None:
    """What Slack's client checks never reaches the app; what is complete does, with its state."""
    view = open_modal(app, outside, client, modal(TYPED, private_metadata="rb-1", callback_id="form"))
    for state in ({}, {"why": {"typed": "ab"}}):
        assert outside.post("submit", user=APPROVER, view_id=view["id"], state=state)["errors"].keys() == {"why"}
    outside.post("submit", user=APPROVER, view_id=view["id"], state={"why": {"typed": "abc"}})
    payload = app.next()
    assert payload["type"] == "view_submission"
    assert payload["view"]["private_metadata"] == "rb-1"
    assert payload["view"]["state"]["values"]["why"]["typed"] == {"type": "plain_text_input", "value": "abc"}
    assert outside.get("views?user=approver-1")["views"] == []


def test_response_actions_refuse_replace_stack_and_clear(app: App, outside: Outside, client: WebClient) -> None:
    """errors, update, push and clear each leave the stack as Slack does, and typed values survive."""
    view = open_modal(app, outside, client, modal(TYPED))
    state = {"why": {"typed": "abc"}}

    def submit(answer: Json) -> Json:
        app.reply = lambda _: (200, json.dumps(answer))
        top = outside.get("views?user=approver-1")["views"][-1]
        return outside.post("submit", user=APPROVER, view_id=top["id"], state=state)

    assert submit({"response_action": "errors", "errors": {"why": "No."}})["errors"] == {"why": "No."}
    [shown] = outside.get("views?user=approver-1")["views"]
    assert shown["errors"] == {"why": "No."}
    assert shown["state"]["values"]["why"]["typed"]["value"] == "abc"
    submit({"response_action": "update", "view": modal(TYPED, section("more"))})
    [shown] = outside.get("views?user=approver-1")["views"]
    assert (shown["id"], len(shown["blocks"])) == (view["id"], 2)
    submit({"response_action": "push", "view": modal(TYPED)})
    assert len(outside.get("views?user=approver-1")["views"]) == 2
    submit({"response_action": "clear"})
    assert outside.get("views?user=approver-1")["views"] == []


def test_views_update_keeps_what_was_typed_and_minds_the_hash(app: App, outside: Outside, client: WebClient) -> None:
    """A choice in a modal is a block action with the state so far; an outdated hash is a conflict."""
    choice = question(
        "way", {"type": "static_select", "action_id": "pick", "options": [{"text": plain("A"), "value": "a"}]}
    )
    view = open_modal(app, outside, client, modal(TYPED, choice | {"dispatch_action": True}))
    state = {"why": {"typed": "so far"}}
    outside.post("click", user=APPROVER, view_id=view["id"], action_id="pick", value="a", state=state)
    payload = app.next()
    values = payload["view"]["state"]["values"]
    assert values["why"]["typed"]["value"] == "so far"
    assert values["way"]["pick"]["selected_option"]["value"] == "a"
    fresh = client.views_update(view_id=view["id"], hash=view["hash"], view=modal(TYPED))["view"]
    assert fresh["state"]["values"]["why"]["typed"]["value"] == "so far"
    with pytest.raises(SlackApiError) as error:
        client.views_update(view_id=view["id"], hash=view["hash"], view=modal(TYPED))
    assert error.value.response["error"] == "hash_conflict"


def test_closing_tells_the_app_when_it_asked_to_know(app: App, outside: Outside, client: WebClient) -> None:
    """view_closed comes with notify_on_close only."""
    quiet = open_modal(app, outside, client, modal(TYPED))
    assert outside.post("close", user=APPROVER, view_id=quiet["id"])["delivery_id"] is None
    loud = open_modal(app, outside, client, modal(TYPED, notify_on_close=True))
    outside.post("close", user=APPROVER, view_id=loud["id"])
    assert app.next()["type"] == "view_closed"


def test_an_external_select_asks_the_app_for_its_options(app: App, outside: Outside, client: WebClient) -> None:
    """block_suggestion carries what was typed; the app's options come back and can be chosen."""
    element = {"type": "external_select", "action_id": "service", "min_query_length": 0}
    view = open_modal(app, outside, client, modal(question("svc", element)))
    offered = {"options": [{"text": plain("game-server"), "value": "game-server"}]}
    app.reply = lambda _: (200, json.dumps(offered))
    answer = outside.post("options", user=APPROVER, view_id=view["id"], action_id="service", value="game")
    assert answer["options"] == offered["options"]
    payload = app.next()
    assert (payload["type"], payload["value"], payload["block_id"]) == ("block_suggestion", "game", "svc")
