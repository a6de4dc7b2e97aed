"""Derive which promises the course of an outage makes.

What is promised, from when, how long and to whom it applies stands in the policy (policies/*.toml); what its words mean in
the facts, in moments.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from services.policy import Policy, Rule, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.promises import PromiseRecord, episode_of
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.territory import lies
from services.restorer.domain.episodes import Episode
from services.restorer.domain.events import BrokenBefore
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.owed import said_times
from services.restorer.domain.owed.called_back import asked_by_reporters
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.owed.excuses import excuse, reported
from services.restorer.domain.owed.meters import asked_by_meters
from services.restorer.domain.owed.moments import FROM, METER, OBLIGATIONS, TO, UNREPORTED
from services.restorer.domain.owed.rules import asking
from services.restorer.domain.state import SupplyState

TAKEN_OVER: Final = "reported"
"""Why a crew that was owed without a report is not any more: the report has a clock of its own."""


def wanted(state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar) -> list[DuePromise]:
    """Every promise that the facts ask for, over all episodes; of an outage that was merged none, for another makes them."""
    if state.merged is not None:
        return []
    of_outage = asked(state, course, policy, calendar) if course.known else []
    return [*of_outage, *asked_by_meters(state, policy, calendar)]


def never_made(state: SupplyState, policy: Policy, calendar: WorkingCalendar) -> set[tuple[str, int]]:
    """Rule and episode of what the facts ask for and nobody has ever promised: a version without that rule was at work."""
    course = course_of(state)
    made = {(one.rule.rule_id, episode_of(one.promise_id)) for one in state.promises.values()}
    return {
        (due.rule.rule_id, due.episode) for due in wanted(state, course, policy, calendar) if not due.is_silent
    } - made


def asked(state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar) -> list[DuePromise]:
    """Every promise that the facts ask for, whoever makes it."""
    said = reported(state)
    published = {(one.rule.rule_id, episode_of(one.promise_id)): one for one in state.promises.values()}
    # Rules for ordinary faults are asked for in any case: what excuses them is a voided promise, not a silent one.
    traits = {"outage_class": course.outage_class, **said.traits, "ordinary": True}
    bound = state.reports.first is not None or course.outage_class == "fault"
    where = lies(state, policy.settings.territory) if bound else None
    found = [
        replace(due, where=there)
        for obligation in OBLIGATIONS
        for rule, there in asking(policy, obligation, traits, where)
        if rule.aggregate == "each" and rule.measure_from != METER[0]
        for due in _over_episodes(course, policy, rule, calendar, excuse(rule, said), published)
    ]
    found += [
        due
        for obligation in said_times.OBLIGATIONS
        for rule, _ in asking(policy, obligation, traits, where)
        for due in said_times.asked_by_words(state, course, policy, rule, calendar)
    ]
    found += asked_by_reporters(state, course, policy, calendar, published)
    found = [*_broken_before(state, course, policy, calendar, found)]
    return [_warned_of(due, _strictest(due, found)) for due in found]


def _warned_of(due: DuePromise, first: datetime) -> DuePromise:
    """With the strictest rule's first warning as its own; then by its own rule."""
    again = tuple(at for at in (due.at_risk_at, *due.warn_again_at) if first < at < due.due_at)
    return replace(due, at_risk_at=first, warn_again_at=again)


def _broken_before(
    state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar, found: Sequence[DuePromise]
) -> Iterator[DuePromise]:
    """With what was broken under outages that are this one: each such promise counts once, as broken.

    Where the facts of both together would ask for no such promise (the first report of all is of another territory), it stands
    by its own figures.
    """
    broken = {
        (one.rule_id, _slot(course, one)): one
        for other in state.joined.values()
        for one in sorted(other.broken, key=lambda each: each.due_at, reverse=True)
    }
    for due in found:
        yield replace(due, broken=broken.pop((due.rule.rule_id, due.episode), None))
    for (rule_id, episode), one in broken.items():
        rule = policy.rules.get(rule_id)
        over = course.episodes[_episode_at(course, one.measured_from) - 1]
        binds = state.reclassified() is None and over.withdrawn is None
        if rule is not None and binds:
            yield DuePromise(
                rule=rule_ref(policy, rule, calendar),
                episode=episode,
                obligation=rule.obligation,
                since=Moment(one.measured_from, one.promise_id),
                due_at=one.due_at,
                at_risk_at=one.due_at,
                done=None,
                broken=one,
            )


