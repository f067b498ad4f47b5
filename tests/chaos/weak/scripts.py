"""The store's scripts with a protection taken out: only for showing that chaos sees when one is missing.

Each is the product's own text without the line that protects; where that line is not found any more, this fails.
"""

from __future__ import annotations

from bot.store.lua import Scripts, source

LEASES: dict[str, tuple[tuple[str, str], ...]] = {
    "lease": (
        ("if lease.held and lease.owner ~= owner then", "if false then"),
        ("fence = whole(highest + 1)", "fence = whole(highest)"),
    ),
    "renew": (("if not lease.held or lease.owner ~= ARGV[2] or lease.fence ~= ARGV[3] then", "if false then"),),
    "transition": (("if wish.lease then", "if false then"),),
}
"""Everybody is granted the lease, all under the same number, and no write asks for it."""

_AGAIN = "if answer then return { 'again', answer } end"
COMMAND_IDS: dict[str, tuple[tuple[str, str], ...]] = {"create": ((_AGAIN, ""),), "transition": ((_AGAIN, ""),)}
"""A command that comes again is done again."""


def without(taken_out: dict[str, tuple[tuple[str, str], ...]]) -> Scripts:
    """The product's scripts with these lines replaced."""

    def text(name: str) -> str:
        whole = source(name)
        for line, instead in taken_out.get(name, ()):
            if whole.count(line) != 1:
                raise LookupError(f"{name}.lua holds {whole.count(line)} times {line!r}: this control weakens nothing")
            whole = whole.replace(line, instead)
        return whole

    return text
