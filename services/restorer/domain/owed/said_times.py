"""What was said of when power is back, as promises to the public: the time that was announced, and the next word. Pure.

Each time that was named is a promise of its own, known by that time. What counts is what stood when it came: a time that another
word had replaced by then binds nobody (`ert-moved`, `ert-withdrawn`); one that stood is kept by power that is back. The next word
is kept by whatever is said anew by then, or by power; one that was past when it was named is no promise (`time-gone-by`). What each
customer was told is the notifier's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from services.policy import Policy, Rule, deadline, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.callers.chatter import SpokenTime, latest_times
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.episodes import Episode
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.owed.due import DuePromise
from services.restorer.domain.state import SupplyState

EXPECTED_TIME, NEXT_UPDATE = "expected-time", "next-update"
OBLIGATIONS: Final = (EXPECTED_TIME, NEXT_UPDATE)
LOOKED_AT: Final = 50
"""So many of the latest times are judged anew with each fact; what was said of earlier ones stands."""
_STAMP: Final = "%Y%m%d%H%M%S"


def episode_named(until: datetime) -> int:
    """What tells the promise of one time from those of others: the time, as 20260305041500 (UTC)."""
    return int(until.astimezone(UTC).strftime(_STAMP))


def is_time(episode: int) -> bool:
    """Whether a promise goes by a time that was said, not by a time without power."""
    return episode > 10**9


def asked_by_words(
    state: SupplyState, course: Course, policy: Policy, rule: Rule, calendar: WorkingCalendar
) -> Iterator[DuePromise]:
    """The promises of `rule`, which is about the times that were said; those that bind nobody are quiet."""
    spoken = state.words.erts if rule.obligation == EXPECTED_TIME else state.words.updates
    for time in latest_times(spoken, LOOKED_AT):
        limit = deadline(rule, time.until, calendar)
        due_at = limit.due_at + rule.tolerance
        judge = _expected if rule.obligation == EXPECTED_TIME else _updated
        done, void = judge(state, course, time, due_at)
        warnings = policy.warnings(rule, time.at, due_at)
        yield DuePromise(
            rule=rule_ref(policy, rule, calendar),
            episode=episode_named(time.until),
            obligation=rule.obligation,
            since=Moment(time.at, time.cause),
            due_at=due_at,
            at_risk_at=warnings[0],
            warn_again_at=warnings[1:],
            done=done,
            provisional=limit.provisional,
            void=void,
            quiet=True,
        )


Judged = tuple[Moment | None, tuple[str, Moment] | None]
"""When it was done, and why it binds nobody."""


def _expected(state: SupplyState, course: Course, time: SpokenTime, due_at: datetime) -> Judged:
    """Power back by the time said."""
    del due_at
    then = _episode(course, time.until)
    back = then.ended.at if then.ended is not None and then.withdrawn is None else time.until
    word = state.words.standing(min(back, time.until))  # what is said once power is back moves nothing
    if word is None or word.ert != time.until:
        why = "ert-moved" if word is None or word.ert is not None else "ert-withdrawn"
        return None, (why, state.words.moment(word) if word is not None else Moment(time.at, time.cause))
    said_in = _episode(course, word.at)
    if (void := _beside(said_in, word.at)) is not None:
        return None, void
    if then is not said_in and then.began is not None:
        return None, ("reopened", then.began)  # and nothing was said anew
    return then.ended, None


def _updated(state: SupplyState, course: Course, time: SpokenTime, due_at: datetime) -> Judged:
    """The next word by the time said: anything that was not said before, or power."""
    if time.until <= time.at:
        return None, ("time-gone-by", Moment(time.at, time.cause))  # mistyped: it was past when it was named
    episode = _episode(course, time.at)
    if (void := _beside(episode, time.at)) is not None:
        return None, void
    word = state.words.standing(due_at)
    if word is not None and (word.ert, word.next_update_at) == (None, time.until):
        word = state.words.following(due_at)
    said = [state.words.moment(word)] if word is not None else []
    return min((*said, *([episode.ended] if episode.ended is not None else [])), default=None), None


def _episode(course: Course, at: datetime) -> Episode:
    """The last time without power that had begun by then."""
    return next(each for each in reversed(course.episodes) if each.began is None or each.began.at <= at)


def _beside(episode: Episode, at: datetime) -> tuple[str, Moment] | None:
    """Why what was said then binds nobody, whatever came of it."""
    if episode.withdrawn is not None:
        return "withdrawn", episode.withdrawn
    if episode.ended is not None and episode.ended.at < at:
        return "said-after-restoration", episode.ended
    return None
