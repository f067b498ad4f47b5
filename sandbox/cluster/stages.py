"""kwok's configuration: how the node and its pods live, and what exec and logs do."""

from pathlib import Path

_STAGES = Path(__file__).resolve().parent / "stages.yaml"

# jq: the annotation, else the end of the first container's image, else normal.
_POD_MODE = (
    '.metadata.annotations["sandbox.rollback/pod"]'
    " // (.spec.containers[0].image"
    ' | capture("-(?<mode>never-ready|image-pull-backoff|crash-loop|oom-killed)$") | .mode)'
    ' // "normal"'
)


# A pod with no Exec or Logs object of its own runs commands as this machine does, and has an empty log.
_DEFAULTS = """---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: every-pod}
spec: {execs: [{local: {}}]}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: every-pod}
spec: {logs: [{logsFile: "EMPTY_LOG", previousLogsFile: "EMPTY_LOG"}]}
"""


def kwok_config(*, empty_log: Path) -> str:
    """The stages and defaults as kwok reads them: YAML documents. `empty_log` is what a pod without a log shows."""
    stages = _STAGES.read_text().replace("POD_MODE,", f"'{_POD_MODE}',")
    return stages + _DEFAULTS.replace("EMPTY_LOG", str(empty_log))
