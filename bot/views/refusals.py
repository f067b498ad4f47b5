"""A refusal in three parts: what happened, what it means for production, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain.model import JsonObject
from bot.domain.refusal import Code, Refusal
from bot.domain.rollback import OPEN, TERMINAL, State
from bot.views import buttons, moves, refusals_locks, refusals_routing
from bot.views.checks import readable
from bot.views.figures import Figures, of
from bot.views.text import Safe, code, cut_end, join
from bot.views.words import Words

GIVEN_LIMIT = 60
Made = dict[str, object]


def of_data(data: JsonObject) -> Refusal:
    """The refusal that a `refused` event holds; one with an unknown code reads as unreachable."""
    try:
        known = Code(str(data.get("code")))
    except ValueError:
        known = Code.UNREACHABLE
    return Refusal(code=known, figures=dict(of(data.get("figures")).data))


def figures(words: Words, refusal: Refusal, *, service: str = "") -> Made:
    """Everything the templates of this refusal may name."""
    given = Figures(refusal.figures)
    made: Made = {"service": buttons.name(given.text("service") or service) or None}
    for key in refusal.figures:
        made[key] = _readable(words, key, given)
        text = given.text(key)
        made[f"{key}_code"] = code(cut_end(text, limit=GIVEN_LIMIT)) if text else None
        made[f"{key}_said"] = join(", ", (code(item) for item in given.texts(key)))
    made.setdefault("service_code", code(service) if service else None)
    made |= _sending(words, given)
    if refusal.code in _MORE:
        made |= _MORE[refusal.code](words, given)
    return made


def title(words: Words, refusal: Refusal, made: Made) -> Safe:
    """A clause for a card's header: "no canary of game-server is running"."""
    key = f"refusal.{refusal.code}.title"
    why = _variant(refusal)
    return words.first(*((f"{key}.{why}",) if why else ()), key, "refusal.title.other", **made)


def happened(words: Words, refusal: Refusal, made: Made) -> Safe:
    """What happened."""
    return _part(words, refusal, "happened", made)


def means(words: Words, refusal: Refusal, made: Made) -> Safe:
    """What it means for production."""
    key = f"refusal.{refusal.code}.means"
    return words(key, **made) if words.has(key) else words("nothing_changed")


def following(words: Words, refusal: Refusal, made: Made) -> Safe:
    """What to do next."""
    return _part(words, refusal, "next", made)


def bare(text: str) -> Safe:
    """The same without code marks, for places that show plain text."""
    return Safe(text.replace("`", ""))


def _part(words: Words, refusal: Refusal, part: str, made: Made) -> Safe:
    why = _variant(refusal)
    key = f"refusal.{refusal.code}.{part}"
    return words.first(f"{key}.{why}", key, **made) if why else words(key, **made)


def _variant(refusal: Refusal) -> str:
    given = Figures(refusal.figures)
    match refusal.code:
        case Code.UNKNOWN_SERVICE:
            return "rollback" if given.flag("is_rollback") else ""
        case Code.UNKNOWN_ROLLBACK:
            return "" if given.text("id") else "service"
        case Code.UNKNOWN_OPTION:
            return "" if given.texts("options") else "none"
        case Code.OWNED_ELSEWHERE:
            return "command" if given.text("command") else ""
        case Code.NO_REVISION | Code.ALREADY_THERE | Code.NO_SIDE | Code.CANNOT_UNDO:
            return given.text("why") or ""
        case Code.BAD_VALUE:
            return "allowed" if given.texts("allowed") else given.text("why") or ""
        case Code.ROUTE_SHARED:
            return given.text("why") or refusals_routing.protocol(given)
        case Code.TOO_LATE:
            state = given.text("state")
            if state in OPEN:
                return "open"
            return "" if state in (State.EXPIRED, State.REJECTED, State.REFUSED) else "ended"
        case _:
            return given.text("why") or ""


def _readable(words: Words, key: str, given: Figures) -> object:
    if key == "at":
        return words.clock(given.time("at"))
    if key in ("weight", "canary_weight"):
        return words.weight(given.number(key))
    if key == "weights":
        listed = given.data.get(key)
        numbers = [str(item) for item in listed if isinstance(item, int | float)] if isinstance(listed, list) else []
        return join(" and ", numbers)
    text = given.text(key)
    return cut_end(text, limit=200) if text else readable(words, key, given)


def _sending(words: Words, given: Figures) -> Made:
    """The nearest names, and the command to copy."""
    nearest = [code(item) for item in given.texts("nearest")]
    said = words("refusal.nearest", nearest=join(", ", nearest)) if nearest else Safe()
    send = given.text("send")
    if send is None or send == "/rollback help":
        told = words("refusal.help")
    else:
        told = words("refusal.send_or_help", send=code(send))
    return {"send_or_help": join(" ", (Safe(said.strip()), told))}


