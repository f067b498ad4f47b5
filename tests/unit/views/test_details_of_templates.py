"""All details of a plan that writes a pod template: what changes, and no value that may be a secret."""

from __future__ import annotations

from bot.domain.model import JsonObject
from bot.domain.plan import Effect, Note, Plan, Step
from bot.views import details, words
from tests.unit.views import factory


def test_the_template_itself_is_not_shown() -> None:
    """A password that stands in a template as a plain value stays in the plan; the changes are told one by one."""
    variable: JsonObject = {"name": "DB_PASSWORD", "value": "hunter-2"}
    template: JsonObject = {"spec": {"containers": [{"name": "game", "env": [variable]}]}}
    params: JsonObject = {"kind": "Deployment", "name": "game", "template": template, "version": "v1.8.2"}
    made: Plan = factory.plan(
        strategy="kubernetes",
        steps=(Step(kind="rollout", params=params, effect=Effect.CAS),),
        changes=(Note(code="env-changed.hidden", figures={"name": "DB_PASSWORD"}),),
    )
    told = str(details.blocks_of(words.get(), factory.planned(made).rollback, group=None))
    assert "hunter-2" not in told
    assert "DB_PASSWORD changes (value not shown)" in told
