"""English: locks, deploy holds, break glass and history: refusals, answers, and what cards and reports say of them."""

WORDS: dict[str, str] = {
    "refusal.locked.title": "{service} is locked",
    "refusal.locked.happened": "{service} is locked{until_said}{by_said}{reason_said}.",
    "refusal.locked.happened.stands": "{service} was locked already{until_said}{by_said}{reason_said}.",
    "refusal.locked.happened.unreadable": "Whether {service} is locked cannot be read, so it counts as locked.",
    "refusal.locked.by": " by {by}",
    "refusal.locked.reason": ": {reason}",
    "refusal.locked.next": "Lift it: `/rollback unlock {service}`",
    "refusal.locked.next.stands": (
        "That lock stands and yours replaced nothing. Lift it first: `/rollback unlock {service}`"
    ),
    "refusal.locked.next.unreadable": "An operator looks at the records of {service} in Redis; then send it again",
    "refusal.not-locked.title": "{service} is not locked",
    "refusal.not-locked.happened": "{service} has no lock and no deploy hold.",
    "refusal.not-locked.happened.not-bad": "{version} of {service} is not marked bad.",
    "refusal.not-locked.next": "To see how it stands: `/rollback status {service}`",
    "refusal.no-reason.title": "no reason was typed",
    "refusal.no-reason.happened": "A lock of {service} needs a reason: others read it when it stops them.",
    "refusal.no-reason.happened.break-glass": (
        "Break glass needs a typed reason of at least {least} characters: it stands in the report that is reviewed."
    ),
    "refusal.no-reason.next": "Send: {send_code}",
    "refusal.no-break-glass.title": "break glass is not offered here",
    "refusal.no-break-glass.happened": "The catalog offers no break glass for {service}.",
    "refusal.no-break-glass.happened.destructive": (
        "Break glass is never offered for {strategy}: it destroys what cannot be brought back."
    ),
    "refusal.no-break-glass.next": "Ask for it with all its approvals: {send_code}",
    "refusal.not-at-terminal.title": "nobody known spoke at the terminal",
    "refusal.not-at-terminal.happened": "Not counted: {who} may not act for {service} at a terminal.",
    "refusal.not-at-terminal.next": (
        "Who may stands in the catalog under `approval.terminal`{known_said}. "
        "To be added: `rollbackctl token`, then put its line there"
    ),
    "refusal.not-at-terminal.known": " (now: {known})",
    "refusal.bad-version.title.marked": "{asked} is marked bad",
    "refusal.bad-version.happened.marked": "{asked} is marked bad by {marked_by}{marked_said}.",
    "refusal.bad-version.marked": " ({when})",
    "refusal.bad-version.rate": "error rate {rate}",
    "refusal.bad-version.next.marked": (
        "If it is good after all: `rollbackctl mark-good {service} {asked}`; then send the command again"
    ),
    "lock.set": (
        "{service} is locked{until} by {who}: {reason}. New rollbacks of it are refused, break glass aside; what runs "
        "goes on. Lift it: `/rollback unlock {service}`"
    ),
    "lock.until": " until {until} UTC",
    "lock.until_day": " until {date} {until} UTC",
    "lock.no_end": "",
    "lock.lifted.lock": "The lock of {service} is lifted: rollbacks of it may be asked for again",
    "lock.lifted.hold": "The deploy hold of {service} is released: pipelines may deploy to it again",
    "lock.lifted.both": (
        "The lock of {service} is lifted and its deploy hold released: rollbacks of it may be asked for again, and "
        "pipelines may deploy to it"
    ),
    "lock.marked_good": "{version} of {service} is no longer marked bad: it may be gone back to",
    "lock.line": "locked for new rollbacks{until} by {who}: {reason}",
    "hold.bad": "{version} marked bad",
    "hold.line": "deploy hold on {service} (advice to pipelines): `/rollback unlock {service}`",
    "standing.hold": (
        "Deploy hold on {service} since {id} brought it back to {version} ({date}). "
        "Release it: `/rollback unlock {service}`"
    ),
    "answer.status.standing": "*{service}* {stands}",
    "standing.bad": "Marked bad: {versions}",
    "break-glass.headline": "BREAK GLASS · {told}",
    "break-glass.role": "break glass: one approval from {group} is enough, and it is reviewed afterwards",
    "break-glass.review": (
        "*Review needed* Break glass was used: {who} asked ({reason}), {approver} of {group} alone approved. "
        "Somebody else reads this rollback and says whether it was right"
    ),
    "call.approval.break-glass": (
        "{mention} BREAK GLASS: approval needed (0 of {need}, from {group}) until {until} UTC: {service} {strategy} "
        "{from_version} → {to_version}, error rate {rate}. {who} asked: {reason}. Card: {link}"
    ),
    "report.action.review": "Review the use of break glass",
    "history.title": "*{rollbacks}{of}{since}*, the newest first",
    "history.of": " of {service}",
    "history.since": " since {date}",
    "history.none": "No rollback{of} was asked for{since}. To ask for one: `/rollback help`",
    "history.state": "*{id}* {state}",
    "history.what": "{service} {strategy}{moved}",
    "history.versions": " {from_version} → {to_version}",
    "history.asked": "{who} {date} {minute} UTC",
    "history.break_glass": "break glass",
    "history.report": "Report",
    "history.revisions": "*What it has run*, the newest first",
    "history.revision": "`{number}` {version} {worth}",
    "history.revision.now": "`{number}` *{version}* {worth}, runs now",
    "history.revision.since": "since {date} {minute} UTC",
    "history.revisions.more": "{n} older ones",
    "worth.bad": "bad, left by {id}",
    "worth.good": "good",
    "worth.unproven": "not long enough to be called good",
    "worth.never-available": "never had all its pods Available",
    "worth.unknown": "older than my records",
    "history.more": "{n} more: narrow it with a service or `for=7d`",
    "help.of.lock": (
        '*`/rollback lock SERVICE reason="…" [for=2h]`* refuses new rollbacks of a service, for so long (`for=` takes '
        "m, h, d) or until somebody lifts it. What runs goes on, and break glass passes. Locking again changes your "
        'own lock; somebody else\'s stands.\n*Example* `/rollback lock {service} reason="database move" for=2h`'
    ),
    "help.of.unlock": (
        "*`/rollback unlock SERVICE`* lifts its lock and its deploy hold; versions marked bad stay so.\n"
        "*Example* `/rollback unlock {service}`"
    ),
    "help.of.history": (
        "*`/rollback history [SERVICE] [for=30d]`* lists what was rolled back, the newest first, at most 20.\n"
        "*Example* `/rollback history {service} for=30d`"
    ),
}
