"""Tells kwok, pod by pod, how a command that runs in the pod reaches the pod's own listener."""

import sys
from collections.abc import Callable, Mapping
from threading import Event

import requests

from sandbox.game.api import Api
from sandbox.game.world import Pod, World

GROUP, KIND = "kwok.x-k8s.io/v1alpha1", "Exec"
INTERVAL_S = 0.05
CREATED, NOT_FOUND, CONFLICT = 201, 404, 409


def exec_object(pod: Pod, *, namespace: str, proxy_url: str) -> dict[str, object]:
    """The Exec object of a pod for kwok: run commands on this host, with the pod's listener as their HTTP proxy.

    It goes with its pod, through the garbage collector.
    """
    return {
        "apiVersion": GROUP,
        "kind": KIND,
        "metadata": {
            "name": pod.name,
            "namespace": namespace,
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid}],
        },
        "spec": {
            "execs": [
                {
                    "local": {
                        "envs": [
                            {"name": "http_proxy", "value": proxy_url},
                            # What this host excludes from its own proxy must not bypass the pod's.
                            {"name": "no_proxy", "value": ""},
                            {"name": "NO_PROXY", "value": ""},
                        ]
                    }
                }
            ]
        },
    }


def keep(
    api: Api, *, namespace: str, live: Callable[[], World], addresses: Callable[[], Mapping[str, str]], stop: Event
) -> None:
    """Create the Exec object of every pod that listens, until `stop`; give up where kwok's Exec is not installed."""
    path = f"/apis/{GROUP}/namespaces/{namespace}/execs"
    done: set[str] = set()
    while not stop.wait(INTERVAL_S):
        pods = live().pods
        done &= {pod.uid for pod in pods.values()}
        for name, url in addresses().items():
            pod = pods.get(name)
            if pod is None or pod.uid in done:
                continue
            try:
                status = api.create(path, exec_object(pod, namespace=namespace, proxy_url=url)).status_code
            except requests.RequestException:
                break
            if status == NOT_FOUND:
                print("kwok's Exec is not installed: commands in pods reach no listener.", file=sys.stderr, flush=True)
                return
            if status in (CREATED, CONFLICT):
                done.add(pod.uid)
