"""Traffic that moves from one side to the other: weights in percent, the pods of the side it moves to, deletions."""

from __future__ import annotations

from bot.domain.plan import Plan
from bot.domain.rollback import Rollback
from bot.views.buttons import name
from bot.views.card_slots import versions
from bot.views.figures import Figures, shown
from bot.views.shapes import capacity
from bot.views.shapes.standing import Standing, of_rollback, stable_share, standing
from bot.views.sides import sides
from bot.views.text import Safe, join
from bot.views.words import Words


class Traffic:
    """The shape of a canary rollback."""

    def change(self, words: Words, plan: Plan) -> Safe:
        """Both weights, before and after."""
        stands = standing(plan)
        if stands.was is None:
            return Safe()
        return words(
            "card.weights",
            **sides(words, plan),
            was=words.weight(stands.was),
            to=words.weight(stands.end),
            stable_was=words.weight(stable_share(stands.was)),
            stable_to=words.weight(stable_share(stands.end)),
        )

    def sides_now(self, words: Words, plan: Plan) -> Safe:
        """Both sides' error rates, where they are told apart."""
        facts = shown(plan)
        return words(
            "card.now.sides",
            **sides(words, plan),
            canary=words.percent(facts.number("canary_error_share")),
            stable=words.percent(facts.number("stable_error_share")),
        )

    def first_change(self, words: Words, plan: Plan) -> Safe:
        """More pods, or the first weight."""
        stands = standing(plan)
        more = (stands.pods_to or 0) - (stands.pods_from or 0)
        if stands.pods_from is not None and more > 0:
            return words.n("card.first.pods", more, **sides(words, plan))
        weight = next((step for step in plan.steps if step.kind == "set_weight"), None)
        if weight is None:
            return Safe()
        to = words.weight(Figures(weight.params).number("to"))
        return words("card.first.weight", **sides(words, plan), was=words.weight(stands.was), to=to)

    def planned_line(self, words: Words, plan: Plan) -> Safe:
        """The bad side's weight."""
        stands = standing(plan)
        if stands.was is None:
            return Safe()
        return words(
            "line.planned.weights", **sides(words, plan), was=words.weight(stands.was), to=words.weight(stands.end)
        )

    def progress(self, words: Words, rollback: Rollback) -> Safe:
        """The weight as read back, and what Prometheus sees arriving."""
        stands = of_rollback(rollback)
        if stands is None or stands.weight is None:
            return Safe()
        weight, stable = words.weight(stands.weight), words.weight(stable_share(stands.weight))
        if stands.weight == stands.was:
            return words("card.weight_still", **sides(words, rollback.plan), weight=weight, stable=stable)
        told = words(
            "card.weight_now", **sides(words, rollback.plan), weight=weight, was=words.weight(stands.was), stable=stable
        )
        seen = Figures(rollback.record.figures).number("seen_canary_share")
        arriving = words("card.seen", seen=Safe(f"{seen * 100:.0f}\u00a0%")) if seen is not None else Safe()
        return join("", (told, arriving))

    def progress_text(self, words: Words, rollback: Rollback, *, holding: Safe) -> Safe:
        """The weight, and until when it holds."""
        stands = of_rollback(rollback)
        if stands is None or stands.weight is None:
            return Safe()
        return words(
            "card.text.running.canary",
            **sides(words, rollback.plan),
            weight=words.weight(stands.weight),
            holding=holding,
        )

    def state(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """Weights and versions, and stable's pods."""
        stands = of_rollback(rollback)
        if stands is None:
            return (words("unknown"),)
        return (
            _weights(words, rollback, stands),
            capacity.pods(words, rollback),
        )

    def state_line(self, words: Words, rollback: Rollback) -> Safe:
        """Weights, pods and CPU in a clause each."""
        stands, plan = of_rollback(rollback), rollback.plan
        if stands is None or plan is None:
            return words("unknown")
        if stands.weight == 0:
            traffic = words("line.halted.all", version=_labels(words, plan)["to_version"])
        else:
            canary, stable = words.weight(stands.weight), words.weight(stable_share(stands.weight))
            traffic = words("line.halted.weights", **sides(words, rollback.plan), canary=canary, stable=stable)
        return join(", ", (traffic, capacity.pods_line(words, rollback)))

    def standing(self, words: Words, rollback: Rollback) -> Safe:
        """What share of traffic is on the bad version."""
        return self._share(words, rollback, "card.traffic")

    def calling(self, words: Words, rollback: Rollback) -> Safe:
        """What share of traffic still is."""
        return self._share(words, rollback, "call.halted.traffic")

    def abort_leaves(self, words: Words, rollback: Rollback) -> Safe:
        """The weight that stays."""
        stands, plan = of_rollback(rollback), rollback.plan
        if stands is None or plan is None:
            return words("unknown")
        labels = _labels(words, plan)
        if stands.weight == 0:
            return words("card.choose.abort.all", version=labels["to_version"])
        return words("card.choose.abort.weight", weight=words.weight(stands.weight), version=labels["from_version"])

    def left(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """The weight, the pods, what was deleted."""
        stands = of_rollback(rollback)
        if stands is None:
            return (words("unknown"),)
        parts: list[Safe] = []
        if stands.weight != stands.was:
            weight, was = words.weight(stands.weight), words.weight(stands.was)
            bad = _labels(words, rollback.plan)["from_version"]
            parts.append(words("card.left.weight", **sides(words, rollback.plan), weight=weight, was=was, version=bad))
        if stands.scaled and not stands.hpa:
            to, was = words.n("pods", stands.pods_to), words.count(stands.pods_from)
            parts.append(words("card.left.pods", **sides(words, rollback.plan), pods=to, was=was))
        parts.append(capacity.hpa(words, rollback))
        gone = words("card.left.deleted", deployment=name(stands.canary))
        parts.append(gone if stands.deleted else words("card.left.nothing_deleted"))
        return tuple(parts)

    def left_short(self, words: Words, rollback: Rollback) -> Safe:
        """Weight and pods: "canary 10 % on v2.1.0, stable 8 pods"."""
        stands = of_rollback(rollback)
        if stands is None:
            return words("unknown")
        bad = _labels(words, rollback.plan)["from_version"]
        weight = words(
            "left.short.weight", **sides(words, rollback.plan), weight=words.weight(stands.weight), version=bad
        )
        pods = (
            words("left.short.pods", **sides(words, rollback.plan), pods=words.n("pods", stands.pods_to))
            if stands.scaled
            else Safe()
        )
        return join(", ", (weight, pods))

    def left_line(self, words: Words, rollback: Rollback) -> tuple[Safe, ...]:
        """Weight, pods or the autoscaler's minimum, what was deleted."""
        stands, plan = of_rollback(rollback), rollback.plan
        if stands is None or plan is None:
            return (words("unknown"),)
        parts: list[Safe] = []
        if stands.weight != stands.was:
            weight, was = words.weight(stands.weight), words.weight(stands.was)
            parts.append(
                words(
                    "line.left.weight",
                    **sides(words, rollback.plan),
                    weight=weight,
                    was=was,
                    version=_labels(words, plan)["from_version"],
                )
            )
        parts.append(capacity.left_line(words, rollback, stands))
        if stands.deleted:
            parts.append(words("line.left.deleted", deployment=name(stands.canary)))
        return tuple(part for part in parts if part)

    def put_back(self, words: Words, rollback: Rollback) -> Safe:
        """The autoscaler's bounds."""
        return capacity.put_back(words, rollback)

    def outcome(self, words: Words, rollback: Rollback) -> Safe:
        """The weight, and the Deployment that is gone."""
        stands = of_rollback(rollback)
        if stands is None or not stands.deleted:
            return Safe()
        return words(
            "card.canary_gone",
            **sides(words, rollback.plan),
            was=words.weight(stands.was),
            deployment=name(stands.canary),
        )

    def ending(self, words: Words, plan: Plan) -> Safe:
        """The bad side is gone, where it is."""
        stands = standing(plan)
        if not stands.canary:
            return Safe()
        role = shown(plan).inner("sides").text("canary")
        return words("card.ending.other", deployment=name(stands.canary)) if role else words("card.ending.canary")

    def next_value(self, words: Words, rollback: Rollback) -> Safe:
        """The next weight."""
        for step in rollback.plan.steps[rollback.step + 1 :] if rollback.plan else ():
            if step.kind == "set_weight":
                return words("card.weight_next", weight=words.weight(Figures(step.params).number("to")))
        return Safe()

    def _share(self, words: Words, rollback: Rollback, key: str) -> Safe:
        stands, plan = of_rollback(rollback), rollback.plan
        if stands is None or plan is None:
            return words("unknown")
        if stands.weight == 0:
            return words(f"{key}.none", version=_labels(words, plan)["to_version"])
        return words(key, weight=words.weight(stands.weight), version=_labels(words, plan)["from_version"])


def _labels(words: Words, plan: Plan | None) -> dict[str, Safe]:
    """The versions of both sides, `from_version` of the one that is to lose its traffic in the end.

    Where a rollback is taken back the plan goes the other way, and the sides keep theirs.
    """
    labels = versions(words, plan)
    if plan is not None and shown(plan).flag("reversed"):
        return {"from_version": labels["to_version"], "to_version": labels["from_version"]}
    return labels


def _weights(words: Words, rollback: Rollback, stands: Standing) -> Safe:
    labels = _labels(words, rollback.plan)
    if stands.deleted:
        return words("card.production.all", **sides(words, rollback.plan), **labels)
    if stands.weight == 0:
        return words("card.production.stable_all", **sides(words, rollback.plan), **labels)
    weight, stable = words.weight(stands.weight), words.weight(stable_share(stands.weight))
    return words("card.production.weights", **sides(words, rollback.plan), weight=weight, stable=stable, **labels)
