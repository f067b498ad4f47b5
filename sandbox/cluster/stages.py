"""kwok's configuration: how the node and its pods live."""

from pathlib import Path

_STAGES = Path(__file__).resolve().parent / "stages.yaml"

# jq: the annotation, else the end of the first container's image, else normal.
_POD_MODE = (
    '.metadata.annotations["sandbox.rollback/pod"]'
    ' // (.spec.containers[0].image | capture("-(?<mode>never-ready|image-pull-backoff|crash-loop|oom-killed)$") | .mode)'
    ' // "normal"'
)


def kwok_config() -> str:
    """The stages as kwok reads them: YAML documents."""
    return _STAGES.read_text().replace("POD_MODE,", f"'{_POD_MODE}',")
