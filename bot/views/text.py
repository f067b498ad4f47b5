"""Text from people, made safe: cleaned, escaped, cut where nothing breaks. Lengths are UTF-16 units, Slack's own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(c) for c in range(0xE0100, 0xE01F0)}
"""Characters that print nothing though Unicode does not call them format characters."""
_ATOM = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_TOKEN = re.compile(r"<!date\^\d+\^[^|<>]*\|([^<>]*)>")
_LINK = re.compile(r"<(https?://[^|<>]*)(?:\|([^<>]*))?>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


class Safe(str):
    """Text that is escaped already (or holds a token we made): it may stand in a message as it is."""

    __slots__ = ()


NOTHING = Safe()
"""No text."""


def units(text: str) -> int:
    """Length in UTF-16 units: a character outside the first plane counts twice."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004 - the first plane's end


def clean(text: str) -> str:
    """Take out control, zero-width and direction characters; line breaks and tabs become spaces, ends are trimmed."""
    kept: list[str] = []
    for character in text:
        if character in "\n\r\t\u2028\u2029":
            kept.append(" ")
        elif character not in _INVISIBLE and unicodedata.category(character) not in ("Cc", "Cf", "Cs"):
            kept.append(character)
    return "".join(kept).strip()


def escape(text: str) -> Safe:
    """Clean a text and escape what Slack reads as markup (& < >). A text that is safe already comes back unchanged."""
    if isinstance(text, Safe):
        return text
    cleaned = clean(text)
    return Safe(cleaned.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def code(text: str) -> Safe:
    """Show a text as code; backticks in it would end the code, so they become quotes."""
    return Safe(f"`{escape(text).replace('`', chr(39)) or ' '}`")


def quoted(text: str, *, limit: int) -> Safe:
    """A person's words in quotes, cut at the end."""
    return Safe(f'"{cut_end(text, limit=limit)}"')


def cut_end(text: str, *, limit: int) -> Safe:
    """Escape, and cut at the end to `limit` units, never inside an escape or a token."""
    safe = escape(text)
    if units(safe) <= limit:
        return safe
    kept, room = _take(_ATOM.findall(safe), limit - 1)
    return Safe(kept.rstrip() + ELLIPSIS if room >= 0 else "")


def cut_middle(text: str, *, limit: int) -> Safe:
    """Escape, and cut a name in the middle to `limit` units: both ends tell names apart."""
    safe = escape(text)
    if units(safe) <= limit:
        return safe
    atoms = _ATOM.findall(safe)
    head, _ = _take(atoms, (limit - 1) - (limit - 1) // 3)
    tail, _ = _take(atoms[::-1], (limit - 1) // 3, backwards=True)
    return Safe(head + ELLIPSIS + tail)


def join(separator: str, parts: Iterable[str]) -> Safe:
    """Join parts that have content; each is escaped unless it is safe already."""
    return Safe(separator.join(escape(part) for part in parts if part))


def fit(rows: Iterable[str], *, limit: int, more: str) -> Safe:
    """Join rows by line breaks within `limit` units; whole rows leave at the end, and `more` says so."""
    kept: list[str] = []
    left = [escape(row) for row in rows if row]
    for index, row in enumerate(left):
        rest = index + 1 < len(left)
        if units("\n".join([*kept, row, *([more] if rest else [])])) > limit:
            kept.append(cut_end(row, limit=limit) if not kept else more)
            break
        kept.append(row)
    return Safe("\n".join(kept))


def unmarked(text: str) -> Safe:
    """The text without bold marks, tokens and links, for places that show plain text."""
    text = _LINK.sub(lambda found: found[2] or found[1], _TOKEN.sub(r"\1", text))
    return Safe(_BOLD.sub(r"\1", text))


def plain_text(text: str) -> str:
    """Escaped text as plain text: for places that Slack shows as they are, such as a field's error."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def in_utc(text: str) -> Safe:
    """The text with each time token as its fallback, "03:14:02 UTC": for texts whose other times are UTC."""
    return Safe(_TOKEN.sub(r"\1", text))


def link(address: str, label: str = "") -> Safe:
    """A link that we made; what could end it is taken out. Without a label it is the bare address."""
    address = clean(address).replace("<", "").replace(">", "").replace("|", "").replace(" ", "")
    return Safe(f"<{address}|{escape(label)}>") if label else escape(address)


def _take(atoms: list[str], room: int, *, backwards: bool = False) -> tuple[str, int]:
    taken: list[str] = []
    for atom in atoms:
        if units(atom) > room:
            break
        room -= units(atom)
        taken.append(atom)
    return "".join(reversed(taken) if backwards else taken), room
