"""What an autoscaler is called, and its lower bound: Kubernetes' own, or KEDA's ScaledObject."""

from __future__ import annotations

from bot.views.buttons import name
from bot.views.figures import Figures
from bot.views.text import Safe, cut_middle
from bot.views.words import Words

HPA = "HorizontalPodAutoscaler"
RESOURCES = {HPA: "horizontalpodautoscalers.autoscaling", "ScaledObject": "scaledobjects.keda.sh"}
BOUNDS = {HPA: ("minReplicas", "maxReplicas"), "ScaledObject": ("minReplicaCount", "maxReplicaCount")}
"""What each kind calls its lower and its upper bound."""


def kind_of(hpa: Figures) -> str:
    """The kind of the autoscaler that a plan writes; Kubernetes' own where it does not say."""
    kind = hpa.text("kind")
    return kind if kind in RESOURCES else HPA


def called(words: Words, hpa: Figures, *, limit: int | None = None) -> dict[str, object]:
    """`scaler`: its kind and name; `bound`: its lower bound. `limit`: a longer name is cut in the middle."""
    given = hpa.text("name") or ""
    short = cut_middle(given, limit=limit) if limit is not None else name(given)
    kind = kind_of(hpa)
    return {"scaler": words(f"scaler.{kind}", name=short or None), "bound": Safe(BOUNDS[kind][0])}