def _unknown_service(words: Words, given: Figures) -> Made:
    nearest = [code(item) for item in given.texts("nearest")]
    asked = words("refusal.did_you_mean", nearest=join(", ", nearest)).strip() if nearest else ""
    send, services = given.text("send"), [code(item) for item in given.texts("services")]
    if send:
        told = words("refusal.send", send=code(send))
    elif services:
        told = words("refusal.services", services=join(", ", services[:10]))
    else:
        told = words("refusal.help")
    return {"send_or_services": join(" ", (Safe(asked), told))}


def _missing_service(words: Words, given: Figures) -> Made:
    here = [code(item) for item in given.texts("here")]
    key = "refusal.missing-service.here.one" if len(here) == 1 else "refusal.missing-service.here.other"
    return {"here_said": words(key, here=join(", ", here[:10])) if here else Safe()}


def _not_approver(words: Words, given: Figures) -> Made:
    standing = words("nothing_changed")
    if given.text("id") and given.number("have") is not None:
        standing = words("refusal.standing", id=given.text("id"), have=given.number("have"), need=given.number("need"))
    return {"standing": standing, "members_said": words.n("refusal.members", given.number("members"))}


def _requester_excluded(words: Words, given: Figures) -> Made:
    have, need = given.number("have"), given.number("need")
    return {"missing": words.count(need - have) if have is not None and need is not None else words("unknown")}


def _already_counted(words: Words, given: Figures) -> Made:
    missing = given.number("missing")
    if missing:
        said = words("refusal.already-counted.missing", missing=words.count(missing))
    else:
        said = words("refusal.already-counted.enough")
    return {"missing_said": said, "digest_short": buttons.short(given.text("digest") or "") or None}


def _plan_changed(words: Words, given: Figures) -> Made:
    moved = moves.listed(words, given.inner("moved").data, service=given.text("service") or "")
    successor = given.text("successor")
    return {
        "digest_short": buttons.short(given.text("digest") or "") or None,
        "moved_said": words("refusal.plan-changed.moved", moved=moved) if moved else Safe(),
        "successor_said": words("refusal.plan-changed.successor", id=code(successor)) if successor else Safe(),
    }


def _too_late(words: Words, given: Figures) -> Made:
    state = given.text("state")
    untouched = state in TERMINAL - {State.SUCCEEDED, State.UNVERIFIED, State.FAILED, State.ABORTED}
    untouched = untouched and not given.flag("lost")
    at = given.time("at")
    return {
        "was": _was(words, given),
        "at_said": words("refusal.at", at=words.clock(at)) if at is not None else Safe(),
        "means": words("nothing_changed") if untouched else words("refusal.means.unmoved"),
    }


def _stale_button(words: Words, given: Figures) -> Made:
    return {"was": _was(words, given)}


def _was(words: Words, given: Figures) -> Safe:
    key = f"refusal.state.{given.text('state')}"
    return words(key) if words.has(key) else words("unknown")


def _no_canary(words: Words, given: Figures) -> Made:
    stable = given.text("stable_version")
    weight = given.number("weight", "canary_weight")
    share = words("refusal.no-canary.weight", weight=words.weight(weight)) if weight is not None else Safe()
    return {
        "found": join(", ", (words.n("pods", given.number("pods")), share)),
        "stable_said": words("refusal.no-canary.stable", version=buttons.name(stable)) if stable else Safe(),
    }


def _no_workload(words: Words, given: Figures) -> Made:
    container = given.text("container")
    said = words("refusal.no-workload.container", container=code(container)) if container else Safe()
    return {"container_said": said, "name": buttons.name(given.text("name", "deployment") or "")}


def _stable_not_ready(words: Words, given: Figures) -> Made:
    return {"pods_count": words.count(given.number("pods"))}


def _unreachable(words: Words, given: Figures) -> Made:
    detail = given.text("detail", "what")
    said = words("refusal.unreachable.detail", detail=cut_end(detail, limit=150)) if detail else Safe()
    return {"detail_said": said, "system": given.text("system") or words("refusal.unreachable.system")}


def _busy(words: Words, given: Figures) -> Made:
    step, steps = given.number("step"), given.number("steps")
    if step is None or not steps:
        return {"step_said": Safe()}
    return {
        "step_said": words("refusal.target-busy.step", step=words.count(min(step, steps)), steps=words.count(steps))
    }


_MORE: Mapping[Code, Callable[[Words, Figures], Made]] = {
    Code.UNKNOWN_SERVICE: _unknown_service,
    Code.MISSING_SERVICE: _missing_service,
    Code.NOT_APPROVER: _not_approver,
    Code.REQUESTER_EXCLUDED: _requester_excluded,
    Code.ALREADY_COUNTED: _already_counted,
    Code.PLAN_CHANGED: _plan_changed,
    Code.TOO_LATE: _too_late,
    Code.STALE_BUTTON: _stale_button,
    Code.NO_CANARY: _no_canary,
    Code.NO_WORKLOAD: _no_workload,
    Code.STABLE_NOT_READY: _stable_not_ready,
    Code.UNREACHABLE: _unreachable,
    Code.TARGET_BUSY: _busy,
    **refusals_locks.MORE,
    **refusals_routing.MORE,
}
