"""Ask dispatch for a word that is missing: whether power is back of which nothing more is heard, whether a cause is cleared. Pure.

Nothing is concluded from silence: no promise, no deadline and no restoration hangs on it. Each silence is asked about once; the
word that was missing ends the question, and so does anything newer that is said of the outage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import CauseCleared, CrewStatus, CurtailmentOrdered, FieldFact, SupplyRestored
from schemas.contracts.restorations import FactAccepted, FactQuestioned
from services.plausibility import HAPPENED, NOT_CLEARED, NOT_SAID_BACK, UNSAID
from services.plausibility.questions import DIGITS, instant, span
from services.policy.duty import AskingTimes
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.absence import missing_since
from services.restorer.domain.doubting import explained
from services.restorer.domain.lifecycle import Course, latest_plan
from services.restorer.domain.owed.excuses import reported
from services.restorer.domain.state import SupplyState

TIMERS: Final = {NOT_SAID_BACK: "unheard", NOT_CLEARED: "uncleared"}
"""By reason: the timer at which it is asked."""
DONE: Final = "fieldComplete"
OF_FAULTS: Final = frozenset({"fault", "emergency"})
"""Classes whose cause somebody has to find."""
ITSELF: Final = "/outage/restorer/within"
"""Who gave cause to ask, where no single fact did."""


class MissingWord(NamedTuple):
    """A word that nobody has said: why it is missed, since when, and by which fact that is known (source/id)."""

    reason: str
    since: datetime
    cause: str

    def question_of(self, mrid: str) -> str:
        """The name of the question about it: the same for the same silence."""
        said = f"{self.reason}|{mrid}|{self.since.astimezone(UTC).isoformat()}"
        return f"Q-{hashlib.sha256(said.encode()).hexdigest()[:DIGITS]}"


def missing(state: SupplyState, course: Course) -> Iterator[MissingWord]:
    """What nobody has said of an outage whose power is off.

    A fault in the customer's own installation is none of dispatch's, which says of none of them that power is back.
    """
    if not course.known or course.now.over is not None or course.status in ("merged", "withdrawn", "closed"):
        return
    if reported(state).customer_side is not None:
        return
    heard = last_heard(state, course)
    if heard is not None and missing_since(state, course) is None:  # else that is asked (absence.py)
        yield MissingWord(NOT_SAID_BACK, heard.at, heard.cause)
    done = _crew_done(state, course)
    if done is not None and course.outage_class in OF_FAULTS and course.now.cleared is None:
        yield MissingWord(NOT_CLEARED, done.at, done.cause)


def last_heard(state: SupplyState, course: Course) -> Moment | None:
    """The latest word on the outage, or the latest instant that it was said to last to."""
    words: list[Moment] = []
    for kind in state.facts:
        if issubclass(kind, FieldFact) and kind in HAPPENED:
            words += [Moment(getattr(fact, HAPPENED[kind]), cause) for fact, cause in state.of(kind)]
    words += [one for one in (state.reports.moments.last(), course.now.began) if one is not None]
    expected = state.words.last()
    if expected is not None:
        told = (expected.at, expected.ert, expected.next_update_at)
        words.append(Moment(max(at for at in told if at is not None), ITSELF))
    plan = latest_plan(state)
    ends = [plan.planned_period.end] if plan is not None else []
    ends += [order.planned_period.end for order, _ in state.of(CurtailmentOrdered)]
    ends += [at for at in (state.absence.listed_at, state.off_said_at) if at is not None]
    words += [Moment(at, ITSELF) for at in ends]
    return max(words, default=None)


def _crew_done(state: SupplyState, course: Course) -> Moment | None:
    """When the crew said that it is done, if that is its last word of this time without power."""
    began = course.now.began
    said = [
        (crew.at, crew.crew_status == DONE, cause)
        for crew, cause in state.of(CrewStatus)
        if (began is None or crew.at >= began.at) and state.counts(crew, crew.at)
    ]
    at, done, cause = max(said, default=(None, False, ""))
    return Moment(at, cause) if at is not None and done else None


def timers(state: SupplyState, course: Course, times: AskingTimes) -> dict[str, datetime]:
    """When dispatch is to be asked; nothing once it was."""
    return {
        TIMERS[one.reason]: one.since + within
        for one in missing(state, course)
        if (within := _within(one.reason, times)) and one.question_of(state.mrid) not in state.asked_back
    }


def _within(reason: str, times: AskingTimes) -> timedelta:
    return times.still_off_after if reason == NOT_SAID_BACK else times.cleared_after


def asked(state: SupplyState, course: Course, timer: str, due_at: datetime, now: datetime) -> Iterator[FactQuestioned]:
    """The question for which a timer was armed."""
    for one in missing(state, course):
        if TIMERS[one.reason] == timer and one.question_of(state.mrid) not in state.asked_back:
            yield _question(state.mrid, one, due_at, now)


def _question(mrid: str, one: MissingWord, due_at: datetime, now: datetime) -> FactQuestioned:
    name, since = one.question_of(mrid), instant(one.since)
    is_back = one.reason == NOT_SAID_BACK
    return FactQuestioned(
        mrid=mrid,
        question_id=name,
        fact_type=TYPE_OF[SupplyRestored if is_back else CauseCleared],
        cause=one.cause,
        field="restoredAt" if is_back else "clearedAt",
        given=one.since,
        reason=one.reason,
        against=due_at,
        held="field",
        question=(
            f"Power is off, and nothing was said of the outage for {span(due_at - one.since)}, since {since}. Is it back?"
            if is_back
            else f"The crew is done since {since}, and nobody has said for {span(due_at - one.since)} that the cause is cleared, "
            "or that power is back. Is it?"
        ),
        settled_by=(
            "If power is back, send supply.restored with the time since when it is. If it is off still, any newer word on the "
            f"outage says so (ert.changed, say), or: outagectl facts refuse {name} --reason …"
            if is_back
            else "Send cause.cleared with the time since when it is, or supply.restored. If it is not cleared, send the crew's new "
            f"status, or: outagectl facts refuse {name} --reason …"
        ),
        asked_at=now,
    )


def settled(state: SupplyState, course: Course, cause: str, now: datetime) -> Iterator[FactAccepted]:
    """The end of questions about a silence that is over."""
    open_ = [asked for asked in state.questions.values() if asked.reason in UNSAID]
    if not open_:
        return
    stand = {one.question_of(state.mrid) for one in missing(state, course)}
    for one in open_:
        if one.question_id not in stand:
            yield explained(state, one, cause, now)
