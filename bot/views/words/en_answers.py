"""English: answers that only the asker sees, help, and the modals."""

WORDS: dict[str, str] = {
    "answer.code": "code {code}",
    "answer.asked": "{id}: planning the {place}. Nothing is changed. The card follows in the channel of {service}",
    "answer.reading": "Reading {service}; the plan comes to you alone. Nothing is changed",
    "answer.aborting": "{id}: abort asked. It stops before its next step; a step under way is finished first",
    "answer.aborted": "{id} is over. Nothing was changed",
    "answer.report": "Report of {id}: {link}",
    "answer.report.none": "{id} has no report: {state}. Its card is the last word",
    "answer.report.soon": (
        "The report of {id} is not posted yet. Send this again in some seconds: `/rollback report {id}`"
    ),
    "answer.status.none": "Nothing is running. Nothing waits for you.",
    "answer.status.title": "{n} rollbacks, newest first of those that are open",
    "answer.status.row": "*{id}* {headline}\nAsked by {who} {at}",
    "answer.status.more": "{n} more: `/rollback status SERVICE`",
    "answer.status.text": "{id}: {headline}",
    "preview.headline": "Plan, nothing asked yet: {place} to {to_version}",
    "preview.text": (
        "Plan for {service} {strategy} {from_version} → {to_version}: {steps}, about {estimate}. Nothing was changed."
    ),
    "preview.small": "Dry run: nothing is stored and nothing was changed · `plan {digest}`",
    "preview.approval": "It would need {need} approvals from {group}",
    "help.title": (
        "*Roll a service back, safely.* Nothing is changed until the plan on the card is approved by enough people."
    ),
    "help.most": "*Most used here* {commands}",
    "help.back": "*Ways back* (each with `[reason=…] [break-glass=yes]`)\n{ways}",
    "help.way.canary": "`/rollback canary SERVICE [fast=yes]` takes a canary back to stable",
    "help.way.blue-green": "`/rollback blue-green SERVICE [to=VERSION]` takes traffic back to the other colour",
    "help.way.kubernetes": (
        "`/rollback kubernetes SERVICE [to=VERSION|REVISION|IMAGE]` goes to the last good revision, or a named one"
    ),
    "help.way.env": "`/rollback env SERVICE [to=NAME=VALUE]` puts the catalog's environment variables back",
    "help.way.config": "`/rollback config SERVICE to=TIMESTAMP` restores ConfigMap and Secret from a backup",
    "help.way.undo-rollback": "`/rollback undo-rollback ID [reason=…]` takes a rollback back",
    "help.look": (
        "*Look*\n`/rollback plan canary SERVICE` the plan, only for you\n"
        "`/rollback status [SERVICE|ID]` what runs and what waits\n"
        "`/rollback history [SERVICE] [for=30d]` what was rolled back\n"
        "`/rollback report ID|SERVICE` where the report is"
    ),
    "help.stop": (
        "*Stop*\n`/rollback abort ID|SERVICE` stops before the next step; what is done stays as it is\n"
        "`/rollback lock SERVICE reason=… [for=2h]` refuses new ones · `/rollback unlock SERVICE`"
    ),
    "help.more": "`/rollback help COMMAND` says more. In a thread, mention me: `@rollback status`",
    "help.services": "Services: {services}",
    "help.text": "Roll a service back, safely. Send /rollback help COMMAND for more",
    "help.you": "*You*: {you}",
    "help.you.may_ask": "may ask",
    "help.you.may_not_ask": "may not ask: only full members of this workspace may",
    "help.you.approves": "may approve {services}",
    "help.of.canary": (
        "*`/rollback canary SERVICE`* takes a canary back to what stable runs\n"
        "1 brings stable to the pods it needs and waits until they are Available\n"
        "2 lowers the canary's weight step by step, holds at each, and checks that stable does not get worse\n"
        "3 waits until no request reaches the canary, scales it to 0 and deletes its Deployment\n"
        "4 validates: 5 checks\n"
        "It starts when enough people have approved the plan on the card; any approver may stop it.\n"
        "*Options* `fast=yes` goes to weight 0 at once · `to=VERSION` is refused unless stable runs it · "
        "`reason=` data, security, critical, performance, logic, or your own words · "
        "`break-glass=yes` where the catalog offers it: with your own reason, one approver of a separate role is "
        "enough, a lock does not stop it, and it is reviewed afterwards\n"
        '*Example* `/rollback canary {service} reason="error spike on canary"` · usually 3 to 5 min'
    ),
    "help.of.blue-green": (
        "*`/rollback blue-green SERVICE`* takes traffic back to the other colour, told by labels and live endpoints\n"
        "1 brings that side to the pods it needs and waits until they are Available\n"
        "2 has the Service select both sides, moves the mesh's route, waits for the proxies, selects that side alone\n"
        "3 asks the version address until it answers the right version, and sees traffic there\n"
        "4 waits until no request reaches the other side, scales it to 0 and deletes its Deployment\n"
        "5 validates: 5 checks\n"
        "*Options* `to=VERSION` when there are more than two sides · `reason=` · `break-glass=yes`\n"
        '*Example* `/rollback blue-green {service} reason="error spike"` · usually 1 to 2 min'
    ),
    "help.of.kubernetes": (
        "*`/rollback kubernetes SERVICE`* (or `undo`) puts an earlier pod template back, and nothing else\n"
        "1 writes the template of the last revision that was healthy, or of the one you name; follows the rollout\n"
        "2 asks each pod for its health\n"
        "3 validates: 5 checks\n"
        "A second one does not go forward again: that is `/rollback undo-rollback ID`.\n"
        "*Options* `to=VERSION`, `to=REVISION` or `to=IMAGE` · `reason=` · `break-glass=yes`\n"
        "*Example* `/rollback kubernetes {service} to=v2.0.5` · usually under 1 min"
    ),
    "help.of.env": (
        "*`/rollback env SERVICE`* puts the catalog's environment variables back on the service's container\n"
        "What the template takes from a ConfigMap or a Secret stays as it is. The rollout is followed, each pod is "
        "asked for its health, then 5 checks.\n"
        "*Options* `to=NAME=VALUE` where the catalog allows it · `reason=` · `break-glass=yes`\n"
        "*Example* `/rollback env {service}` · usually under 1 min"
    ),
    "help.of.config": (
        "*`/rollback config SERVICE to=TIMESTAMP`* restores ConfigMap and Secret from the backup of that time\n"
        "Keys that were added since disappear. The pods are restarted, the rollout is followed, then 5 checks.\n"
        "*Options* `to=TIMESTAMP`, always · `reason=` · `break-glass=yes`\n"
        "*Example* `/rollback config {service} to=20261120-0300` · usually under 1 min"
    ),
    "help.of.undo-rollback": (
        "*`/rollback undo-rollback ID`* takes a rollback back: it goes to what that rollback had left, with a plan and "
        "approvals of its own. What was deleted cannot be taken back.\n"
        "*Options* `reason=`\n*Example* `/rollback undo-rollback rb-1042`"
    ),
    "help.of.plan": (
        "*`/rollback plan STRATEGY SERVICE`* is the dry run: it reads production and shows you the plan. "
        "Nothing is stored and nothing is changed.\n*Example* `/rollback plan canary {service}`"
    ),
    "help.of.status": (
        "*`/rollback status [SERVICE|ID]`* shows what runs, what waits and what ended lately.\n"
        "*Example* `/rollback status {service}`"
    ),
    "help.of.abort": (
        "*`/rollback abort ID|SERVICE`* stops before the next step; a step under way is finished first. "
        "Nothing is taken back. With two running for one service, both ids are named and none is stopped.\n"
        "*Example* `/rollback abort {service}`"
    ),
    "help.of.report": (
        "*`/rollback report ID|SERVICE`* says where the report is.\n*Example* `/rollback report {service}`"
    ),
    "help.of.help": "*`/rollback help [COMMAND]`* says what a command does.\n*Example* `/rollback help canary`",
    "modal.why.reject.title": "Reject {id}",
    "modal.why.reject.submit": "Reject",
    "modal.why.cancel.title": "Cancel {id}",
    "modal.why.cancel.submit": "Cancel the request",
    "modal.why.withdraw.title": "Withdraw {id}",
    "modal.why.withdraw.submit": "Withdraw",
    "modal.why.label": "Why",
    "modal.why.hint": "Everybody in the channel reads it",
    "modal.why.about": "This ends the {place}. Nothing was changed, and nothing will be by this plan.",
    "modal.close": "Back",
    "modal.save": "Save",
    "modal.cause.title": "Add root cause",
    "modal.cause.label": "Cause",
    "modal.cause.hint": "What made it happen; the report keeps your name and the time",
    "modal.newer": "{who} wrote meanwhile: {text}",
    "modal.lesson.title": "Add lesson or action",
    "modal.lesson.about": "Fill in a lesson, an action, or both. The report keeps your name and the date.",
    "modal.lesson.label": "Lesson",
    "modal.action.label": "Action",
    "modal.owner.label": "Owner of the action",
    "modal.due.label": "Due",
    "modal.ticket.label": "Ticket",
    "modal.details.title": "All details {id}",
    "modal.details.close": "Close",
    "details.plan": "*{id}* plan `{digest}` · catalog entry `{entry}` · targets {targets}",
    "details.people": "*Asked by* {who} {at}: {reason}",
    "details.approvers": "*Approved by* {who}",
    "details.approvers.none": "*Approved by* nobody yet",
    "details.group": "*{group}* {members}{requester}",
    "details.group.requester": "; {who} asked and does not count",
    "details.group.unread": "*{group}* could not be read: nobody counts until it can",
    "details.step": "*{mark} {n} {title}*",
    "details.params": "```{params}```",
    "details.seen": "Seen: {seen}",
    "details.check": "{mark} {finding}",
    "details.query": "`{query}` gave {value}, limit {limit}, window {window}",
    "details.mark.pass": "✓",
    "details.mark.fail": "✕",
    "details.mark.unknown": "?",
    "details.binding": "*Rests on* (approvals lapse when one of these moves)",
    "details.more": "{n} more are left out here: the modal is full",
}
