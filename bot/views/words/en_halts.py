"""English: why a rollback halted, for every code that the runner and the steps give."""

WORDS: dict[str, str] = {
    "halt.check-failed": "A check failed",
    "halt.unproven": "Not deleting what I cannot prove unused: a check before this step is unknown",
    "halt.unproven.found": "Not deleting what I cannot prove unused. {found}",
    "halt.missing-right": "I may not {verb} {resource} in {namespace} (403). Add the verb to my Role, then Retry",
    "halt.object-gone": "{what} is gone: somebody deleted it meanwhile",
    "halt.ambiguous": "A write was sent and its answer is not known, even after reading again. Look, then Retry",
    "halt.ambiguous-once": (
        "I was about to do what cannot be done twice, and it is not known whether it was done. I do not repeat it. "
        "Look whether it was; Retry only when it was not"
    ),
    "halt.moved": "Production is no longer as planned: {moved}",
    "halt.replica-failure": "{Good} got {available} of {to} pods: {message}",
    "halt.progress-deadline": "{Good} got {available} of {to} pods and its rollout stands still: {message}",
    "halt.not-as-written": "The weight read back is {canary}, {wanted} was written: something changed it at once",
    "halt.cannot-prove-drained": (
        "Not deleting what I cannot prove unused: requests to {the_bad} are unknown ({cause})"
    ),
    "halt.still-requests": "{requests} requests still reached {the_bad} in {window_s}, though its weight is 0",
    "halt.scaled-back": "{The_bad} was scaled up again to {replicas} pods while it was being taken away",
    "halt.rejected": "The API server refused the change: {what}",
    "halt.deadline": "The step did not arrive within {deadline_s}",
    "halt.archive-unwritable": (
        "Nothing is deleted before its record stands outside Redis, and the archive does not take it: {what} "
        "Mend the archive, then Retry"
    ),
    "halt.workers-died": (
        "{times} workers in a row went away in the middle of this step. Look at the workers' log and memory, then Retry"
    ),
    "halt.unforeseen": "An error nobody foresaw came again and again: {what}",
    "halt.fenced": "Somebody newer carries the fence of this object: {what}",
    "halt.store-accepted": (
        "My records were lost or restored and then accepted by an operator: more may have been done than they say. "
        "Look at production before anything goes on"
    ),
    "halt.other": "The step stopped with {code}",
    "halt.consequence.stable_not_worse": "Going on would send it everything.",
    "halt.consequence.p95": "Going on would send it everything.",
    "halt.consequence.pods_ready": "Going on would send it more than it can take.",
    "halt.consequence.seen_share": "Going on would delete what may still serve.",
}
