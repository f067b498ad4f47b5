"""A workload as the API server gives it, read as one look at it. Pure."""

from __future__ import annotations

from bot.domain.sightings import Sighting
from jobs.clients.objects import REVISION, image, milliseconds, version
from jobs.clients.resources import DEPLOYMENT, STATEFUL_SET, Kind, Raw, Ref
from jobs.clients.workloads import counts, rolled_out, template, template_key


def sighting(kind: Kind, workload: Raw, container: str) -> Sighting:
    """One look. `container`: the catalog's, whose image gives the version.

    A Deployment says its revision's number, a StatefulSet its ControllerRevision's name, and a DaemonSet neither: only
    once the controller has seen the present template, since before it they are those of the last one.
    """
    meta, status = workload["metadata"], workload.get("status") or {}
    seen = counts(kind.name, workload)
    given, shown = template(workload), image(workload, container)
    number = (meta.get("annotations") or {}).get(REVISION, 0) if kind == DEPLOYMENT and seen.observed else 0
    name = status.get("updateRevision", "") if kind == STATEFUL_SET and seen.observed else ""
    return Sighting(
        workload=str(Ref(kind, meta["namespace"], meta["name"])),
        uid=meta["uid"],
        created_at=milliseconds(meta["creationTimestamp"]),
        generation=meta.get("generation", 0),
        key=template_key(given),
        template=given,
        image=shown,
        version=version(shown),
        number=int(number),
        name=name,
        observed=seen.observed,
        complete=rolled_out(kind.name, workload),
        paused=bool(workload["spec"].get("paused")),
        wanted=seen.of,
        updated=seen.updated,
        available=seen.available,
    )
