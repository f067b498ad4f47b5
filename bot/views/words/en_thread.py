"""English: the thread's lines (UX.md, section 3) and the calls (section 1, principle 5)."""

WORDS: dict[str, str] = {
    "line": "{clock} {text}",
    "line.first": "{clock} UTC {text}",
    "line.requested": "{who} asked for {place}. Reason: {reason}",
    "line.requested.no_reason": "{who} asked for {place}. No reason given",
    "line.requested.again": " (again, instead of {id})",
    "line.waiting": "Waiting for {system} since {since}. Nothing is changed",
    "line.waiting.unnamed": "Waiting for an answer since {since}. Nothing is changed",
    "line.planned": (
        "Planned in {took}: {from_version} → {to_version}, {weights}{steps}, about {estimate}. Plan {digest}"
    ),
    "line.planned.weights": "{bad} {was} → {to}, ",
    "line.refused": "⛔ Refused: {title}. Nothing was changed",
    "line.approved": "{who} approved plan {digest} ({have} of {need})",
    "line.rejected": "✖ Rejected by {who}. Nothing was changed",
    "line.rejected.why": "✖ Rejected by {who}: {why}. Nothing was changed",
    "line.expired": "⌛ Expired with {have} of {need} approvals. Nothing was changed. Approvals do not carry over",
    "line.expired.unplanned": "⌛ Expired before there was a plan. Nothing was changed",
    "line.expired.lost": "⌛ Expired: my records were lost. By what is left it had not started; look at production",
    "line.superseded": "🔁 Superseded: {moved}. I changed nothing{successor}",
    "line.superseded.successor": ". New plan: {id}",
    "line.superseded.restless": (
        ". That was plan {n} in a row that something moved under: I make no new one. Stop what keeps changing it, "
        "then ask again"
    ),
    "line.started.2": "Checked again: cluster as planned, both approvers still in the group. Started",
    "line.started.1": "Checked again: cluster as planned, the approver still in the group. Started",
    "line.started": "Checked again: cluster as planned, all {n} approvers still in the group. Started",
    "line.started.terminal.1": "Checked again: cluster as planned, the approver still counts. Started",
    "line.started.terminal.2": "Checked again: cluster as planned, both approvers still count. Started",
    "line.started.terminal": "Checked again: cluster as planned, all {n} approvers still count. Started",
    "line.applied.set_weight": "▶ {step}/{of} {Bad} weight {from} → {to}, {good} {stable}, read back. Holding {hold}",
    "line.applied.set_weight.already": "▶ {step}/{of} {Bad} weight {to}: already so. Holding {hold}",
    "line.done": "{mark} {step}/{of} {text}{took}",
    "line.done.took": ", {took}",
    "line.done.on": ". Going on, unverified",
    "line.halted.why": "{mark} {step}/{of} {why}",
    "line.halted": "⏸ HALTED at {step}/{of}. {state}. {choices} on the card",
    "line.halted.before": "⏸ HALTED before {step}/{of}. {state}. {choices} on the card",
    "line.halted.weights": "{Bad} {canary}, {good} {stable}",
    "line.halted.all": "All traffic is on {version}",
    "line.halted.pods": "{ready} of {pods} pods Available",
    "line.choices.skip": "Retry, skip or abort",
    "line.choices": "Retry or abort",
    "line.retried": "{who} pressed Retry step {step}",
    "line.skipped": "↷ {step}/{of} {who} skipped the check. Going on",
    "line.abort_asked": "{who} pressed Abort. Step {step} is finished first",
    "line.abort_asked.idle": "{who} pressed Abort. No step was under way",
    "line.aborted": "⏹ Aborted at {step}/{of}. Left half done: {left}",
    "line.aborted.finish": "To finish: /rollback {strategy} {service}",
    "line.aborted.clean": "⏹ Aborted{by}. Nothing was changed",
    "line.aborted.by": " by {who}",
    "line.left.weight": "{bad} {weight} on {version} (was {was})",
    "line.left.pods": "{good} {pods} (was {was})",
    "line.left.hpa": "{scaler} {bound} {now} (was {was})",
    "line.left.deleted": "{deployment} deleted",
    "line.succeeded": "✅ Succeeded, {took} (budget {budget}). Error rate {before} → {after}{watching}",
    "line.watching": ". Watching until {until}",
    "line.unverified": "? Done, not verified, {took}: {what} unknown. A person should look{watching}",
    "line.failed": "❌ Failed at {step}/{of}: {failed} of {checks} checks failed. A person is needed",
    "line.unanswered": "❌ Failed at {step}/{of}: nobody answered for {hours} h. Left half done: {left}",
    "line.taken_over": "Another worker took over at {step}/{of}. It reads before it writes",
    "line.taken_over.early": "Another worker took over",
    "line.reminded": "⏸ Halted for {minutes} min. {traffic}. The approver group was called",
    "line.recovered": "Recovered: error rate under {limit} since {at}",
    "line.normalised": "✓ Normalised: error rate at most {error}, p95 at most {p95} for {took}",
    "line.not_normalised": (
        "✕ Not normalised: error rate up to {error}, p95 up to {p95} within {took}. A person should look"
    ),
    "line.not_normalised.unknown": (
        "? Not known whether it is normalised: Prometheus did not answer. A person should look"
    ),
    "line.annotated.cause": "{who} wrote the root cause",
    "line.annotated.lesson": "{who} added a lesson",
    "line.annotated.action": "{who} added an action",
    "line.annotated.done": "{who} ticked an action as done",
    "line.annotated.open": "{who} opened an action again",
    "line.annotated.other": "{who} added to the report",
    "line.reported": "Report: {link}",
    "line.reported.left": "Report: {link}. It begins with what is left half done",
    "line.reported.broken": "Report: {link}. It begins with what is still broken",
    "call.approval": (
        "{mention} Approval needed ({have} of {need}) until {until} UTC: {service} {strategy} "
        "{from_version} → {to_version}, error rate {rate}. Card: {link}"
    ),
    "call.halted": "{mention} HALTED at {step} of {of}: {service}, {traffic}. {choices}: {link}",
    "call.halted.before": "{mention} HALTED before {step} of {of}: {service}, {traffic}. {choices}: {link}",
    "call.halted.traffic": "{weight} of traffic still on {version}",
    "call.halted.traffic.none": "all traffic on {version}",
    "call.halted-group": (
        "{mention} Still HALTED at {step} of {of} after 10 min: {service}, {traffic}. {choices}: {link}"
    ),
    "call.rejected": "{mention} Rejected by {who}: {place}. Nothing was changed. Card: {link}",
    "call.expired": "{mention} Expired with {have} of {need} approvals: {place}. Nothing was changed. Card: {link}",
    "call.expired.unplanned": "{mention} Expired before there was a plan: {place}. Nothing was changed. Card: {link}",
    "call.expired.lost": (
        "{mention} Expired because my records were lost: {place}. By what is left of them it had not started. Look at "
        "production before asking anew. Card: {link}"
    ),
    "call.superseded": (
        "{mention} Superseded: {what} changed after the plan for {service}. I changed nothing. "
        "A new plan needs new approvals. Card: {link}"
    ),
    "outcome.approved": "Approved {have} of {need} at {at} UTC. Card: {link}",
    "outcome.rejected": "Rejected by {who} at {at} UTC. Nothing was changed. Card: {link}",
    "outcome.expired.lost": "Expired at {at} UTC because my records were lost. Look at production. Card: {link}",
    "outcome.expired": "Expired with {have} of {need} approvals at {at} UTC. Nothing was changed. Card: {link}",
    "outcome.superseded": "Superseded at {at} UTC. Nothing was changed. Card: {link}",
    "outcome.withdrawn": "Withdrawn at {at} UTC. Nothing was changed. Card: {link}",
    "outcome.resumed": "Going on after the halt. Card: {link}",
    "outcome.halted_again": "Halted again since. Card: {link}",
    "outcome.aborted": "Aborted at {at} UTC. Card: {link}",
    "outcome.ended": "Ended at {at} UTC: {state}. Card: {link}",
}
