"""English: what is worded otherwise at a terminal, where there are no buttons; `who.<via>` is who spoke elsewhere."""

WORDS: dict[str, str] = {
    "who.terminal": "{who} (rollbackctl)",
    "terminal.asked": (
        "{id}: planning the {place}. Nothing is changed.\n"
        "Follow it: `rollbackctl tail {id} --follow`\n"
        "Approve it, each with a token of their own: `rollbackctl approve {id}`"
    ),
    "terminal.asked.break-glass": (
        "{id}: planning the {place}, with break glass. Nothing is changed.\n"
        "Follow it: `rollbackctl tail {id} --follow`\n"
        "One of its separate role approves it in Slack; no terminal can."
    ),
    "terminal.approved": "{id}: your yes to plan {digest} is counted ({have} of {need}).",
    "terminal.approved.enough": "{id}: your yes to plan {digest} is counted ({have} of {need}). It starts now.",
    "terminal.approved.follow": "Follow it: `rollbackctl tail {id} --follow`",
    "terminal.rejected": "{id}: rejected. Nothing was changed.",
    "terminal.withdrawn": "{id}: taken back. Nothing was changed.",
    "terminal.retried": "{id}: step {step} is looked at and tried again.",
    "terminal.skipped": "{id}: the check of step {step} is skipped. Your name and this choice go into the report.",
    "terminal.digest": "Digest {digest}",
    "terminal.rests": "Rests on (approvals lapse when one of these moves)",
    "terminal.not_shown": (
        "What you typed is not the head of this plan's digest. Not counted; {id} still has {have} of {need}."
    ),
    "terminal.followed": "Followed for {took}; {id} is still open. Go on: `rollbackctl tail {id} --follow`",
    "terminal.trimmed": "The first {n} events of {id} are in the archive only: `rollbackctl audit export {id}`",
    "terminal.token": "Your token; it is shown this once. Keep it as you keep a password:",
    "terminal.token.use": "Set it where you type: export ROLLBACKCTL_TOKEN=…",
    "terminal.token.catalog": "What others put into the catalog, under approval.terminal of each service it is for:",
    "terminal.no_plan": "{id} has no plan that could be approved: it {was}.",
    "terminal.unknown_step": (
        "The plan holds a step that no commands are known for: {kind}. None were printed: half a list is a trap. "
        "Nothing was changed. Show the plan without --commands, and do that step as its runbook says."
    ),
    "terminal.unread": (
        "Whether {service} is locked, and which versions are marked bad, was not read: Redis did not answer."
    ),
    "terminal.unread_production": "Production was not read: {detail}\nNothing was changed. Look whether it is up.",
    "terminal.accepted": "Accepted. Epoch {epoch}.",
    "terminal.accepted.already": "It was accepted already. Epoch {epoch}.",
    "terminal.accept.empty": "It is empty: nothing is known of rollbacks before this moment.",
    "terminal.accept.found": "It holds {n} journals of before.",
    "terminal.accept.means": (
        "Accepting means: this store is the truth from now on. What waits for approval expires; what runs is halted "
        "and waits for a person. Look at production first where the records may be older than what was done."
    ),
    "terminal.accept.ask": "Accept it?",
    "terminal.accept.no": "Nothing was accepted. The bot starts nothing until somebody does.",
    "terminal.adopted.expired": (
        "{id}: expired. By what is left of the records it had not started; look at production, then ask anew."
    ),
    "terminal.adopted.halted": "{id}: halted. A person has to look: `rollbackctl status {id}`",
    "terminal.adopted.busy": (
        "{id} stays as it is: {target} is reserved by {holder}. Once that has ended: `rollbackctl store accept`"
    ),
    "terminal.skip.ask": "Skip the check of step {step} of {id}?",
    "terminal.skip.no": "Nothing was skipped.",
    "terminal.approve.ask": "Type the first 8 characters of the digest",
    "terminal.next.too-late": "See how it stands: `rollbackctl status {id}`",
    "terminal.next.stale-button": "See how it stands: `rollbackctl status {id}`",
    "terminal.next.stale-button.not-skippable": (
        "Try the step again, or stop: `rollbackctl retry {id}`, `rollbackctl abort {id}`"
    ),
    "terminal.next.stale-button.approvals-lapsed": (
        "Stop it, then ask for the rest, which needs new approvals: `rollbackctl abort {id}`"
    ),
    "terminal.happened.stale-button": "Not done: {id} {was}, which is not what you looked at.",
    "terminal.happened.stale-button.already-asked": (
        "Not done: an abort was asked for already; {id} stops before its next step."
    ),
    "terminal.happened.stale-button.not-skippable": "Not done: what halted {id} is no check that may be skipped.",
    "terminal.happened.stale-button.approvals-lapsed": (
        "Not done: {id} has been halted for so long that its approvals lapsed."
    ),
    "terminal.happened.stale-button.not-ended": "Not done: {id} is not over.",
    "terminal.means.stale-button": "Nothing was changed by this.",
    "terminal.means.too-late": "Nothing was changed by this.",
    "terminal.happened.plan-changed": (
        "Not counted: {digest_short} is not the head of the digest of the plan that stands{moved_said}."
    ),
    "terminal.next.plan-changed": "Read the plan as it stands, then approve that: `rollbackctl approve {id}`",
    "terminal.next.not-approver": (
        "While Slack says who is in {group}, the catalog's list of terminals adds nobody; ask one of its members"
    ),
    "terminal.next.already-counted": "Saying it again changes nothing",
    "terminal.next.directory-unreadable": (
        "Who is listed under `approval.terminal` in the catalog counts without Slack, with a token of their own"
    ),
    "terminal.next.directory-unreadable.break-glass": (
        "Break glass is approved in Slack alone. Ask for it without `break-glass=yes`: those who are listed under "
        "`approval.terminal` in the catalog can approve that here"
    ),
    "refusal.not-at-terminal.happened.no-token": (
        "Not counted: ROLLBACKCTL_TOKEN is not set, so I do not know who you are."
    ),
    "refusal.not-at-terminal.happened.unknown-token": (
        "Not counted: ROLLBACKCTL_TOKEN is the token of nobody who may act for {service} at a terminal."
    ),
    "refusal.not-at-terminal.happened.workspace": (
        "Not counted: in which Slack workspace you are was never read, so I cannot say who you are."
    ),
    "refusal.not-at-terminal.next.workspace": (
        "Start the narrator once while Slack answers: it reads the workspace and keeps it"
    ),
}
