"""Say who is to be called back after a repair, who no longer, and what came of it. Pure.

Source: 第2篇 第十三条(五), 修复后要及时回访,听取意见和建议. A person calls whoever reported the fault, each report once, and only
once power is known to be back. What counts follows from the instants in the facts, in whatever order they are heard of; words
already said are compared with it, and the difference is said. Figures: `[settings.followups]` of the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, NamedTuple

from schemas.contracts.base import RuleRef
from schemas.contracts.restorations import FollowupDue, FollowupEnded
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.policy.duty import FollowupTimes
from services.policy.quiet import Nights
from services.restorer.domain.callers.calls_made import UNREACHED, CallMade
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

AT_ONCE: Final = 200
"""So many are asked for in one decision; where 20,000 reported, one for all would stop everything else."""
VOID: Final = "void"
CALLED: Final = "called-back"
NOT_REACHED: Final = "not-reached"
REOPENED: Final = "reopened"
TAKEN_BACK: Final = "restoration-taken-back"
WITHDRAWN: Final = "outage-withdrawn"
MERGED: Final = "outage-merged"


@dataclass(frozen=True, slots=True)
class CallBackRules:
    """What calls back go by: the policy's figures, and the nights in which nobody is called."""

    times: FollowupTimes
    nights: Nights


def rules_of(policy: Policy, calendar: WorkingCalendar) -> CallBackRules:
    """Those of a policy, by the clocks of the calendar's zone."""
    return CallBackRules(policy.settings.followups, Nights(policy.settings.quiet, calendar.zone))


class TimeWithPower(NamedTuple):
    """A time with power after the outage: from its end until it went off once more, if it did."""

    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


class CallStanding(NamedTuple):
    """How the call back of one report stands.

    outcome: satisfied, neutral, dissatisfied, unreached; None: somebody is to call, not before `next_at`. `tries`: calls in
    vain since power was back; `last_at`: the call that settled it, or the last in vain.
    """

    due_from: datetime
    outcome: str | None
    tries: int
    last_at: datetime | None
    next_at: datetime | None


def times_back(course: Course) -> tuple[TimeWithPower, ...]:
    """The times in which whoever reported it may be called; none of an outage that was none, or that goes on as another."""
    if course.status in ("merged", "withdrawn"):
        return ()
    found = []
    for index, episode in enumerate(course.episodes):
        following = course.episodes[index + 1].began if index + 1 < len(course.episodes) else None
        if episode.ended is not None and episode.withdrawn is None:
            found.append(TimeWithPower(episode.ended.at, None if following is None else following.at))
    return tuple(found)


def called_at(calls: Sequence[CallMade], back: TimeWithPower, times: FollowupTimes) -> datetime | None:
    """When a reporter was called back in a time with power: first heard, or called in vain as often as is asked of us.

    Whether the latter counts is the policy's to say (`unreached`); in the rate of calls back it never does.
    """
    heard = [call.at for call in calls if call.outcome != UNREACHED and back.holds(call.at)]
    if times.unreached == "called":
        heard += in_vain(calls, back, times)[times.tries - 1 : times.tries]
    return min(heard, default=None)


def is_back(back: Sequence[TimeWithPower]) -> bool:
    """Whether it is over now, so that somebody is to call."""
    return bool(back) and back[-1].until is None


def standing(calls: Sequence[CallMade], back: Sequence[TimeWithPower], rules: CallBackRules) -> CallStanding | None:
    """How one report stands, by the calls to its reporter; None while power is off and nobody called while it was back.

    A call while it was off is none after a repair.
    """
    times = rules.times
    counting = back[-1:] if times.reopened == "everybody" else back
    if times.reopened == "everybody" and not is_back(back):
        counting = ()
    heard = [(call, one) for call in calls if call.outcome != UNREACHED for one in counting if one.holds(call.at)]
    if heard:
        call, one = heard[-1]
        return CallStanding(one.since, call.outcome, len(in_vain(calls, one, times)), call.at, None)
    if not is_back(back):
        return None
    vain = in_vain(calls, back[-1], times)
    if not vain:
        return CallStanding(back[-1].since, None, 0, None, rules.nights.over(back[-1].since))
    if len(vain) >= times.tries:
        return CallStanding(back[-1].since, UNREACHED, len(vain), vain[-1], None)
    return CallStanding(back[-1].since, None, len(vain), vain[-1], rules.nights.over(vain[-1] + times.again_after))


def in_vain(calls: Sequence[CallMade], back: TimeWithPower, times: FollowupTimes) -> list[datetime]:
    """Calls that reached nobody in a time with power; what two tell of one call is one."""
    found: list[datetime] = []
    for call in calls:
        if call.outcome == UNREACHED and back.holds(call.at) and (not found or call.at - found[-1] > times.same_call):
            found.append(call.at)
    return found


