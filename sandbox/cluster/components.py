"""The command line of each part of the control plane; why a flag differs from the default stands beside it."""

from dataclasses import dataclass
from pathlib import Path

from sandbox.ports import LOOPBACK, free_port
from sandbox.toolchain.build import tool

_HERE = Path(__file__).resolve().parent
NODE = "sandbox-node"

CONTROLLERS = (
    "daemonset-controller",
    "deployment-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "namespace-controller",
    "node-lifecycle-controller",  # takes the not-ready taint off the node
    "pod-garbage-collector-controller",
    "replicaset-controller",
    "serviceaccount-controller",
    "statefulset-controller",
)


@dataclass(frozen=True)
class Ports:
    """The loopback port of each part."""

    etcd: int
    etcd_peer: int
    api: int
    controller_manager: int
    scheduler: int
    kwok: int

    @classmethod
    def free(cls) -> "Ports":
        """Six ports that nothing listens on."""
        return cls(
            etcd=free_port(),
            etcd_peer=free_port(),
            api=free_port(),
            controller_manager=free_port(),
            scheduler=free_port(),
            kwok=free_port(),
        )


def etcd(folder: Path, ports: Ports) -> list[str | Path]:
    """The store of the API server."""
    client, peer = f"http://{LOOPBACK}:{ports.etcd}", f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        tool("etcd"),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # a cluster for a demo need not outlive the machine
        "--log-level=warn",
    ]


def api_server(folder: Path, ports: Ports) -> list[str | Path]:
    """The API server: token file, RBAC, audit log."""
    key = folder / "service-account.key"
    return [
        tool("kube-apiserver"),
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={folder / 'apiserver.crt'}",
        f"--tls-private-key-file={folder / 'apiserver.key'}",
        "--endpoint-reconciler-type=none",  # it would publish a loopback address, which validation refuses
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # pods need no token here, and nothing makes one
        "--kubelet-preferred-address-types=InternalIP",
        f"--audit-policy-file={_HERE / 'audit-policy.yaml'}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-maxsize=2000",  # megabytes; a rotated log would lose effects from the count
        "--profiling=false",
    ]


def controller_manager(folder: Path, ports: Ports) -> list[str | Path]:
    """The controllers the sandbox needs and no others."""
    return [
        tool("kube-controller-manager"),
        f"--kubeconfig={folder / 'controller-manager.kubeconfig'}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.controller_manager}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--authentication-skip-lookup=true",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]


def scheduler(folder: Path, ports: Ports) -> list[str | Path]:
    """The scheduler."""
    return [
        tool("kube-scheduler"),
        f"--kubeconfig={folder / 'scheduler.kubeconfig'}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.scheduler}",
        "--authentication-skip-lookup=true",
        "--leader-elect=false",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--profiling=false",
    ]


def kwok(folder: Path, ports: Ports) -> list[str | Path]:
    """The kubelet's part: pods and their states come from our own stages; exec runs on this machine."""
    return [
        tool("kwok"),
        f"--kubeconfig={folder / 'kwok.kubeconfig'}",
        f"--config={folder / 'kwok.yaml'}",
        "--enable-crds=Exec,Logs",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        "--node-lease-duration-seconds=40",  # without a lease every pod turns NotReady after 50 s
        "--cidr=10.0.0.0/16",
        f"--node-ip={LOOPBACK}",
        f"--node-port={ports.kwok}",
        f"--server-address={LOOPBACK}:{ports.kwok}",  # its exec runs on this machine: nobody else may reach it
    ]
