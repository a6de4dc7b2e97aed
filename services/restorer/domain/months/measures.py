"""What is measured of an outage where no single case has a deadline: rules that ask for an average, and those that name no time.

How long it took from one moment to another, once for each time without power. It follows from the facts alone, whatever their
order. What excuses a promise leaves a case out here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import msgspec

from schemas.contracts.base import RuleRef, Territory
from services.policy import Policy, Rule, rule_ref
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.callers.reports import Moment
from services.restorer.domain.course.territory import lies
from services.restorer.domain.episodes import Episode
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.owed.excuses import excuse, reported
from services.restorer.domain.owed.moments import FROM, TO
from services.restorer.domain.owed.rules import asking
from services.restorer.domain.state import SupplyState

NEEDLESS = "restored-before-crew"
CREW = "crew-arrived", "crew-dispatched"
UNTIL: Mapping[str, Callable[[Episode], Moment | None]] = {**TO, "crew-dispatched": lambda episode: episode.dispatched}
"""The moments up to which something is measured: no promise rests on the dispatch of a crew alone."""


class MeasuredCase(msgspec.Struct, frozen=True, kw_only=True):
    """How long one thing took in one outage: from `since` until `done_at`, None while that did not happen."""

    mrid: str
    rule: RuleRef
    episode: int
    obligation: str
    since: datetime
    done_at: datetime | None
    left_out: str | None = None
    """Why it does not count."""
    territories: tuple[Territory, ...] = ()


def is_measured(rule: Rule) -> bool:
    """Whether it is measured case by case without a promise for each, between moments that the restorer sees."""
    alone = rule.aggregate == "average" or (rule.aggregate == "each" and rule.amount is None)
    return alone and rule.measure_from in FROM and rule.measure_to in UNTIL


def measured(state: SupplyState, policy: Policy, calendar: WorkingCalendar) -> tuple[MeasuredCase, ...]:
    """Every such case of an outage; of one that was merged none, for the one that goes on has them."""
    if state.merged is not None:
        return ()
    course = course_of(state)
    return tuple(_cases(state, course, policy, calendar)) if course.known else ()


def _cases(state: SupplyState, course: Course, policy: Policy, calendar: WorkingCalendar) -> Iterator[MeasuredCase]:
    said = reported(state)
    traits = {"outage_class": course.outage_class, **said.traits, "ordinary": True}
    own = course.outage_class == "fault" != course.was
    where = lies(state, policy.settings.territory) if state.reports.first is not None or own else None
    for obligation in dict.fromkeys(rule.obligation for rule in policy.rules.values() if is_measured(rule)):
        for rule, there in asking(policy, obligation, traits, where):
            if not is_measured(rule):
                continue
            void = excuse(rule, said)
            for episode in course.episodes:
                since, done = FROM[rule.measure_from](episode), UNTIL[rule.measure_to](episode)
                if since is None or episode.withdrawn is not None:
                    continue
                needless = done is None and episode.ended is not None and rule.measure_to in CREW
                yield MeasuredCase(
                    mrid=state.mrid,
                    rule=rule_ref(policy, rule, calendar),
                    episode=episode.number,
                    obligation=rule.obligation,
                    since=since.at,
                    done_at=None if done is None else max(done.at, since.at),
                    left_out=void[0] if void is not None else NEEDLESS if needless else None,
                    territories=there.names if there is not None else (),
                )