def words(
    state: SupplyState, course: Course, rule: RuleRef | None, rules: CallBackRules, now: datetime
) -> Iterator[FollowupDue | FollowupEnded]:
    """What is to be said of calls back and was not: void, done, or asked for, the first `AT_ONCE`; others by turns."""
    back = times_back(course)
    if not is_back(back):
        if state.calls.asked:
            yield _void(state, course, rules.times, now)
        return
    for report_id in islice(state.reports.callers, AT_ONCE):
        if (known := standing(state.calls.of(report_id), back, rules)) is not None:
            yield _word(state, report_id, known, rule, asked=False)
    yield from _otherwise(state, _doubtful(state, back), back, rule, rules)


def moved(
    state: SupplyState, before: Course, course: Course, rule: RuleRef | None, rules: CallBackRules
) -> Iterator[FollowupDue | FollowupEnded]:
    """What is to be said where a late fact moved the times with power: a call may count that did not, or no longer."""
    back = times_back(course)
    if is_back(back) and back != times_back(before):
        called = [one for one in state.calls.called() if one in state.followups]
        yield from _otherwise(state, called, back, rule, rules)


def _otherwise(
    state: SupplyState,
    report_ids: Sequence[str],
    back: Sequence[TimeWithPower],
    rule: RuleRef | None,
    rules: CallBackRules,
) -> Iterator[FollowupDue | FollowupEnded]:
    """Of some reports, those that stand otherwise than was said."""
    for report_id in report_ids:
        known, said = standing(state.calls.of(report_id), back, rules), state.calls.said_of(report_id)
        if known is None:
            continue
        if known.outcome != said if known.outcome is not None else not said.isdigit() or known.tries > int(said):
            yield _word(state, report_id, known, rule, asked=True)


def _doubtful(state: SupplyState, back: Sequence[TimeWithPower]) -> Sequence[str]:
    """The reports that may stand otherwise than was said: heard of last; all that are settled where the end lies elsewhere now."""
    heard = state.calls.heard
    found = [heard] if heard is not None and heard in state.followups else []
    return [*dict.fromkeys([*found, *state.calls.settled()])] if back[-1].since != state.announced else found


def _word(
    state: SupplyState, report_id: str, known: CallStanding, rule: RuleRef | None, *, asked: bool
) -> FollowupDue | FollowupEnded:
    if known.outcome is not None and known.last_at is not None:
        return FollowupEnded(
            mrid=state.mrid,
            report_id=report_id,
            outcome=known.outcome,  # type: ignore[arg-type]
            reason=NOT_REACHED if known.outcome == UNREACHED else CALLED,
            at=known.last_at,
            tries=known.tries,
        )
    from_ = known.next_at if (asked or known.tries) and known.next_at is not None else known.due_from
    return FollowupDue(mrid=state.mrid, report_id=report_id, due_from=from_, rule=rule, tries=known.tries)


def void_reason(course: Course) -> str:
    """Why nobody is to be called of an outage that is not over."""
    reasons = {"withdrawn": WITHDRAWN, "merged": MERGED}
    return reasons.get(course.status, REOPENED if len(course.episodes) > 1 else TAKEN_BACK)


def _void(state: SupplyState, course: Course, times: FollowupTimes, now: datetime) -> FollowupEnded:
    everybody = times.reopened == "everybody" or course.status == "withdrawn"
    return FollowupEnded(mrid=state.mrid, outcome=VOID, reason=void_reason(course), at=now, everybody=everybody)


class CallBackFigures(NamedTuple):
    """Calls back of one month or one outage, by report.

    `due`: reports whose reporter was to be called, void ones left out: the denominator; `called`: whose opinion was heard: the
    numerator; `unreached`: called as often as the policy asks, in vain; `open`: still to be called. The last three make up `due`.
    """

    due: int
    called: int
    unreached: int
    open: int

    @property
    def rate(self) -> float | None:
        """Per cent of reports whose reporter was called back and heard; None where nobody was to be called.

        Who could not be reached is not heard: cn.followup.rate (回访率) counts them as not called back.
        """
        return None if not self.due else 100 * self.called / self.due


def figures(outcomes: Sequence[str | None]) -> CallBackFigures:
    """Of reports by how they stand: an outcome, `unreached`, `void`, or None while they are to be called."""
    counted = [one for one in outcomes if one != VOID]
    unreached, still = counted.count(UNREACHED), counted.count(None)
    return CallBackFigures(len(counted), len(counted) - unreached - still, unreached, still)
