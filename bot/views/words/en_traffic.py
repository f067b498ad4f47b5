"""English: routes that are moved or switched, gateways, and KEDA."""

WORDS: dict[str, str] = {
    "scaler.HorizontalPodAutoscaler": "HPA {name}",
    "scaler.ScaledObject": "ScaledObject {name}",
    "step.set_weight.plan.switch": "{Bad} weight {from} → {to}, {switch} to {good}; hold {hold}; {check}",
    "step.set_weight.plan.switch_only": "Route {switch} from {bad} to {good}; hold {hold}; {check}",
    "step.retire.done.paused": "Deployment {deployment} deleted, {pods} gone; ScaledObject {paused} stays, paused at 0",
    "step.retire.done.kept.paused": (
        "Deployment {deployment} at 0 pods, {pods} gone; kept, and ScaledObject {paused} paused at 0"
    ),
    "change.several-routes": "routes moved together, each only downwards: {routes}",
    "change.several-routes-back": "routes moved together, each only upwards: {routes}",
    "change.match-routes": "route {routes} sends all that it matches to the canary; with weight 0 it goes to stable",
    "risk.keda-idle": "ScaledObject {name} keeps {idle} pods while its triggers are quiet, whatever its minimum",
    "risk.keda-stays-paused": (
        "ScaledObject {name} stays paused at 0: take its annotation `autoscaling.keda.sh/paused-replicas` off before "
        "{deployment} is deployed again"
    ),
    "risk.ambient-unknown": "I may not read namespace {namespace}: in an ambient mesh {kind} {name} would be ignored",
    "cause.several-routes": "its routes carry different shares",
    "refusal.routing.virtual_service": "VirtualService {name}",
    "refusal.routing.http_route": "HTTPRoute {name}",
    "refusal.routing.grpc_route": "GRPCRoute {name}",
    "refusal.routing.tls_route": "TLSRoute {name}",
    "refusal.routing.tcp_route": "TCPRoute {name}",
    "refusal.routing.udp_route": "UDPRoute {name}",
    "refusal.no-route.subsets": "to {host} with both subsets",
    "refusal.no-route.backends": "with both Services as backends",
    "refusal.no-route.title.ambient": "the mesh of {service} ignores its {kind}",
    "refusal.no-route.happened.ambient": (
        "{routing} does nothing: the mesh is ambient, and neither namespace {namespace} nor the Service has a waypoint."
    ),
    "refusal.no-route.next.ambient": (
        "Label the Service with `istio.io/use-waypoint`, or split with a gateway's HTTPRoute (`canary.http_route`)"
    ),
    "refusal.route-shared.title.tcp": "{service} gets TCP on the canary",
    "refusal.route-shared.happened.tcp": "{routing} sends TCP there (route {route}), which I do not move.",
    "refusal.route-shared.next.tcp": "Point that TCP route at stable yourself, then Plan again",
    "refusal.route-shared.title.tls": "{service} gets TLS on the canary",
    "refusal.route-shared.happened.tls": "{routing} passes TLS through to it (route {route}), which I do not move.",
    "refusal.route-shared.next.tls": "Point that TLS route at stable yourself, then Plan again",
    "refusal.route-shared.title.udp": "{service} gets UDP on the canary",
    "refusal.route-shared.happened.udp": "{routing} sends UDP there (route {route}), which I do not move.",
    "refusal.route-shared.next.udp": "Point that UDP route at stable yourself, then Plan again",
    "refusal.route-shared.title.grpc": "{service} gets gRPC on the canary",
    "refusal.route-shared.happened.grpc": (
        "{routing}, route {route}, leads to the canary too: {how}. I do not move gRPC routes."
    ),
    "refusal.route-shared.next.grpc": "Point that gRPC route at stable yourself, then Plan again",
    "refusal.route-shared.title.backend": "the two Services of {service} are not apart",
    "refusal.route-shared.happened.backend": "Service {name}, stable's backend, selects the canary's pods too.",
    "refusal.route-shared.next.backend": "Give its selector a label that only stable's pods have, then Plan again",
    "refusal.paused.title.scaled-object": "the ScaledObject of {service} is paused",
    "refusal.paused.happened.scaled-object": "ScaledObject {scaled_object} is paused: KEDA would bring no more pods.",
    "refusal.paused.next.scaled-object": (
        "Take its annotations `autoscaling.keda.sh/paused` and `paused-replicas` off, then Plan again"
    ),
    "put_back.keda": (
        '`kubectl -n {namespace} patch scaledobject {name} --type=merge -p \'{{"spec":{{"minReplicaCount":{was}}}}}\'`'
    ),
    "commands.gateway_kinds": "Which kinds of the Gateway API the server knows; in a cluster without any, none:",
    "commands.no_route.service": "Go on only if no line names Service {name} with a weight above 0:",
    "commands.switched": "Go on only if this says {to}:",
}
