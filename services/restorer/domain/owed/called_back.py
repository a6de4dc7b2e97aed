"""What an outage promises to all who reported it: a call back once power is back, heard or in vain as often as is asked. Pure.

Source: 第2篇 第十三条(五), 修复后要及时回访. One promise for each time with power, not one for each report: it is kept when the
last of them was called. Who reported later is called, too, and counts in the rate. It follows from the instants of reports,
calls and times with power, in whatever order they are heard of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from services.policy import Policy, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.policy.duty import FollowupTimes
from services.promises import PromiseRecord
from services.restorer.domain.callers.calling_back import REOPENED, TAKEN_BACK, TimeWithPower, called_at
from services.restorer.domain.callers.calls_made import UNREACHED
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.owed.moments import CALL_BACK
from services.restorer.domain.state import SupplyState


class CallingRound(NamedTuple):
    """A time with power in which reporters are called: after which episode, since when, and until power went off again."""

    episode: int
    back: Moment
    off: Moment | None

    @property
    def time(self) -> TimeWithPower:
        """The time itself."""
        return TimeWithPower(self.back.at, None if self.off is None else self.off.at)


def rounds(course: Course) -> Iterator[CallingRound]:
    """One after the other."""
    following = [*(each.began for each in course.episodes[1:]), None]
    for episode, off in zip(course.episodes, following, strict=True):
        if episode.ended is not None and episode.withdrawn is None:
            yield CallingRound(episode.number, episode.ended, off)


def asked_by_reporters(
    state: SupplyState,
    course: Course,
    policy: Policy,
    calendar: WorkingCalendar,
    published: Mapping[tuple[str, int], PromiseRecord],
) -> Iterator[DuePromise]:
    """The promises to call back; of a round that was none after all, the word that what was promised binds nobody."""
    rules = [rule for rule in policy.select(CALL_BACK, outage_class=course.outage_class) if rule.aggregate == "each"]
    if not rules or not len(state.reports.reporters.by_id):
        return
    times, heard = policy.settings.followups, set[str]()
    found = [*rounds(course)]
    for one in found:
        called = _called(state, one, times, heard)
        if called is None:
            continue
        done = called.last
        for rule in rules:
            limit = deadline(rule, one.back.at, calendar)
            due_at = limit.due_at + rule.tolerance
            warnings = policy.warnings(rule, one.back.at, limit.due_at)
            in_time = done is not None and done.at <= due_at
            yield DuePromise(
                rule=rule_ref(policy, rule, calendar),
                episode=one.episode,
                obligation=rule.obligation,
                since=one.back,
                due_at=due_at,
                at_risk_at=warnings[0],
                warn_again_at=warnings[1:],
                done=done,
                provisional=limit.provisional,
                void=(REOPENED, one.off) if one.off is not None and one.off.at < due_at and not in_time else None,
            )
        if times.reopened == "not-called" and one.off is not None:
            heard |= {name for name in state.calls.called() if _was_heard(state, name, one.time)}
    yield from _taken_back({rule.id for rule in rules}, course, {one.episode for one in found}, published)


class _CalledSoFar(NamedTuple):
    """Whether all of a round were called: the last of those calls, or None."""

    last: Moment | None


def _called(state: SupplyState, one: CallingRound, times: FollowupTimes, heard: set[str]) -> _CalledSoFar | None:
    """How far the calls of a round came; None where nobody is to be called. `heard`: who was heard in an earlier round."""
    reporters = state.reports.reporters
    whom = reporters.count_until(one.back.at)
    if not whom:
        return None
    if whom > len(state.calls.made):
        return _CalledSoFar(None)  # somebody was never called; to look for whom would cost as much as all calls before
    last = None
    for report_id in reporters.until(one.back.at):
        if report_id in heard:
            continue
        at = called_at(state.calls.of(report_id), one.time, times)
        if at is None:
            return _CalledSoFar(None)
        last = at if last is None else max(last, at)
    return None if last is None else _CalledSoFar(Moment(last, ""))


def _was_heard(state: SupplyState, report_id: str, time: TimeWithPower) -> bool:
    return any(call.outcome != UNREACHED and time.holds(call.at) for call in state.calls.of(report_id))


def _taken_back(
    rules: set[str], course: Course, there: set[int], published: Mapping[tuple[str, int], PromiseRecord]
) -> Iterator[DuePromise]:
    """Power was not back after all: nobody is to be called yet."""
    withdrawn = {each.number for each in course.episodes if each.withdrawn is not None}
    for (rule_id, episode), record in published.items():
        if rule_id in rules and episode not in there | withdrawn and record.standing != "voided":
            yield DuePromise(
                rule=record.rule,
                episode=episode,
                obligation=record.obligation,
                since=Moment(record.measured_from, ""),
                due_at=record.due_at,
                at_risk_at=record.at_risk_at,
                done=None,
                void=(TAKEN_BACK, Moment(record.measured_from, "")),
            )