def _slot(course: Course, one: BrokenBefore) -> int:
    """Which promise of this outage one of another outage is: by the time that was said, or by when it began to run."""
    named = episode_of(one.promise_id)
    return named if said_times.is_time(named) else _episode_at(course, one.measured_from)


def _episode_at(course: Course, at: datetime) -> int:
    """The time without power to which an instant belongs: the first that was not over by then."""
    over = [(each.number, each.over) for each in course.episodes]
    return next((number for number, end in over if end is None or end.at >= at), over[-1][0])


def _over_episodes(
    course: Course,
    policy: Policy,
    rule: Rule,
    calendar: WorkingCalendar,
    void: tuple[str, Moment] | None,
    published: Mapping[tuple[str, int], PromiseRecord],
) -> Iterator[DuePromise]:
    """One rule, episode by episode.

    Power that goes off again soon (the policy's same_fault_within) after it was back shows that the fault was not done:
    a promise kept by that restoration is voided (reopened), and the clock from the first report runs on in the next
    episode. A promise broken before stays broken, and the next episode starts a clock of its own, so that one fault is
    judged once. Whether it was kept or broken is asked of the deadline that was published: rules may have changed since.
    Of an outage that was withdrawn nothing is asked (`withdrawn` says which those are).
    """
    carried: Moment | None = None
    for index, episode in enumerate(course.episodes):
        since = carried or FROM[rule.measure_from](episode)
        carried = None
        if since is None or episode.withdrawn is not None:
            continue
        limit = deadline(rule, since.at, calendar)
        warnings = policy.warnings(rule, since.at, limit.due_at)
        due = DuePromise(
            rule=rule_ref(policy, rule, calendar),
            episode=episode.number,
            obligation=rule.obligation,
            since=since,
            due_at=limit.due_at + rule.tolerance,
            at_risk_at=warnings[0],
            warn_again_at=warnings[1:],
            done=TO[rule.measure_to](episode),
            moot=episode.ended if rule.measure_to == "crew-arrived" else None,
            provisional=limit.provisional,
            void=void,
        )
        if rule.measure_from == UNREPORTED:
            due = _unless_reported(due, episode)
        last = published.get((rule.id, episode.number))
        promised = last.due_at if last is not None and last.measured_from == since.at else due.due_at
        following = course.episodes[index + 1].began if index + 1 < len(course.episodes) else None
        if (
            rule.measure_to == "supply-restored"
            and episode.ended is not None
            and following is not None
            and following.at - episode.ended.at <= policy.settings.same_fault_within
            and due.standing(promised) == "kept"
        ):
            due = replace(due, void=("reopened", following))
            carried = since if rule.measure_from == "first-report" else None
        yield due


def _unless_reported(due: DuePromise, episode: Episode) -> DuePromise:
    """Of what dispatch knew by itself: a report that came before it was due, and before it was done, has a clock of its own."""
    report = episode.reported
    if (
        due.void is None
        and report is not None
        and report.at <= min(due.due_at, due.done.at if due.done else due.due_at)
    ):
        due = replace(due, void=(TAKEN_OVER, report))
    return replace(due, quiet=True)


def _strictest(due: DuePromise, found: list[DuePromise]) -> datetime:
    """When parallel rules promise the same thing from the same moment, the strictest says when all of them are at risk first."""
    same = (due.obligation, due.episode, due.since.at)
    return min(other.at_risk_at for other in found if (other.obligation, other.episode, other.since.at) == same)
