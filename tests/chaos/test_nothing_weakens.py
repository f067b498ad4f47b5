"""The product has no switch that takes a protection out: only these tests hand in other parts, and only from here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.chaos.weak.scripts import COMMAND_IDS, LEASES, without

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted(file for folder in ("bot", "jobs", "handlers", "cli") for file in (ROOT / folder).rglob("*.py"))
OFF = re.compile(
    r"\b(skip|no|without|disable|ignore|unsafe|bypass|force)_?(fence|fences|lease|leases|claim|claims|lock|quorum|"
    r"approval|approvals|epoch|command_ids?|digest|checks?)\b|\bunsafe\b|DISABLE_|UNSAFE|INSECURE",
    re.IGNORECASE,
)
"""How a switch would be called that takes a protection out."""
HANDED_ON = {("bot/store/wake.py", "scripts"), ("bot/app.py", "scripts")}
"""Where the product hands on what its composition root was given, with its own as the default."""


def names(tree: ast.AST) -> Iterator[str]:
    """Every name, argument, attribute, keyword and short text of a module; no docstring."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)) if " " not in text:
                yield text


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_named_like_a_switch_that_takes_a_protection_out(file: Path) -> None:
    """No name of the product reads like the fence, the lease, the quorum or the command ids being off."""
    found = [name for name in names(ast.parse(file.read_text())) if OFF.search(name)]
    assert found == []


def test_no_setting_is_named_like_one() -> None:
    """Nor does any environment variable."""
    aliases = [str(field.validation_alias) for field in Settings.model_fields.values()]
    assert [name for name in aliases if OFF.search(name)] == []


def test_no_script_reads_an_argument_that_takes_a_check_out() -> None:
    """The store's scripts hold no name of that kind."""
    scripts = {file.name: file.read_text() for file in (ROOT / "bot" / "store" / "scripts").glob("*.lua")}
    assert {name: OFF.search(text) for name, text in scripts.items() if OFF.search(text)} == {}


@pytest.mark.parametrize("keyword", ["scripts", "kubernetes"])
def test_only_tests_hand_in_other_scripts_or_another_client(keyword: str) -> None:
    """The product passes these on at most where it was given them; what it gives itself is its own."""
    strange = []
    for file in SOURCES:
        place = str(file.relative_to(ROOT))
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and any(each.arg == keyword for each in node.keywords):
                handed = next(each.value for each in node.keywords if each.arg == keyword)
                own = isinstance(handed, ast.Name) and handed.id == keyword and (place, keyword) in HANDED_ON
                made = keyword == "kubernetes" and ast.unparse(node.func) == "Clients"
                strange += [] if own or made else [f"{place}:{node.lineno}"]
    assert strange == []


@pytest.mark.parametrize(("taken_out", "scripts"), [(LEASES, 3), (COMMAND_IDS, 2)])
def test_each_weak_script_differs_from_the_products_own(
    taken_out: dict[str, tuple[tuple[str, str], ...]], scripts: int
) -> None:
    """A control that weakens nothing shows nothing: every line to be taken out is there exactly once."""
    weak = without(taken_out)
    assert len({weak(name) for name in taken_out}) == scripts
