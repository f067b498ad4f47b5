"""What people type, and what is made of it: nothing is guessed, and nothing raises but a refusal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.refusal import Code, Refused
from bot.domain.strategy import STRATEGIES
from handlers.parse import Ask, Help, History, Lock, Look, Unlock, parse
from handlers.words import split

SERVICES = ("game-server", "game-sender", "shop")
CANARY = Ask(strategy="canary", service="game-server")


def read(text: str, here: tuple[str, ...] = ("game-server",)) -> object:
    """Parse against the services of these tests."""
    return parse(text, services=SERVICES, here=here)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", Help()),
        ("   ", Help()),
        ("help", Help()),
        ("help canary", Help("canary")),
        ("canary --help", Help("canary")),
        ("canary —help", Help("canary")),
        ("-h", Help()),
        ("?", Help()),
        ("help nonsense", Help()),
        ("canary game-server", CANARY),
        ("Canary GAME-Server", CANARY),
        ("game-server canary", CANARY),
        ("  canary\tgame-server  ", CANARY),
        ("canary game\N{EN DASH}server", CANARY),
        ("canary “game-server”", CANARY),
        ("canary game-\u200bserver", CANARY),
        ("plan canary game-server", Ask("canary", "game-server", dry=True)),
        ("plan game-server canary", Ask("canary", "game-server", dry=True)),
        ("canary game-server to=v2.0.5", Ask("canary", "game-server", version="v2.0.5")),
        ("canary TO=V2 game-server", Ask("canary", "game-server", version="V2")),
        ("canary game-server fast=yes", Ask("canary", "game-server", options={"fast": True})),
        ("canary game-server fast=NO", Ask("canary", "game-server", options={"fast": False})),
        (
            'canary game-server break-glass=yes reason="queue is full"',
            Ask("canary", "game-server", reason="queue is full", break_glass=True),
        ),
        ("canary game-server break\N{EN DASH}glass=yes", Ask("canary", "game-server", break_glass=True)),
        ("canary game-server break-glass=no", CANARY),
        ('lock game-server reason="database move" for=2h', Lock("game-server", reason="database move", seconds=7_200)),
        ("lock game-server for=30m reason=move", Lock("game-server", reason="move", seconds=1_800)),
        ("lock game-server reason=database move for=2h", Lock("game-server", reason="database move", seconds=7_200)),
        ("lock game-server reason=database move For=2H", Lock("game-server", reason="database move", seconds=7_200)),
        (
            "lock game-server reason=don\N{RIGHT SINGLE QUOTATION MARK}t touch it for = 2h",
            Lock("game-server", reason="don\N{RIGHT SINGLE QUOTATION MARK}t touch it", seconds=7_200),
        ),
        ("game-server lock reason=move", Lock("game-server", reason="move")),
        ("lock game-server", Lock("game-server")),
        ("unlock game-server", Unlock("game-server")),
        ("history", History()),
        ("history for=30d", History(seconds=30 * 86_400)),
        ("game-server history", History("game-server")),
        (
            "canary game-server reason=performance",
            Ask("canary", "game-server", reason="performance", reason_code="performance"),
        ),
        (
            "canary game-server reason=“error spike” to=v1",
            Ask("canary", "game-server", version="v1", reason="error spike"),
        ),
        (
            "canary game-server reason=\u2018it\u2019s bad\u2019 to=v1",
            Ask("canary", "game-server", version="v1", reason="it\u2019s bad"),
        ),
        ("canary game-server reason=it's all to=v1 bad", Ask("canary", "game-server", reason="it's all to=v1 bad")),
        ('canary game-server reason="never closed', Ask("canary", "game-server", reason="never closed")),
        ("canary game-server reason=a — b…", Ask("canary", "game-server", reason="a — b…")),
        (
            "canary game-server reason=&lt;!channel&gt; &amp;amp;",
            Ask("canary", "game-server", reason="<!channel> &amp;"),
        ),
        ("canary game-server reason=\u202eabc", Ask("canary", "game-server", reason="abc")),
        ("status", Look("status")),
        ("status game-server", Look("status", "game-server")),
        ("game-server status", Look("status", "game-server")),
        ("status RB-1042", Look("status", "rb-1042")),
        ("abort rb-1042", Look("abort", "rb-1042")),
        ("abort shop", Look("abort", "shop")),
        ("report rb-1042", Look("report", "rb-1042")),
    ],
)
def test_a_command_is_understood(text: str, means: object) -> None:
    """Quotes, dashes, case, order and hidden characters of phones are all accepted."""
    assert read(text) == means


@pytest.mark.parametrize(
    ("text", "code", "figures"),
    [
        ("canery game-server", Code.UNKNOWN_COMMAND, {"nearest": ["canary"], "send": "/rollback canary game-server"}),
        ("canray", Code.UNKNOWN_COMMAND, {"nearest": ["canary"], "send": "/rollback canary"}),
        ("statsu rb-1042", Code.UNKNOWN_COMMAND, {"send": "/rollback status rb-1042"}),
        ("deploy game-server", Code.UNKNOWN_COMMAND, {"nearest": [], "send": "/rollback help"}),
        ("../x", Code.UNKNOWN_COMMAND, {"command": "../x"}),
        ("a;rm -rf /", Code.UNKNOWN_COMMAND, {"command": "a;rm"}),
        ("to=v1", Code.UNKNOWN_COMMAND, {"command": "to"}),
        (
            "canary game-sever",
            Code.UNKNOWN_SERVICE,
            {"nearest": ["game-server"], "send": "/rollback canary game-server"},
        ),
        ("canary game-sever fast=yes", Code.UNKNOWN_SERVICE, {"nearest": ["game-server"]}),
        ("canary game-senver", Code.UNKNOWN_SERVICE, {"nearest": ["game-sender", "game-server"], "send": ""}),
        ("plan canary shopp", Code.UNKNOWN_SERVICE, {"send": "/rollback plan canary shop"}),
        ("shpo canary", Code.UNKNOWN_SERVICE, {"nearest": ["shop"]}),
        ("canary ../../etc/passwd", Code.UNKNOWN_SERVICE, {"nearest": [], "send": ""}),
        ("canary rb-1042", Code.UNKNOWN_SERVICE, {"is_rollback": True, "send": "/rollback status rb-1042"}),
        ("canary", Code.MISSING_SERVICE, {"here": ["game-server"], "send": "/rollback canary game-server"}),
        ("plan", Code.MISSING_SERVICE, {"here": ["game-server"]}),
        ("plan canary", Code.MISSING_SERVICE, {"send": "/rollback plan canary game-server"}),
        (
            "game-server",
            Code.AMBIGUOUS,
            {
                "candidates": [
                    *(f"/rollback {strategy.name} game-server" for strategy in STRATEGIES),
                    "/rollback status game-server",
                ]
            },
        ),
        ("abort", Code.MISSING_ID, {"send": "/rollback abort game-server"}),
        ("report", Code.MISSING_ID, {}),
        ("abort rb-x", Code.UNKNOWN_SERVICE, {}),
        ("canary game-server --to=v1", Code.DASHED_OPTION, {"write": "to=v1"}),
        ("canary game-server —to=v1", Code.DASHED_OPTION, {"write": "to=v1"}),
        ("canary game-server -fast", Code.DASHED_OPTION, {"write": "fast="}),
        ("canary game-server speed=9", Code.UNKNOWN_OPTION, {"options": ["fast", "to", "reason", "break-glass"]}),
        ("canary game-server resaon=x", Code.UNKNOWN_OPTION, {"nearest": ["reason"]}),
        ("canary game-server now", Code.UNKNOWN_OPTION, {"option": "now"}),
        ("status game-server to=v1", Code.UNKNOWN_OPTION, {"command": "status", "options": []}),
        ("canary game-server fast=maybe", Code.BAD_VALUE, {"allowed": ["yes", "no"]}),
        ("canary game-server break-glass=please", Code.BAD_VALUE, {"option": "break-glass"}),
        ("lock game-server reason=move for=2weeks", Code.BAD_VALUE, {"option": "for", "given": "2weeks"}),
        ("lock game-server reason=move for=2 h", Code.BAD_VALUE, {"option": "for", "given": "2 h"}),
        ("lock game-server reason=move for=-1h", Code.BAD_VALUE, {"option": "for", "given": "-1h"}),
        ("lock game-server reason=move for=9999d", Code.BAD_VALUE, {"option": "for", "given": "9999d"}),
        ("lock game-server reason=move for=0", Code.BAD_VALUE, {"option": "for", "given": "0"}),
        ("lock game-server for=0h", Code.BAD_VALUE, {"option": "for"}),
        ("history for=99999d", Code.BAD_VALUE, {"option": "for"}),
        ("history until=now", Code.UNKNOWN_OPTION, {"options": ["for"]}),
        ("unlock game-server reason=done", Code.UNKNOWN_OPTION, {"options": []}),
        ("lock", Code.MISSING_SERVICE, {"send": "/rollback lock game-server"}),
        ("unlock game-sever", Code.UNKNOWN_SERVICE, {"send": "/rollback unlock game-server"}),
        ("lokc game-server", Code.UNKNOWN_COMMAND, {"nearest": ["lock"]}),
        ("canary game-server to=../x", Code.BAD_VALUE, {"option": "to"}),
        ("canary game-server to=", Code.BAD_VALUE, {"option": "to"}),
        ("canary game-server to=a;rm", Code.BAD_VALUE, {"option": "to"}),
        ("canary game-server to=v1 to=v2", Code.BAD_VALUE, {"why": "twice"}),
        ("canary game-server reason=" + "x" * 2_000, Code.TOO_LONG, {"limit": 2_000}),
    ],
)
def test_what_is_not_understood_is_answered(text: str, code: Code, figures: dict[str, object]) -> None:
    """A refusal names what was typed and what to send; a near name is offered, never taken."""
    with pytest.raises(Refused) as caught:
        read(text)
    assert caught.value.refusal.code is code
    assert figures.items() <= caught.value.refusal.figures.items()


def test_no_example_is_made_up_where_the_channel_has_no_service() -> None:
    """Without exactly one service here there is no command to copy."""
    with pytest.raises(Refused) as caught:
        read("canary", here=())
    assert caught.value.refusal.figures["send"] == ""


def test_hidden_characters_are_counted() -> None:
    """What was taken out can be said."""
    assert split("canary game-server reason=a\u202eb\u200bc").removed == 2


def understood(text: str) -> type:
    """What kind of thing a text is read as."""
    try:
        return type(read(text))
    except Refused:
        return Refused


@given(some.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    """Whatever is typed is understood or refused."""
    assert understood(text) in {Ask, Look, Help, Refused}


WORDS = some.sampled_from(
    [
        "canary",
        "game-server",
        "plan",
        "status",
        "abort",
        "help",
        "=",
        "to=",
        "reason=",
        '"',
        "“",
        "--",
        "—",
        "to=v1",
        "fast=yes",
        "x",
    ]
)


@given(some.lists(WORDS, max_size=8), some.sampled_from([" ", "", "  "]))
def test_no_order_of_words_breaks_it(words: list[str], between: str) -> None:
    """The same for texts made of the parser's own words."""
    assert understood(between.join(words)) in {Ask, Look, Help, Refused}
