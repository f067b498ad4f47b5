"""What a pod, a log or an event said, as it may be shown to people: short, and without what looks like a secret. Pure.

Values of a plan's template are left out whole (bot/domain/concealing.py); of a line that says why something does not
start, the rest is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.concealing import HIDDEN, names_secret

LINE_CHARS = 200

_SCHEME = re.compile(r"\b(bearer|basic|digest|negotiate)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^/\s]+(?=@)")
_TOKEN = re.compile(
    r"\beyJ[\w-]{6,}\.[\w.-]*|\bA(?:KIA|SIA)[0-9A-Z]{12,}|\bxox[a-z]-[\w-]+|\bgh[a-z]_\w{8,}|\bglpat-[\w-]{8,}"
    r"|-----BEGIN.*"
)
_FLAG = re.compile(r"(--?[A-Za-z][\w-]*)\s+(?!-)(\S+)")
_JOINED = re.compile(r"(?<!\S)-p(?=\S{3})[^\s-]\S*")
"""MySQL's way to give a password, with no space and no `=`."""
_GIVEN = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*)(?P<sign>[\"']?\s*(?:=>|[=:])\s*)"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|[^\s\"'].*)"
)
_WORD = re.compile(r"\S+")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{40,}")
_FAULT = re.compile(r"(?:Error|Exception|Warning)\Z")
"""`KeyError: 'PORT'` names what is missing, and gives no key away."""
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"))


def quoted(text: str) -> str:
    """One line of at most 200 characters; what looks like a secret, or has the name of one, is replaced by "…"."""
    line = " ".join(text.split()).replace('\\"', '"')
    line = _USER_INFO.sub(HIDDEN, line)
    line = _SCHEME.sub(rf"\1 {HIDDEN}", line)
    line = _TOKEN.sub(HIDDEN, line)
    line = _FLAG.sub(_flag, line)
    line = _JOINED.sub(f"-p{HIDDEN}", line)
    line = _without_given(line)
    line = _LONG.sub(_long, line)
    return line if len(line) <= LINE_CHARS else line[: LINE_CHARS - 1] + HIDDEN


def quoted_lines(lines: Iterable[str], *, most: int) -> list[str]:
    """The last `most` lines that say something, each as `quoted`."""
    told = [line for line in (quoted(line) for line in lines) if line]
    return told[-most:] if most > 0 else []


def _flag(found: re.Match[str]) -> str:
    name, value = found[1], found[2]
    return f"{name} {HIDDEN}" if names_secret(name) else f"{name} {value}"


def _without_given(line: str) -> str:
    """`name=value` and `name: value` with the values of secret-looking names left out.

    A value in quotes ends with them. One without ends after `=` with the word, as in a URL or a list of settings;
    after `:` it is the rest of the line, as in a header.
    """
    done, at = "", 0
    while found := _GIVEN.search(line, at):
        name, value = found["name"], found["value"]
        done += line[at : found.start("value")]
        at = found.start("value")
        if not names_secret(name) or _FAULT.search(name):
            continue
        done += HIDDEN
        if value[0] in "\"'":
            at = found.end("value")
        elif ":" in found["sign"]:
            at = len(line)
        elif word := _WORD.match(line, at):
            at = word.end()
    return done + line[at:]


def _long(found: re.Match[str]) -> str:
    """A long run of mixed letters and digits is a key or a certificate rather than a word; a path has slashes early."""
    run = found[0]
    return HIDDEN if all(kind.search(run) for kind in _CLASSES) else run
