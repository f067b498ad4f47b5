"""Claim, then act (DESIGN.md, principle 7): the fence stands on the object before anything else is written to it."""

from __future__ import annotations

from jobs.clients.errors import Moved
from jobs.clients.resources import Raw, Ref
from jobs.steps.model import Context, Fenced

FENCE = "rollback/fence"
TRIES = 5


def claim(ctx: Context, ref: Ref, *, uid: str) -> Raw:
    """Write this lease's fence onto the object and give it back as it is then. One that carries it is left alone.

    Raises:
        Fenced: the object carries a higher fence, or one that is no number.
        Moved: it is another object now (uid), or it changed during each of 5 tries.
        NotFound, Forbidden, Ambiguous, Temporary: from the client.
    """
    for _ in range(TRIES):
        live = _this_one(ref, ctx.last(ref), uid=uid)
        if carried(live, ref, mine=ctx.fence) == ctx.fence:
            # Nothing is written that would be refused had it moved since, so only what stands there now counts.
            live = _this_one(ref, ctx.clients.kubernetes.get(ref), uid=uid)
            if carried(live, ref, mine=ctx.fence) == ctx.fence:
                return ctx.keep(ref, live)
        try:
            return ctx.keep(ref, ctx.clients.kubernetes.merge_patch(ref, _mark(live, ctx.fence), manager=ctx.manager))
        except Moved:
            continue
    raise Moved(f"{ref} changed during each of {TRIES} claims")


def _this_one(ref: Ref, live: Raw, *, uid: str) -> Raw:
    if live["metadata"]["uid"] != uid:
        raise Moved(f"{ref} was deleted and made anew since the plan")
    return live


def carried(live: Raw, ref: Ref, *, mine: int) -> int:
    """The fence an object carries, 0 for none.

    Raises:
        Fenced: it is higher than `mine`, or no number (then nobody can tell who is ahead).
    """
    text = str(live["metadata"].get("annotations", {}).get(FENCE, "0"))
    if not text.isdecimal() or int(text) > mine:
        raise Fenced(str(ref), found=text, mine=mine)
    return int(text)


def _mark(live: Raw, fence: int) -> Raw:
    meta = live["metadata"]
    return {
        "metadata": {
            "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"],
            "annotations": {FENCE: str(fence)},
        }
    }
