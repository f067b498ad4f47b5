"""When a Deployment's rollout was done, seen from beside the bot: a watch of the one object, by the admin."""

from __future__ import annotations

import threading
import time
from typing import Self

from jobs.clients import KubernetesClient, workloads
from jobs.clients.resources import DEPLOYMENT
from jobs.clients.watching import follow

_WITHIN_S = 300.0
_FIRST_S = 10.0


class Rolling:
    """Watches from the moment of its making until one rollout to `image` is done. Use it as a context manager.

    Kubernetes' own times have whole seconds; this notes when the API server told of the last pod. "Done" is what
    `kubectl rollout status` calls so, and the last of its conditions to come true is that of the last pod Available.
    """

    def __init__(self, kubernetes: KubernetesClient, namespace: str, name: str, *, image: str) -> None:
        self._kubernetes = kubernetes
        self._namespace, self._name, self._image = namespace, name, image
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._looked = threading.Event()
        self._over = threading.Event()
        self._done_at = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        self._looked.wait(_FIRST_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def done_at(self, *, within_s: float) -> float:
        """Unix time in seconds of the last pod.

        Raises:
            TimeoutError: the rollout was not done in time.
        """
        self._thread.join(within_s)
        if not self._done_at:
            raise TimeoutError(f"{self._name} was not rolled out to {self._image} within {within_s:g} s")
        return self._done_at

    def _watch(self) -> None:
        states = follow(
            self._kubernetes,
            DEPLOYMENT,
            self._namespace,
            field_selector=f"metadata.name={self._name}",
            deadline_s=_WITHIN_S,
            silence_s=_WITHIN_S,
        )
        for objects in states:
            now = time.time()
            self._looked.set()
            if self._over.is_set():
                break
            live = objects.get(self._name)
            if live is None:
                continue
            if live["spec"]["template"]["spec"]["containers"][0]["image"] != self._image:
                continue
            if workloads.rolled_out(DEPLOYMENT.name, live):
                self._done_at = now
                break
        states.close()
