"""The gate: what Slack did not sign, or signed long ago, does not come in; the same request acts once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from slack_sdk.signature import SignatureVerifier

from handlers.gate import KEPT_S, Answer, Gate, Replays

SECRET = "signing-secret"
BODY = b"command=%2Frollback&text=status"


def signed(body: bytes, timestamp: str) -> str:
    """The signature that Slack would send."""
    made = SignatureVerifier(SECRET).generate_signature(timestamp=timestamp, body=body)
    assert made is not None
    return made


def now(shift: int = 0) -> str:
    """A timestamp so many seconds from now."""
    return str(int(time.time()) + shift)


def test_what_slack_signed_comes_in() -> None:
    """The right secret, the right time, the right body."""
    at = now()
    assert Gate(SECRET).admits(BODY, timestamp=at, signature=signed(BODY, at))


@pytest.mark.parametrize("shift", [-301, -86_400, 310])
def test_an_old_or_early_request_stays_out(shift: int) -> None:
    """More than five minutes off is too much either way."""
    at = now(shift)
    assert not Gate(SECRET).admits(BODY, timestamp=at, signature=signed(BODY, at))


@pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "12.5", "-1", " 1", "١٢٣", "9" * 400, "0x10"])
def test_a_timestamp_that_is_no_number_stays_out(timestamp: str) -> None:
    """Nothing is raised: it is simply not Slack."""
    assert not Gate(SECRET).admits(BODY, timestamp=timestamp, signature="v0=" + "0" * 64)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=" + "0" * 64, "v1=" + "0" * 64, "v0=é" + "0" * 63])
def test_a_wrong_signature_stays_out(signature: str) -> None:
    """Missing, short, of another version, or with letters that no digest has."""
    assert not Gate(SECRET).admits(BODY, timestamp=now(), signature=signature)


def test_a_changed_body_stays_out() -> None:
    """One byte more is another request."""
    at = now()
    assert not Gate(SECRET).admits(BODY + b"x", timestamp=at, signature=signed(BODY, at))


def test_a_body_that_is_no_text_stays_out() -> None:
    """Bytes that are no UTF-8 were never signed by Slack."""
    assert not Gate(SECRET).admits(b"\xff\xfe", timestamp=now(), signature="v0=" + "0" * 64)


def test_the_same_request_acts_once() -> None:
    """Sixteen copies at once get one answer from one act."""
    replays, acts = Replays(), []

    def act() -> Answer:
        acts.append(threading.get_ident())
        return Answer(200, f"answer {len(acts)}")

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: replays.once("v0=a", act), range(16)))
    assert len(acts) == 1
    assert set(answers) == {Answer(200, "answer 1")}


def test_an_answer_of_500_is_not_kept() -> None:
    """A failure is no answer: the next one tries again."""
    replays = Replays()
    assert replays.once("v0=a", lambda: Answer(500, "")).status == 500
    assert replays.once("v0=a", lambda: Answer(200, "")).status == 200


def test_answers_are_forgotten_when_the_signature_is() -> None:
    """What can no longer be replayed is not remembered."""
    clock = [0.0]
    replays = Replays(clock=lambda: clock[0])
    replays.once("v0=a", lambda: Answer(200, "first"))
    clock[0] = KEPT_S + 1
    assert replays.once("v0=a", lambda: Answer(200, "second")).body == "second"
