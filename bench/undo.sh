#!/bin/sh
# REQUIREMENTS.md R1 by hand: what somebody types who knows the commands, without the time to think or to read.
# usage: undo.sh STAMPS DEPLOYMENT REVISION IMAGE COMMAND...
# $KUBECTL is the program. STAMPS gets a line a phase: its name and the Unix time in seconds at its end.
set -eu
stamps=$1 deployment=$2 revision=$3 image=$4
shift 4

done_with() {
    echo "$1 $(date +%s.%N)" >>"$stamps"
}

done_with begin
"$KUBECTL" rollout history "deployment/$deployment"
done_with history
"$KUBECTL" rollout undo "deployment/$deployment" "--to-revision=$revision"
done_with undo
"$KUBECTL" rollout status "deployment/$deployment" --timeout=180s
done_with rollout
pods=$("$KUBECTL" get pods -l "app=$deployment" --no-headers | awk '$3 == "Running" { print $1 }')
live=$("$KUBECTL" get "deployment/$deployment" -o 'jsonpath={.spec.template.spec.containers[0].image}')
if [ "$live" != "$image" ]; then
    echo "$deployment has image $live, not $image" >&2
    exit 1
fi
done_with pods
for pod in $pods; do
    "$KUBECTL" exec "$pod" -- "$@"
    echo "healthy $pod"
done
done_with health
