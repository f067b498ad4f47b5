"""A command's text as words and options, forgiving what phones and keyboards make of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2_000
"""Characters of a command that are read (UX.md, section 8)."""

_DOUBLE = '"“”„‟«»\N{FULLWIDTH QUOTATION MARK}'
_SINGLE = "'\u2018\u2019\u201a\u201b\N{FULLWIDTH APOSTROPHE}"
_DASHES = re.escape("-\u2010\u2011\u2012\u2013\u2014\u2015\N{MINUS SIGN}")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_DASHED = re.compile(rf"[{_DASHES}]+(?=[^\s{_DASHES}])")
_KEY = re.compile(r"[^\s=]+")
_WORD = re.compile(r"\S+")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


@dataclass(frozen=True)
class Option:
    """One `name=value`. `name` is in small letters; `dashed`: it was typed as `--name=value`."""

    name: str
    value: str
    dashed: bool = False


@dataclass(frozen=True)
class Words:
    """What was typed: plain words in small letters, options in order, how many hidden characters were taken out."""

    plain: tuple[str, ...]
    options: tuple[Option, ...]
    removed: int = 0


def cleaned(text: str) -> tuple[str, int]:
    """The text without control, zero-width and direction characters, and how many; every space becomes a plain one."""
    kept: list[str] = []
    removed = 0
    for character in text:
        if character.isspace():
            kept.append(" ")
        elif character in _INVISIBLE or unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            removed += 1
        else:
            kept.append(character)
    return "".join(kept).strip(), removed


def split(text: str) -> Words:
    """Split a command. An unquoted `reason=` takes the rest of the line; a quote never closed ends with the line."""
    line, removed = cleaned(text)
    for escaped, plain in _ESCAPES:
        line = line.replace(escaped, plain)
    plain_words: list[str] = []
    options: list[Option] = []
    at = 0
    while at < len(line):
        if line[at] == " ":
            at += 1
            continue
        name, dashed, after = _name(line, at)
        if line[after : after + 1] == "=" and name:
            value, at = _value(line, after + 1, rest=name == "reason")
            options.append(Option(name=name, value=value, dashed=dashed))
        else:
            word, at = _plain(line, at)
            plain_words.append(word)
    return Words(plain=tuple(word for word in plain_words if word), options=tuple(options), removed=removed)


def _name(line: str, at: int) -> tuple[str, bool, int]:
    dashes = _DASHED.match(line, at)
    start = dashes.end() if dashes else at
    found = _KEY.match(line, start)
    after = found.end() if found else start
    return re.sub(f"[{_DASHES}]", "-", line[start:after]).lower(), dashes is not None, after


def _value(line: str, at: int, *, rest: bool) -> tuple[str, int]:
    opening = line[at : at + 1]
    for quotes in (_DOUBLE, _SINGLE):
        if opening and opening in quotes:
            return _quoted(line, at + 1, quotes)
    if rest:
        return line[at:].strip(), len(line)
    found = _WORD.match(line, at)
    return (found[0], found.end()) if found else ("", at)


def _plain(line: str, at: int) -> tuple[str, int]:
    for quotes in (_DOUBLE, _SINGLE):
        if line[at] in quotes:
            word, after = _quoted(line, at + 1, quotes)
            return word.lower(), after
    found = _WORD.match(line, at)
    word = found[0] if found else line[at]
    dashes = _DASHED.match(word)
    if dashes:
        word = f"{'-' if dashes[0] == '-' else '--'}{word[dashes.end() :]}"
    return re.sub(f"[{_DASHES}]", "-", word).lower(), at + len(found[0] if found else line[at])


def _quoted(line: str, at: int, quotes: str) -> tuple[str, int]:
    """Up to the closing quote; one inside a word (it's) closes nothing."""
    for index in range(at, len(line)):
        if line[index] in quotes and (index + 1 == len(line) or line[index + 1] == " "):
            return line[at:index].strip(), index + 1
    return line[at:].strip(), len(line)
