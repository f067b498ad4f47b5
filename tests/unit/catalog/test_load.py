"""A catalog is loaded, or every problem in it is named with its line and the mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.catalog import Catalog, CatalogError, load
from bot.catalog.load import LARGEST, Problem, parse

FILE = Path("catalog/services.yaml")
TEXT = FILE.read_text()


def problems(text: str) -> tuple[Problem, ...]:
    """What is wrong with a catalog's text."""
    with pytest.raises(CatalogError) as caught:
        parse(text, file="services.yaml")
    return caught.value.problems


def line_of(text: str, part: str) -> int:
    """The line on which a part of the text begins."""
    return text[: text.index(part)].count("\n") + 1


def test_the_shipped_catalog_is_fine() -> None:
    """The example is loaded as it stands."""
    catalog = load(FILE)
    assert set(catalog.services) == {"game-server", "match-server", "lobby"}
    assert len(catalog.revision) == 6


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hold_s: 30", "hold: 30", "services.game-server.canary.hold is not known. Did you mean `hold_s`?"),
        (
            "need: 2",
            "need: 1",
            "services.game-server.approval.need: 1 does not fit. Should be greater than or equal to 2.",
        ),
        ("need: 2", "need: two", 'services.game-server.approval.need: "two" does not fit. Should be a valid integer.'),
        ("need: 2", "need: yes", "services.game-server.approval.need: true does not fit. Should be a valid integer."),
        ("need: 2", "need: 2\n      need: 3", "`need` stands here twice, first in line"),
        ("[75, 50, 25, 10, 0]", "[50, 75, 0]", "weights must fall and end with 0"),
        ("[75, 50, 25, 10, 0]", "[75, 50]", "weights must fall and end with 0"),
        ("[75, 50, 25, 10, 0]", "[175, 0]", "services.game-server.canary.weights.0: 175 does not fit."),
        ("[75, 50, 25, 10, 0]", "[]", "services.game-server.canary.weights: a list does not fit."),
        ("subset: canary", "subset: stable", "stable and canary must differ"),
        ("    approval:", "    approvals:", "Did you mean `approval`?"),
        ("    approval:", "    approvals:", "services.game-server.approval is missing. Add `approval:` under"),
        ("      group: game-server-approvers", "      users: [U1]", "users lists 1 people, but need is 2"),
        ("      need: 2", "      need: 2\n      terminal: {u0ada: " + "a" * 64 + "}", "It must match ^[UW]"),
        ("      group: game-server-approvers", "      users: [U1, u1]", "It must match ^[UW]"),
        ("group: game-server-approvers ", "users: [] # ", "name either group"),
        ("  game-server:\n", "  Game_Server:\n", "services.Game_Server"),
        ("budget_s: 300", "budget_s: .inf", "`.inf` is no number to work with"),
        ("budget_s: 300", "budget_s: -3", "services.game-server.canary.budget_s: -3 does not fit."),
        ("[$window]))\n      errors", "[5m]))\n      errors", "the expression must hold $window"),
        ("https://game.example.com/health", "game.example.com/health", "It must match ^https?://"),
        ("namespace: game-production", "namespace: *name", "this is no YAML"),
        ("services:", "services: [", "this is no YAML"),
        ("need: 2", "need: !!python/object/apply:os.system [ls]", "services.game-server.approval.need"),
    ],
)
def test_a_problem_names_line_and_mend(old: str, new: str, says: str) -> None:
    """Each kind of slip is found where it is, in words that say what to do."""
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    found = problems(text)
    assert any(says in str(problem) for problem in found), [str(problem) for problem in found]
    assert all(problem.line > 0 and problem.mend for problem in found)


def test_an_unknown_key_is_found_on_its_own_line() -> None:
    """The line is that of the key, not of the group around it."""
    text = TEXT.replace("hold_s: 30", "hold: 30", 1)
    lines = {problem.line for problem in problems(text) if "hold is not known" in problem.what}
    assert lines == {line_of(text, "hold: 30")}


def test_an_alias_is_refused() -> None:
    """A value shared between services would move the digest of both; a bomb of aliases would fill the memory."""
    text = "services: {a: &a {channel: c}, b: *a}"
    assert any("alias" in problem.what for problem in problems(text))


@pytest.mark.parametrize("text", ["", "# nothing\n", "null", "[]", "3", "services: 3"])
def test_what_is_no_catalog_at_all(text: str) -> None:
    """Empty files and values of another kind are problems, not crashes."""
    assert problems(text)


def test_all_problems_are_said_at_once() -> None:
    """Nobody has to mend one to see the next."""
    text = TEXT.replace("need: 2", "need: 1", 1).replace("budget_s: 300", "budget_s: soon")
    assert len(problems(text)) == 2


def test_a_missing_file_names_the_variable(tmp_path: Path) -> None:
    """The mend of a wrong path is the setting it comes from."""
    with pytest.raises(CatalogError, match="ROLLBACK_CATALOG"):
        load(tmp_path / "none.yaml")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """There is an end to what is parsed."""
    file = tmp_path / "huge.yaml"
    file.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(CatalogError, match="over 1,000,000 bytes"):
        load(file)


def test_a_file_that_is_no_text_names_the_line(tmp_path: Path) -> None:
    """A wrong encoding is found where it is."""
    file = tmp_path / "latin.yaml"
    file.write_bytes(b"services:\n  caf\xe9: {}\n")
    with pytest.raises(CatalogError, match=r"latin\.yaml:2: it is no UTF-8"):
        load(file)


def test_the_schema_is_json() -> None:
    """Editors get a schema that names every section."""
    assert "Canary" in json.dumps(Catalog.model_json_schema())
