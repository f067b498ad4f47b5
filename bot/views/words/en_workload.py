"""English: a workload whose pods are replaced, as undo, env and config do it."""

WORDS: dict[str, str] = {
    "workload.change": "{kind} {name}, {pods}",
    "workload.ready": "{ready} of {pods} pods ready",
    "workload.first": "First change: the pod template of {name}; Kubernetes then replaces its pods.",
    "workload.planned": "{kind} {name}, {pods}, ",
    "workload.progress": "*{updated} of {pods}* pods on {to_version}, {available} Available",
    "workload.progress.before": "all pods still on {from_version}",
    "workload.progress_text": " {updated} of {pods} pods on {to_version}.",
    "workload.progress_text.before": "",
    "workload.state": "{updated} of {pods} pods on {to_version}, {available} Available",
    "workload.state.before": "pods still on {from_version}, {available} of {pods} Available",
    "workload.standing": "{updated} of {pods} pods on {to_version}",
    "workload.standing.before": "all pods still on {from_version}",
    "workload.abort": "the template of {to_version} stays, and Kubernetes goes on rolling it out",
    "workload.abort.before": "all pods stay on {from_version}",
    "workload.left": (
        "{kind} {name} has the template of {to_version}; {updated} of {pods} pods run it, "
        "and Kubernetes goes on rolling it out"
    ),
    "workload.left.before": "all pods still on {from_version}",
    "card.changes": "*Changes* {changes}",
}
