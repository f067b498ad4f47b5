"""docs/faults.md: all forty-eight rows, each with a test that exists or the part that brings it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+?) \|[ ]?(.*?) ?\| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def test_every_fault_has_a_test_that_exists_or_the_part_that_brings_it() -> None:
    """A row without proof says what is still to come; a proof that was renamed is found here."""
    rows = ROW.findall((ROOT / "docs" / "faults.md").read_text())
    assert [int(number) for number, *_ in rows] == list(range(1, 49))
    for number, fault, does, shown in rows:
        named = NAMED.findall(shown)
        assert named or (shown.startswith("comes with") and not does), f"{number} {fault}: {shown}"
        for path, test in named:
            files = [file for file in ROOT.glob(f"tests/**/{path}") if f"def {test}(" in file.read_text()]
            assert files, f"{number} {fault}: no {test} in {path}"
