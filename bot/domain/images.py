"""Names of container images, as people know them. Pure."""

from __future__ import annotations


def version(name: str) -> str:
    """The part of an image's name that people know: its tag, else the head of its digest, else the name."""
    reference, _, digest = name.partition("@")
    tag = reference.rpartition("/")[2].partition(":")[2]
    if tag:
        return tag
    return digest[:15] if digest else reference
