"""Lines of logs, events and kubelets as they may be shown: what a secret's name or looks give away is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.checks.quoting import LINE_CHARS, quoted, quoted_lines

SECRET = "s3cr3t-V4lue"
TELLS = [
    f"password={SECRET} user=bob",
    f"DB_PASSWORD: {SECRET} and a few words more",
    f'{{"password": "{SECRET}", "msg": "failed"}}',
    f'msg="{{\\"api_key\\":\\"{SECRET}\\"}}"',
    f"token => {SECRET}",
    f"client_secret = '{SECRET}'",
    f"Authorization: Bearer {SECRET}.abcdef",
    f"sent header authorization Basic {SECRET}",
    f"dial postgres://game:{SECRET}@db:5432/game: refused",
    f"GET https://api.example.com/?token={SECRET}&user=1",
    f"run --password {SECRET} --port 80",
    f"mysql -uroot -p{SECRET} game",
    f"Cookie: session={SECRET}; path=/",
    "-----BEGIN RSA PRIVATE KEY----- MIIEowIBAAKCAQEA" + SECRET,
    f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.sig",
]


@pytest.mark.parametrize("line", TELLS)
def test_a_secret_does_not_stand_in_what_is_shown(line: str) -> None:
    """However a program writes it down."""
    assert SECRET not in quoted(line)
    assert "…" in quoted(line)


@pytest.mark.parametrize(
    "line",
    [
        "AKIAIOSFODNN7EXAMPLE was refused",
        "xoxb-1234567890-abcdefghij",
        "ghp_abcdefghijklmnop1234",
        "glpat-abcdefgh12345678",
        "k8s key 4f9Kd02mQx7Lr81ZtYv5Wb3Nc6Ps0Ja8Ue2Ig7Hf",
    ],
)
def test_what_looks_like_a_key_is_left_out_whatever_its_name(line: str) -> None:
    """By its beginning, or because no word looks like that."""
    assert "…" in quoted(line)


@pytest.mark.parametrize(
    "line",
    [
        "KeyError: 'PORT'",
        "couldn't find key MAX_PLAYERS in ConfigMap game-production/game-config",
        'Back-off pulling image "registry.example/game-server:v2.1.0": not found',
        'secret "game-secrets" not found',
        "password authentication failed for user bob",
        "panic: listen tcp :8080: bind: address already in use",
        "2026-11-22T03:14:02Z level=error msg=starting error=timeout",
        "/usr/local/lib/python3.11/site-packages/game/server.py, line 12",
    ],
)
def test_what_says_why_it_does_not_start_is_kept(line: str) -> None:
    """Else nobody could mend it."""
    assert quoted(line) == line


def test_the_rest_of_a_line_is_kept_beside_what_is_left_out() -> None:
    """Up to where the value ends."""
    assert quoted('{"password": "x y", "msg": "failed"}') == '{"password": …, "msg": "failed"}'
    assert quoted("host=db password=x,y;z user=bob") == "host=db password=… user=bob"


@given(some.text())
def test_a_line_is_one_line_and_never_long(text: str) -> None:
    """Whatever was written."""
    line = quoted(text)
    assert len(line) <= LINE_CHARS
    assert "\n" not in line


@given(some.text(alphabet=some.characters(categories=["L", "N"]), min_size=8, max_size=30))
def test_the_value_of_a_password_never_stands_behind_its_name(value: str) -> None:
    """In the two forms that settings and headers have."""
    assert quoted(f"password={value}") == "password=…"
    assert quoted(f"password: {value}") == "password: …"


def test_the_last_lines_that_say_something_are_told() -> None:
    """Empty ones take no room from them."""
    assert quoted_lines(["a", "", "b", "  ", "c"], most=2) == ["b", "c"]
    assert quoted_lines([], most=5) == []
