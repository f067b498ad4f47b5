"""The judge: one answer a question, and what each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.events import Event
from bot.domain.rollback import TERMINAL, Rollback
from sandbox.outside import Outside
from tests.chaos.breaking import Interrupted
from tests.chaos.judge import effects, slack
from tests.chaos.lanes import Lane
from tests.chaos.people import Run
from tests.chaos.site import Site

RESUME_GOAL_S = 15.0


@dataclass
class Verdict:
    """What was found. Each list holds one sentence a finding; an empty one is what is wanted."""

    runs: int
    lost: list[str] = field(default_factory=list)
    doubled_effects: list[str] = field(default_factory=list)
    thread_lines_wrong: list[str] = field(default_factory=list)
    wrong_order: list[str] = field(default_factory=list)
    slowest_resume_s: float = 0.0
    slowest_with_outages_s: float = 0.0
    resumes: int = 0

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, wrong or out of order, and every resume was quick."""
        found = (self.lost, self.doubled_effects, self.thread_lines_wrong, self.wrong_order)
        return not any(found) and self.slowest_resume_s < RESUME_GOAL_S

    def figures(self) -> dict[str, float | int]:
        """The counts."""
        return {
            "runs": self.runs,
            "lost": len(self.lost),
            "doubled_effects": len(self.doubled_effects),
            "thread_lines_wrong": len(self.thread_lines_wrong),
            "wrong_order": len(self.wrong_order),
            "slowest_resume_s": self.slowest_resume_s,
            "slowest_with_outages_s": self.slowest_with_outages_s,
        }

    def findings(self) -> list[str]:
        """Everything that was found, a line each."""
        lists = {
            "lost": self.lost,
            "doubled": self.doubled_effects,
            "thread": self.thread_lines_wrong,
            "order": self.wrong_order,
        }
        return [f"{name}: {finding}" for name, found in lists.items() for finding in found]


def judge(
    site: Site,
    runs: Sequence[Run],
    interrupted: Sequence[Interrupted] = (),
    *,
    away: Sequence[tuple[int, int]] = (),
    on: Sequence[Lane] = (),
) -> Verdict:
    """Look at everything in these lanes (none: all), from outside where effects are concerned."""
    lanes = on or site.lanes
    verdict = Verdict(runs=len(runs))
    verdict.lost += lost(site, runs, lanes)
    doubled(site, verdict, lanes)
    threads(site, verdict, lanes)
    resumes(site, interrupted, away, verdict)
    return verdict


def lost(site: Site, runs: Sequence[Run], lanes: Sequence[Lane]) -> list[str]:
    """Requests that were heard and came to no end; also rollbacks that nobody's people know any more."""
    found = [f"{run.lane.name} {run.number}: {run.trouble}" for run in runs if run.trouble]
    known = {rollback.id: rollback for rollback in _rollbacks(site, lanes)}
    heard = [asked for run in runs for asked in run.asked if asked.heard]
    found += [f"{each.heard} ({each.reason}) was heard, and is not there" for each in heard if each.heard not in known]
    found += [f"{run.lane.name} {run.number}: nobody heard it" for run in runs if not run.rollback_id]
    found += [f"{r.id} is {r.state}: {r.last}" for r in known.values() if r.state not in TERMINAL]
    return found


def doubled(site: Site, verdict: Verdict, lanes: Sequence[Lane]) -> None:
    """Effects that happened twice, and those out of order or after the end."""
    names = {name for lane in lanes for name in (lane.name, lane.canary)}
    ours = {rollback.id for rollback in _rollbacks(site, lanes)}
    events = list(site.stack.cluster.audit())
    taken = [write for write in effects.writes(events) if write.rollback_id in ours]
    verdict.doubled_effects += [
        *effects.twice(taken),
        *effects.deleted_twice(event for event in events if event.name in names),
        *effects.overtaken(taken),
        *effects.rows_twice(site.mariadb.statements()),
        *effects.deeds_twice(site.counter.deeds()),
    ]
    verdict.wrong_order += effects.disordered(taken)
    verdict.wrong_order += effects.after_the_end(taken, slack.ends_told(Outside(site.stack.slack_url)))


def threads(site: Site, verdict: Verdict, lanes: Sequence[Lane]) -> None:
    """Slack against the journals."""
    outside = Outside(site.stack.slack_url)
    for lane in lanes:
        channel = slack.read(outside, lane.channel)
        verdict.doubled_effects += slack.posted_twice(channel) + slack.asked_twice(channel)
        for rollback in _rollbacks(site, [lane]):
            want, have = slack.expected(journal(site, rollback.id), rollback.id), channel.lines(rollback.id)
            amiss, disorder = slack.wrong(want, have)
            verdict.thread_lines_wrong += [f"{rollback.id}: {amiss} lines; want {want}, have {have}"] if amiss else []
            verdict.wrong_order += [f"{rollback.id}: {disorder} lines"] if disorder else []


def _rollbacks(site: Site, lanes: Sequence[Lane]) -> list[Rollback]:
    return [rollback for lane in lanes for rollback in site.store.recent(lane.name, 100_000)]


def resumes(site: Site, interrupted: Sequence[Interrupted], away: Sequence[tuple[int, int]], verdict: Verdict) -> None:
    """How long a rollback stood still after its worker had gone; what was away meanwhile is taken off, and told too."""
    waits, net = [], []
    for each in interrupted:
        later = [event.at for event in journal(site, each.rollback_id) if event.at > each.at]
        if later:
            waits.append((min(later) - each.at) / 1000)
            net.append(waits[-1] - covered(away, each.at, min(later)) / 1000)
    verdict.resumes = len(waits)
    verdict.slowest_resume_s = round(max(net, default=0.0), 3)
    verdict.slowest_with_outages_s = max(waits, default=0.0)


def covered(windows: Sequence[tuple[int, int]], begin: int, end: int) -> int:
    """How much of a stretch lies within any of these windows, in their unit."""
    total, reached = 0, begin
    for first, last in sorted(windows):
        within = min(last, end) - max(first, reached)
        if within > 0:
            total, reached = total + within, min(last, end)
    return total


def journal(site: Site, rollback_id: str) -> list[Event]:
    """A rollback's events."""
    return list(site.store.journal(rollback_id))
