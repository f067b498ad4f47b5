"""Validation at the end (REQUIREMENTS.md R15), as far as it is built: image, pods, endpoints, health URL, `up`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.model import Json, JsonObject
from bot.domain.verdict import Check, Measured, Verdict
from jobs.clients.objects import is_ready, running
from jobs.clients.resources import Raw
from jobs.clients.workloads import Counts

NAMES = 5
"""UX.md, section 10: at most so many names of pods are shown."""


@dataclass(frozen=True)
class Expected:
    """What should be live: the image by name, its digest where it was known, and the container it is looked for in."""

    container: str
    image: str
    digest: str
    pods: int


def image(pods: list[Raw], expected: Expected) -> Check:
    """Every pod runs the expected image: compared by digest where both are known, else by name."""
    wrong: list[str] = []
    silent: list[str] = []
    digests: set[str] = set()
    for pod in pods:
        name, digest = running(pod, expected.container)
        digests.update({digest} - {""})
        if not name and not digest:
            silent.append(pod["metadata"]["name"])
        elif expected.digest and digest:
            wrong += [pod["metadata"]["name"]] if digest != expected.digest else []
        elif name != expected.image:
            wrong.append(pod["metadata"]["name"])
    figures: JsonObject = {
        "image": expected.image,
        "digests": list[Json](sorted(digests)),
        "pods": len(pods),
        "names": _some(wrong or silent),
    }
    if not pods or wrong:
        return Check(code="image", verdict=Verdict.FAIL, saw="other-image" if wrong else "no-pods", figures=figures)
    if silent:
        return Check(code="image", verdict=Verdict.UNKNOWN, saw="not-reported", figures=figures)
    return Check(code="image", verdict=Verdict.PASS, saw="as-planned", figures=figures)


def pods(counts: Counts, owned: list[Raw], expected: Expected) -> Check:
    """As many pods are Ready as the spec asks for, and no fewer than were planned."""
    wanted, have = max(counts.of, expected.pods), counts.ready
    missing = [p["metadata"]["name"] for p in owned if not is_ready(p)]
    figures: JsonObject = {"ready": have, "pods": wanted, "names": _some(missing)}
    enough = have >= wanted
    return Check(
        code="pods",
        verdict=Verdict.PASS if enough else Verdict.FAIL,
        saw="all-ready" if enough else "not-ready",
        figures=figures,
        measured=(Measured(name="ready_pods", value=have, unit="count", limit=wanted),),
    )


def endpoints(slices: list[Raw], owned: list[Raw], *, service: str) -> Check:
    """Every Ready pod stands behind the Service, and there is at least one."""
    serving = {
        endpoint.get("targetRef", {}).get("uid")
        for piece in slices
        for endpoint in piece.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready")
    }
    due = [p for p in owned if is_ready(p)]
    missing = [p["metadata"]["name"] for p in due if p["metadata"]["uid"] not in serving]
    figures: JsonObject = {
        "service": service,
        "endpoints": len(serving),
        "pods": len(due),
        "names": _some(missing),
    }
    if not due or missing:
        saw = "missing" if missing else "no-endpoints"
        return Check(code="endpoints", verdict=Verdict.FAIL, saw=saw, figures=figures)
    return Check(code="endpoints", verdict=Verdict.PASS, saw="all-serving", figures=figures)


def health(answers: list[JsonObject], *, url: str, times: int) -> Check:
    """The health URL answered 2xx each time. A name that does not resolve from here says nothing about the service."""
    good = sum(1 for answer in answers if answer.get("good"))
    errors = sorted({str(a.get("error") or a.get("status")) for a in answers if not a.get("good")})
    figures: JsonObject = {"url": url, "good": good, "times": times, "errors": list[Json](errors)}
    measured = (Measured(name="healthy_answers", value=good, unit="count", query=url, limit=times),)
    if good == times:
        verdict, saw = Verdict.PASS, "healthy"
    elif len(answers) < times or set(errors) == {"no such name"}:
        verdict, saw = Verdict.UNKNOWN, "not-asked" if len(answers) < times else "no-such-name"
    else:
        verdict, saw = Verdict.FAIL, "unhealthy"
    return Check(code="health", verdict=verdict, saw=saw, figures=figures, measured=measured)


def up(series: list[tuple[dict[str, str], float | None]] | None, *, query: str) -> Check:
    """Every target is up. None: Prometheus did not answer; no series at all is no answer either."""
    down = [labels.get("instance", "?") for labels, value in series or [] if value != 1]
    count = len(series or [])
    figures: JsonObject = {"query": query, "targets": count, "names": _some(down)}
    measured = (
        Measured(name="up", value=count - len(down) if series else None, unit="count", query=query, limit=count),
    )
    if not series:
        saw = "unreachable" if series is None else "no-data"
        return Check(code="up", verdict=Verdict.UNKNOWN, saw=saw, figures=figures, measured=measured)
    verdict, saw = (Verdict.FAIL, "down") if down else (Verdict.PASS, "up")
    return Check(code="up", verdict=verdict, saw=saw, figures=figures, measured=measured)


def _some(names: list[str]) -> list[Json]:
    return list[Json](sorted(names)[:NAMES])
