"""Values of a pod template as they may be shown: what looks like a secret is left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

HIDDEN: Final = "…"
"""Stands where something is not shown."""

_SECRET_NAME: Final = re.compile(
    r"pass|pwd|token|secret|key|cred|auth|cert|private|dsn|signature|salt|cookie|session", re.IGNORECASE
)
_SECRET_VALUE: Final = re.compile(
    r"-----BEGIN|\bBearer\s|\bBasic\s|\beyJ[\w-]{8,}\.|\bA(?:KIA|SIA)[0-9A-Z]{12,}|\bxox[a-z]-|\bgh[a-z]_\w{8,}"
    r"|(?:pass\w*|pwd|secret|token|key|credentials?)[\"']?\s*[=:]",
    re.IGNORECASE,
)
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s]+(?=@)")


def names_secret(name: str) -> bool:
    """Whether a variable, flag or field of this name may hold a secret. Rather one too many than one too few."""
    return bool(_SECRET_NAME.search(name))


def shown(value: str) -> str:
    """The value without what looks like a secret in it, whatever its name."""
    if _SECRET_VALUE.search(value):
        return HIDDEN
    return _USER_INFO.sub(HIDDEN, value)


def words_shown(words: Sequence[str]) -> str:
    """A command line without what follows a secret-looking flag or a one-letter one, and without their own values."""
    told: list[str] = []
    hide = False
    for word in words:
        told.append(HIDDEN if hide else _word_shown(word))
        hide = word.startswith("-") and "=" not in word and (names_secret(word) or _is_short(word))
    return " ".join(told)


def _word_shown(word: str) -> str:
    name, sign, value = word.partition("=")
    if sign and names_secret(name):
        return f"{name}={HIDDEN}"
    if _is_short(word) and len(word) > len("-p"):
        return f"{word[:2]}{HIDDEN}"
    return f"{name}={shown(value)}" if sign and not _SECRET_VALUE.search(word) else shown(word)


def _is_short(word: str) -> bool:
    return word.startswith("-") and not word.startswith("--")
