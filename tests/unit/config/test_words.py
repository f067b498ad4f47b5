"""What people read of a configuration that is put back: on the card, in rows, in refusals. Every word is there."""

from __future__ import annotations

import pytest

from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import Mark, StepRecord
from bot.views import answers, card_plan, checks, steps, terminal, words
from bot.views.units import NBSP
from jobs.backups.problems import Why
from jobs.checks.config_live import as_in_backup
from tests.unit.config.test_plan import TIME, facts, live, piece, planned
from tests.unit.config.texts import CONFIG, SECRETS, config_map

EN = words.get()
UNKNOWN = EN("unknown")


def row(kind: str, mark: Mark, **more: object) -> str:
    """A step's row on the card."""
    plan = planned(facts())
    step = next(step for step in plan.steps if step.kind == kind)
    return str(steps.row(EN, step, StepRecord.model_validate({"mark": mark, **more}), plan, names=60))


def test_the_card_says_what_will_be_different() -> None:
    """From now to then, each key, what is left out and what could go wrong; nothing is unknown but the error rate."""
    plan = planned(facts(piece(config_map(), live("ConfigMap")), left_alone=(f"Secret {SECRETS}",)))
    body = str(card_plan.body(EN, plan, need=2)).replace(NBSP, " ")
    assert f"the values now → the configuration of {TIME}" in body.replace("*", "")
    assert "MAX_PLAYERS 9000 → 1000" in body
    assert "NEW on → absent" in body
    assert f"Secret {SECRETS}. The snapshot was taken without a key" in str(card_plan.left_out(EN, plan))
    assert "the database is not touched" in str(card_plan.risks(EN, plan))


def test_of_a_secret_only_the_keys_are_named() -> None:
    """That they change, come or go, and of which object."""
    told = str(card_plan.changes(EN, planned(facts()))).replace(NBSP, " ")
    assert f"OLD of Secret {SECRETS} → absent" in told
    assert f"PASSWORD of Secret {SECRETS} comes back (value not shown)" in told


@pytest.mark.parametrize("kind", ["restore_config", "config_live"])
@pytest.mark.parametrize("mark", [Mark.TO_DO, Mark.RUNNING, Mark.HOLDING, Mark.DONE, Mark.FAILED])
def test_each_row_names_the_objects_and_the_time(kind: str, mark: Mark) -> None:
    """At every moment, without a figure that is unknown, and short enough for a card."""
    found = as_in_backup({f"ConfigMap {CONFIG}": True, f"Secret {SECRETS}": True}, version=TIME)
    told = row(kind, mark, checks=[found.model_dump(mode="json")])
    assert UNKNOWN not in told
    assert len(told) <= 110


def test_already_so_and_not_written_read_otherwise() -> None:
    """A no-op says that it was one; a refusal that nothing was restored."""
    assert "already as in the backup" in row("restore_config", Mark.DONE, already=True)
    assert "not restored" in row("restore_config", Mark.FAILED)


def test_the_check_names_what_is_not_the_backups() -> None:
    """Short in a row, whole in the thread."""
    found = as_in_backup({f"ConfigMap {CONFIG}": True, f"Secret {SECRETS}": False}, version=TIME)
    dumps = [found.model_dump(mode="json")]
    assert str(checks.short(EN, dumps)) == "1 of 2 as in the backup"
    whole = str(checks.finding(EN, found, checks.figures_of(dumps)))
    assert whole == f"Not as in the backup of {TIME}: Secret {SECRETS}. Somebody changed it since it was put back"


FIGURES: JsonObject = {
    "service": "match-server",
    "asked": TIME,
    "file": f"secret-{TIME}.yaml",
    "there": f"configmap-{TIME}.yaml",
    "folder": "/backups/configs",
    "earlier": ["20261119-0300"],
    "later": ["20261121-0300"],
    "size": 2_000_000,
    "limit": 1_048_576,
    "line": 3,
    "found": "v1 Pod",
    "wanted": "v1 Secret",
    "place": "data.PASSWORD",
    "keys": ["PASSWORD"],
    "workload": "Deployment match-server",
    "kind": "Secret",
    "name": SECRETS,
    "option": "to",
    "given": "../x",
}
CASES = [
    *((Code.BAD_BACKUP, str(why)) for why in (*Why, "lacks-keys")),
    *((Code.NO_BACKUP, why) for why in ("", "earlier", "later", "none", "half")),
    *((Code.CONFIG_FIXED, why) for why in ("immutable", "hashed", "type")),
    (Code.BAD_VALUE, "no-timestamp"),
]


@pytest.mark.parametrize(("code", "why"), CASES)
def test_each_refusal_says_what_happened_and_the_mend(code: Code, why: str) -> None:
    """In words of its own, with its figures, in Slack and at a terminal."""
    refusal = Refusal(code=code, figures={**FIGURES, "why": why})
    told = str(answers.refusal(refusal).blocks[0])
    assert "Nothing was changed" in told
    assert UNKNOWN not in told
    key = {Code.NO_BACKUP: "no-backup", Code.BAD_BACKUP: "bad-backup", Code.CONFIG_FIXED: "config-fixed"}.get(code, "")
    if key and why:
        assert EN.has(f"refusal.{key}.happened.{why}")
    assert "Nothing was changed" in terminal.refusal(refusal)


def test_a_halt_in_the_middle_names_the_object() -> None:
    """Somebody changed it while it was put back."""
    told = EN("halt.config-changed", version=TIME, names=f"Secret {SECRETS}")
    assert f"Secret {SECRETS}" in told
