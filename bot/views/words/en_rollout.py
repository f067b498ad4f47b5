"""English: what lies before a rollout, and what is said of one that takes long or cannot go on."""

WORDS: dict[str, str] = {
    "rollout.over_budget": "*over the budget of {budget}*",
    "rollout.late.one": "1 pod long not Ready: {names}{why}",
    "rollout.late.other": "{n} pods long not Ready: {names}{why}",
    "rollout.late.why": " ({why})",
    "rollout.deleted.one": "; stuck pod {names} deleted",
    "rollout.deleted.other": "; stuck pods {names} deleted",
    "line.over_budget": "▶ {step}/{of} Over the budget of {budget}: {updated} of {pods} pods on {version}{late}",
    "line.over_budget.late": ". {late}",
    "halt.rollout-no-pods": (
        "No more pods can be made: {message}. {updated} of {of} pods on the new template, {available} Available"
    ),
    "halt.rollout-stands-still": (
        "{updated} of {of} pods on the new template, {available} Available, no progress: {message}"
    ),
    "halt.pods-failing": "Pods do not start: {reason} in container {container} of {names}. {message}",
    "halt.template-changed": "Somebody gave {kind} {name} another pod template while it was rolled out",
    "risk.pods-away": "up to {away} of {count} pods are away at a time: none is made before one goes",
    "risk.quota-tight": (
        "quota {quota} leaves room for {fits} of {extra} extra pods ({resource}: {used} of {hard}): it takes longer"
    ),
    "risk.quota-used-up": (
        "quota {quota} leaves no room for an extra pod ({resource}: {used} of {hard}): pods come only as others go"
    ),
    "risk.quota-unknown": "I may not read quotas: whether there is room is not known",
    "risk.dry-run-unknown": "whether the API server takes it is not known: {said}",
    "risk.references-unknown": "I did not see whether these are there: {names}",
    "refusal.quota-full.title": "quota {quota} leaves no room to roll out {service}",
    "refusal.quota-full.happened": (
        "ResourceQuota {quota} has {used} of {hard} {resource} used; one more pod needs {need}, and none may go first."
    ),
    "refusal.quota-full.next": "Raise the quota or free some of it, then Plan again",
    "refusal.would-be-refused.title": "the API server would refuse this change of {service}",
    "refusal.would-be-refused.happened": "Asked without effect, the API server said: {said}.",
    "refusal.would-be-refused.next": "Mend what it names, then Plan again",
    "refusal.reference-gone.title": "{kind} {name} is gone, and {service} would need it",
    "refusal.reference-gone.title.key": "{kind} {name} has no key {missing}, and {service} would need it",
    "refusal.reference-gone.happened": (
        "The template to go back to names {gone_said}, which is not there: its pods would not start."
    ),
    "refusal.reference-gone.happened.key": (
        "The template to go back to names {gone_said}, a key that is not there: its pods would not start."
    ),
    "refusal.reference-gone.next": "Put it back, or name another revision with `to=`, then Plan again",
    "refusal.no-rollout.happened.partition": (
        "{kind} {name} has partition {partition}: pods below it would keep what they run."
    ),
    "refusal.no-rollout.next.partition": "Set the partition to 0, then Plan again",
}
