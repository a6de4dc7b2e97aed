"""The deadlines of an outage: of its promises, and of what it waits for; and what follows when one has come. Pure."""

from __future__ import annotations

from datetime import datetime

from services.kernel.model import Decision, NewEvent, TimerFired
from services.plausibility import STILL_MISSING
from services.policy import Policy
from services.restorer.domain.course import absence, unsaid
from services.restorer.domain.deciding.following import Following, published
from services.restorer.domain.events import OUTAGE_CLOSED, OutageClosed
from services.restorer.domain.evidence.checking import NO_EVIDENCE
from services.restorer.domain.evidence.words import words_on
from services.restorer.domain.evolve import say
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.merging.decider import Merging
from services.restorer.domain.merging.judging import waits_until
from services.restorer.domain.owed import deadlines
from services.restorer.domain.state import SupplyState

CLOSE_TIMER, MERGE_TIMER = "close", "merge"
CALLBACKS = "callbacks/"
"""Timers of the calls back that one decision could not ask for, named by how many were asked for before."""


class Timed:
    """What is armed, and what follows from it, under a policy and its calendar."""

    def __init__(self, policy: Policy, following: Following, merging: Merging) -> None:
        self._policy, self._following, self._merging = policy, following, merging

    def timers(self, state: SupplyState) -> dict[str, datetime]:
        """`close` while power is back and nobody said otherwise; deadlines and warnings of promises; questions; `merge`."""
        armed = deadlines.timers(state)
        if (vain := waits_until(state)) is not None:
            armed[MERGE_TIMER] = vain
        course = course_of(state)
        armed.update(absence.timers(state, course, self._policy.settings.telling.absence_limit))
        armed.update(unsaid.timers(state, course, self._policy.settings.asking))
        if course.status == "restored" and course.now.ended is not None:
            armed[CLOSE_TIMER] = course.now.ended.at + self._policy.settings.close_after
        if course.status not in ("withdrawn", "merged") and course.now.ended is not None and len(state.reports.callers):
            armed[f"{CALLBACKS}{len(state.followups)}"] = course.now.ended.at
        return armed

    def fired(self, state: SupplyState, fired: TimerFired, cause: str, now: datetime) -> Decision:
        """A deadline: of a promise, or of what an outage waits for."""
        if fired.name == absence.TIMER:
            return self._absent(state, fired, now)
        if fired.name in unsaid.TIMERS.values():
            asked = [*unsaid.asked(state, course_of(state), fired.name, fired.due_at, now)]
            return Decision(asked[0].reason if asked else "heard-since", [*map(published, asked)])
        if fired.name == MERGE_TIMER:
            return self._merging.waits_in_vain(state, fired.due_at, now)
        if fired.name == CLOSE_TIMER:
            return self._close(state, fired, cause)
        if fired.name.startswith(CALLBACKS):
            return self._call_back(state, now)
        found = deadlines.timer_of(state, fired.name)
        if found is None:
            return Decision("promise-settled")
        record, what = found
        if what == "at-risk":
            return Decision("promise-at-risk", [*map(published, deadlines.at_risk(state, record, now))])
        return Decision("promise-broken", [*map(published, deadlines.lapsed(record, unproven=fired.unproven))])

    @staticmethod
    def _close(state: SupplyState, fired: TimerFired, cause: str) -> Decision:
        episode = course_of(state).now
        if episode.ended is None:
            return Decision("not-restored")
        closed = OutageClosed(
            mrid=state.mrid, closed_at=fired.due_at, restored_at=episode.ended.at, episode=episode.number
        )
        after = say(state, closed)
        # What somebody still denies is another matter from here on.
        said = words_on(after, course_of(after), NO_EVIDENCE, cause, fired.due_at)
        return Decision("quiet-since-restored", [NewEvent(OUTAGE_CLOSED, closed), *map(published, said)])

    @staticmethod
    def _absent(state: SupplyState, fired: TimerFired, now: datetime) -> Decision:
        """Its list lacks the outage for so long that dispatch must say whether power is back."""
        since = absence.missing_since(state, course_of(state))
        if since is None:
            return Decision("listed-or-answered-since")
        return Decision(STILL_MISSING, [published(absence.question(state, since, fired.due_at, now))])

    def _call_back(self, state: SupplyState, now: datetime) -> Decision:
        """The next of those who reported are to be called back."""
        course = course_of(state)
        if course.now.ended is None:
            return Decision("not-restored")
        return Decision("followups-due", [*map(published, self._following.calls_back(state, course, now))])
