"""Judge what is put on record of a call back, and name what a call comes to. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from schemas.contracts.dispatch import FollowupDone, FollowupUnreached
from services.restorer.domain.callers.calling_back import (
    WITHDRAWN,
    CallBackRules,
    CallStanding,
    is_back,
    standing,
    times_back,
)
from services.restorer.domain.callers.calls_made import UNREACHED, CallsBack
from services.restorer.domain.callers.recorded import FollowupRecorded
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

OF_CALLS: Final = (FollowupDone, FollowupUnreached)
NO_REPORT: Final = "report-not-known"
NOT_OVER: Final = "not-over"
MERGED: Final = "outage-merged"
CALLED_ALREADY: Final = "called-already"
TOO_EARLY: Final = "called-before-power-was-back"
IN_FUTURE: Final = "called-in-the-future"
KNOWN: Final = "followup-known"
CORRECTED: Final = "followup-corrected"
GIVEN_UP: Final = "followup-given-up"
WHILE_OFF: Final = "followup-while-off"


class CallRefused(NamedTuple):
    """Why a call is not put on record, by name, and what the person who asks should know."""

    reason: str
    detail: str


def refusal(
    state: SupplyState, course: Course, rules: CallBackRules, word: FollowupRecorded, now: datetime
) -> CallRefused | None:
    """Why a person's word on a call back cannot be so, or need not be; None: it is taken."""
    back = times_back(course)
    if word.report_id not in state.followups and word.report_id not in state.reports.callers:
        return CallRefused(NO_REPORT, f"no report of {state.mrid} has that id")
    if state.merged is not None:
        return CallRefused(MERGED, f"it goes on as {state.merged.into}: record it there")
    if course.status == "withdrawn":
        return CallRefused(WITHDRAWN, "dispatch says that there was no outage: nobody is called back")
    if not is_back(back):
        return CallRefused(NOT_OVER, "power is not back: they are called once it is")
    if word.at > now:
        return CallRefused(IN_FUTURE, f"{_utc(word.at)} is still to come")
    if word.at < back[-1].since:
        return CallRefused(TOO_EARLY, f"power was back at {_utc(back[-1].since)}")
    known = standing(state.calls.of(word.report_id), back, rules)
    if known is not None and known.last_at is not None and _was_heard(known) and not word.corrects:
        return CallRefused(CALLED_ALREADY, f"called at {_utc(known.last_at)}: {known.outcome}")
    return None


def fact_of(word: FollowupRecorded) -> FollowupDone | FollowupUnreached:
    """The fact that the word says."""
    if word.outcome == UNREACHED:
        return FollowupUnreached(mrid=word.mrid, tried_at=word.at, by=word.by, report_id=word.report_id)
    return FollowupDone(
        mrid=word.mrid,
        done_at=word.at,
        by=word.by,
        outcome=word.outcome,
        opinion=word.opinion,
        report_id=word.report_id,
    )


def reason_of(
    before: CallsBack,
    state: SupplyState,
    course: Course,
    rules: CallBackRules,
    fact: FollowupDone | FollowupUnreached,
) -> str | None:
    """What a call comes to, where it does not simply count: known already, the last in vain, or while power was off."""
    report_id, back = fact.report_id, times_back(course)
    if report_id is None or report_id not in state.followups:
        return None
    at = fact.done_at if isinstance(fact, FollowupDone) else fact.tried_at
    if not any(one.holds(at) for one in back):
        return WHILE_OFF
    was, now = standing(before.of(report_id), back, rules), standing(state.calls.of(report_id), back, rules)
    if was is not None and _was_heard(was):
        return KNOWN if now is not None and now.outcome == was.outcome else CORRECTED
    if isinstance(fact, FollowupUnreached) and was is not None and now is not None:
        if now.tries == was.tries:
            return KNOWN
        return GIVEN_UP if now.outcome == UNREACHED else None
    return None


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _was_heard(known: CallStanding) -> bool:
    return known.outcome not in (None, UNREACHED)
