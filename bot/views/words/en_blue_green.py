"""English: traffic that is switched from one colour to the other."""

WORDS: dict[str, str] = {
    "strategy.blue-green": "blue-green",
    "step.select.what.both": "{service_name} selects both {bad} and {good}",
    "step.select.what.good": "{service_name} selects {good} alone",
    "step.select.what.all": "{service_name} selects {good} instead of {bad}",
    "step.select.plan": "Service {what}; wait until its endpoints are all of these pods",
    "step.select.now": "Service {what}: waiting for its endpoints",
    "step.select.done": "Service {what}, {endpoints} endpoints",
    "step.select.already": "Service {what}: already so, {endpoints} endpoints",
    "step.select.failed": "Service {what}: its endpoints are not there",
    "step.select.refused": "Service {what}: not set",
    "step.switch_route.plan": (
        "Route {virtual_service} from {bad} to {good}; wait {hold} until every proxy has heard of it"
    ),
    "step.switch_route.now": "Route {virtual_service} from {bad} to {good}: being set",
    "step.switch_route.holding": "Route {virtual_service} to {good}: waiting {hold} for the proxies",
    "step.switch_route.done": "Route {virtual_service} leads to {good}, {bad} 100 → 0 %",
    "step.switch_route.already": "Route {virtual_service} leads to {good}: already so",
    "step.switch_route.failed": "Route {virtual_service} to {good}: {finding}",
    "step.switch_route.refused": "Route {virtual_service}: not set",
    "step.see_version.plan": (
        "Ask the version {times} times running until it is {version}; {hold} later see traffic on {good}"
    ),
    "step.see_version.now": "Version: {running} of {times} answers running were {version}",
    "step.see_version.holding": (
        "Version {version} answered {times} times running; watching {hold} for traffic on {good}"
    ),
    "step.see_version.done": "Version {version} answered {times} times running; {finding}",
    "step.see_version.failed": "Version {version}: {finding}",
    "step.retire.plan.kept": "Scale {deployment} {pods} → 0 and keep it; wait until no pod is left",
    "step.retire.done.kept": "Deployment {deployment} at 0 pods, {pods} gone; it is kept",
    "check.short.route_held.pass": "as set",
    "check.short.route_held.fail": "the route moved back",
    "check.route_held.pass": "The routes are as set",
    "check.route_held.fail": "The routes are no longer as set: somebody or something changed them",
    "check.short.traffic_arrived.pass": "{requests} requests on {side}",
    "check.short.traffic_arrived.fail": "no requests on {side}",
    "check.short.traffic_arrived.unknown": "traffic on {side} unknown",
    "check.traffic_arrived.pass": "{requests} requests arrived at {side} in {window_s}",
    "check.traffic_arrived.fail": "No request arrived at {side} in {window_s}, though all traffic leads there",
    "check.traffic_arrived.unknown": "Requests at {side} unknown ({cause})",
    "halt.other-version": "{url} answers {seen}, not {version}",
    "risk.outside-mesh": "clients outside the mesh see both versions for about {seconds_s}",
    "card.holding.proxies": "the route",
    "card.holding.arrived": "the traffic",
    "refusal.no-side.title": "{service} has no other side to go back to",
    "refusal.no-side.happened.selector": (
        "The selector of Service {name} names no side: it needs `{label}` and one label more."
    ),
    "refusal.no-side.next.selector": "Check `blue_green.label` in the catalog, or the Service",
    "refusal.no-side.happened.nothing": "No Deployment's pods have {label}={value}, which Service {name} selects.",
    "refusal.no-side.next.nothing": "Look at who serves: `kubectl get endpointslices`. Then Plan again",
    "refusal.no-side.happened.other": (
        "Service {name} has no second Deployment with another `{label}`: nothing to go back to."
    ),
    "refusal.no-side.next.other": "Deploy the good version beside it, then Plan again",
    "refusal.no-side.happened.version": "No other side of Service {name} runs {asked_code}.",
    "refusal.no-side.next.version": "Leave `to=` out to go to the other side, whatever it runs",
    "refusal.no-side.happened.endpoints": (
        "Service {name} selects {value}, but other pods stand behind it: somebody is switching it now."
    ),
    "refusal.no-side.next.endpoints": "Wait until its endpoints are settled, then Plan again",
    "refusal.no-side.happened": "Service {name} has no second side.",
    "refusal.no-side.next": "Plan again once there is one",
    "refusal.many-sides.title": "{service} has more than two sides",
    "refusal.many-sides.happened": "Several Deployments could be meant behind Service {name}: {sides}.",
    "refusal.many-sides.next": "Name the version to go back to with `to=`, or delete the others",
    "refusal.no-subset.title": "no subset of the mesh takes the pods of {name}",
    "refusal.no-subset.happened": "No DestinationRule of {host} has a subset with the `{label}` of {name}.",
    "refusal.no-subset.next": "Add the subset, or take virtual_service and host out of the catalog",
    "commands.selected": "Go on only if every ready pod is among these endpoints:",
    "commands.answers": "Go on only if each answer names {version}:",
}
