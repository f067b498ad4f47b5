"""English: the commands that a person types when the bot cannot run the plan. It is printed after a `#`."""

WORDS: dict[str, str] = {
    "commands.title": "{place}: {from_version} → {to_version}. Plan {digest}",
    "commands.how": "Type line after line in one shell. Stop at the first that does not answer as is said above it",
    "commands.refused": (
        "A patch that is refused because a test failed means that production is no longer as it was planned. "
        "Stop there and plan again"
    ),
    "commands.context": "This must name the cluster of {service}:",
    "commands.step": "Step {n} of {of}: {title}",
    "commands.last": "Last, from step {n}: delete {deployment}. Cannot be taken back without a deploy",
    "commands.pod_health": "Go on only if this names {pods} pods or more:",
    "commands.wait": "Wait {hold}, then:",
    "commands.nothing": "Nothing to change here: it is enough already",
    "commands.available": "Go on only if this says {pods} or more. Else repeat it, for at most {limit}:",
    "commands.image": "Go on only if this says {image}:",
    "commands.weights": "Go on only if this says {stable} {canary} (stable, canary):",
    "commands.ready": "Go on only if this says {pods} or more (ready pods):",
    "commands.requests": "Go on only if value is {least} or more (requests to stable in {window}):",
    "commands.stable_errors": (
        "Go on only if value is at most {limit} (share of stable's requests that failed in {window}; "
        "{before} before). No value is no yes:"
    ),
    "commands.stable_errors.no_before": (
        "Go on only if value is at most {limit} (share of stable's requests that failed in {window}; "
        "what it was before is unknown). No value is no yes:"
    ),
    "commands.stable_p95": "Go on only if value is at most {limit} (p95 of stable in seconds). No value is no yes:",
    "commands.errors": (
        "Go on only if value is at most {limit} (share of all requests that failed in {window}). No value is no yes:"
    ),
    "commands.no_route": "Go on only if no line names subset {subset} with a weight above 0:",
    "commands.drained": "Go on only if value is 0 (requests to the canary in {window}). No value is no yes:",
    "commands.pods_gone": "Wait until its pods are gone:",
    "commands.pods_gone.unknown": "Go on only if none of these pods is of {deployment}:",
    "commands.version": "Remember the version that is deleted; a change after this line refuses the deletion:",
    "commands.empty": "Go on only if this says 0:",
    "commands.delete": "This deletes it. Only if everything above answered as is said:",
    "commands.endpoints": "Go on only if these are the pods of stable alone:",
    "commands.health": "Each line must say 200:",
    "commands.up": "Each value must be 1:",
    "commands.bounds": "Go on only if this says {low} {high} (minReplicas, maxReplicas):",
    "commands.lock_reason": "rollback by hand",
    "commands.warn.by_hand": "The bot is not running this: two people should read each line before it is typed.",
    "commands.warn.lock": (
        "Nothing stops somebody else, or the bot when its records are back, from changing the same objects: "
        "say so where your people read, and lock {service} as soon as Redis answers: {lock}"
    ),
    "commands.warn.digest": "It was planned at {at} UTC from what production looked like then. Plan again if you wait.",
}
