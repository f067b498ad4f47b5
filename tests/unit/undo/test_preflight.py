"""What is decided from what was found out about a template: refused, told as a risk, or fine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.refusal import Code, Refused
from jobs.strategies.preflight import Gone, Seen, needed, objection, require, risks
from jobs.strategies.quotas import Lack

FINE = Seen(quotas_known=True, lack=None, rejected="", undecided="", gone=(), hidden=(), unread=())
FULL = Lack(quota="team", resource="pods", hard="4", used="4", need="1", fits=0, extra=1, sure=True)


def template(*sources: dict[str, Any]) -> dict[str, Any]:
    """A template whose container takes its environment from these."""
    return {"spec": {"containers": [{"name": "game", "envFrom": list(sources)}]}}


def config_map(name: str, **more: object) -> dict[str, Any]:
    """A ConfigMap as a container's source."""
    return {"configMapRef": {"name": name, **more}}


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (replace(FINE, gone=(Gone("ConfigMap", "game-config"),)), Code.REFERENCE_GONE),
        (replace(FINE, rejected="the house says no"), Code.WOULD_BE_REFUSED),
        (replace(FINE, lack=FULL), Code.QUOTA_FULL),
    ],
)
def test_what_is_sure_to_keep_it_back_is_refused(seen: Seen, code: Code) -> None:
    """Before anybody is asked to approve it."""
    with pytest.raises(Refused) as no:
        require(seen)
    assert no.value.refusal.code is code
    assert risks(seen) == ()


def test_nothing_known_and_nothing_looked_at_refuse_nothing() -> None:
    """The plan says itself why there is nothing to look at."""
    for seen in (FINE, None):
        require(seen)
        assert risks(seen) == ()


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (replace(FINE, lack=replace(FULL, sure=False)), "quota-used-up"),
        (replace(FINE, lack=replace(FULL, sure=False, fits=2, extra=3)), "quota-tight"),
        (replace(FINE, quotas_known=False), "quota-unknown"),
        (replace(FINE, undecided="a webhook would not say"), "dry-run-unknown"),
        (replace(FINE, hidden=("Secret/a",), unread=("Secret/b",)), "references-unknown"),
    ],
)
def test_what_may_keep_it_back_or_is_not_known_is_a_risk(seen: Seen, code: str) -> None:
    """Not knowing is an answer, and no refusal."""
    require(seen)
    assert [note.code for note in risks(seen)] == [code]


def test_a_key_that_is_gone_is_told_with_its_object() -> None:
    """The first is named, and all of them are listed."""
    with pytest.raises(Refused) as no:
        require(replace(FINE, gone=(Gone("ConfigMap", "game-config", "PORT"), Gone("Secret", "game-secrets"))))
    assert no.value.refusal.figures["why"] == "key"
    assert no.value.refusal.figures["gone"] == ["ConfigMap/game-config:PORT", "Secret/game-secrets"]


def test_what_the_present_template_does_not_name_is_looked_for_first() -> None:
    """What runs now is there; what pods start without is not looked for at all."""
    target = template(config_map("a"), config_map("b"), config_map("c"), config_map("d", optional=True))
    found = needed(target, present=template(config_map("a"), config_map("b")))
    assert [one.name for one in found] == ["c", "a", "b"]


def test_the_servers_own_words_are_told() -> None:
    """Without the client's frame around them, and without what looks like a secret."""
    text = "Kubernetes refused patch Deployment/ns/web (HTTP 422): token=abc123def is no label. Nothing was changed."
    assert objection(text) == ("token=… is no label", "")
    assert objection("words of another kind") == ("words of another kind", "")


def test_a_webhook_that_is_not_asked_without_effect_leaves_it_open() -> None:
    """It may well let the change through; that is not known, and no reason to refuse it."""
    text = (
        "Kubernetes refused patch Deployment/ns/web (HTTP 400): "
        'admission webhook "old.example.com" does not support dry run. Nothing was changed.'
    )
    assert objection(text) == ("", 'admission webhook "old.example.com" does not support dry run')
