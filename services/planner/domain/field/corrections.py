"""Judge work again whose start dispatch corrects: what was called a breach and was none, and what is one after all. Pure.

A correction speaks of the first start that was said before it. It may come before that start; of several the latest counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec import structs

from schemas.contracts.dispatch import OutageCorrected, OutageStarted
from services.instants import moved_to, start_at
from services.planner.domain.field.breaches import EARLY, WIDER, WITHOUT, is_of_no_notice
from services.planner.domain.promises import notice_of
from services.planner.domain.shown.told import TOLD_IN_TIME, was_told
from services.planner.domain.state import PlanState
from services.promises import PromiseEvent, settle

CORRECTED: Final = "start-corrected"
BY_START: Final = frozenset({WITHOUT, EARLY})
"""Breaches that hang on when work began."""


def is_newer(state: PlanState, fact: OutageCorrected) -> bool:
    """Whether it says more than what was known; one that names no start is none of the planner's."""
    known = state.correction
    if fact.started_at is None:
        return False
    return known is None or (known.corrected_at, known.confirms or "") < (fact.corrected_at, fact.confirms or "")


def is_of(began: datetime | None, fact: OutageCorrected | None) -> bool:
    """Whether a correction speaks of work that was said to have begun then."""
    return began is not None and fact is not None and fact.started_at is not None and began <= fact.corrected_at


def as_corrected(state: PlanState, started: OutageStarted) -> OutageStarted:
    """A start at the instant that it was corrected to, where it is of the beginning that the correction speaks of: the first."""
    said = started.started_at if state.first_said is None else min(started.started_at, state.first_said)
    at = start_at(started.started_at, said, moved_to(said, state.correction))
    return started if at == started.started_at else structs.replace(started, started_at=at)


def begin(state: PlanState, started: OutageStarted, now: datetime) -> PlanState:
    """The state once work is said to have begun."""
    said = started.started_at if state.first_said is None else min(started.started_at, state.first_said)
    return replace(state.after_start(as_corrected(state, started).started_at, now), first_said=said)


def still_wrong(state: PlanState, began: datetime) -> frozenset[str]:
    """The breaches said so far that are none the less so, had work begun then."""
    notice = state.in_force(began)
    wrong = WITHOUT if notice is None else EARLY if began < notice.told.period.start else ""
    return frozenset(kind for kind in state.breaches if kind not in BY_START or kind == wrong)


def corrected(state: PlanState, fact: OutageCorrected, now: datetime) -> PlanState:
    """The state with one more correction."""
    if not is_newer(state, fact):
        return state
    after = replace(state, correction=fact)
    if state.started_at is None or fact.started_at is None or not is_of(state.first_said, fact):
        return after
    return replace(after.after_start(fact.started_at, now), breaches=still_wrong(state, fact.started_at))


def righted(state: PlanState, began: datetime, cause: str, now: datetime) -> Iterator[PromiseEvent]:
    """Verdicts that were given for a breach which was none: the public was told of what really happened."""
    left = still_wrong(state, began)
    gone = state.breaches - left
    for record in state.promises.by_id():
        if record.obligation != TOLD_IN_TIME or record.standing != "broken" or record.reason not in gone:
            continue
        if is_of_no_notice(state, record):
            yield from settle(record, "voided", at=now, reason=CORRECTED, evidence=(cause,))
            continue
        if WIDER in left:
            # More was cut than the public was told, whenever that began.
            continue
        notices = [state.notice, *(past.notice for past in state.past)]
        told = next((one for one in notices if one is not None and one.notice_id == notice_of(record)), None)
        if told is not None and was_told(record, told.published_at, state.showing(told.notice_id)):
            yield from settle(record, "kept", at=now, reason=CORRECTED, evidence=(cause,))
