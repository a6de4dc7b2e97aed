"""All that is counted of one outage, concluded from its facts; the same in whatever order they came. Pure."""

from __future__ import annotations

from datetime import datetime

from schemas.contracts.dispatch import CrewStatus
from services.places.extents import names
from services.places.names import first_of_each, forms
from services.reliability import OutageFigures, WordsOnTime
from services.reliability.interruptions import NAMES_KEPT
from services.restorer.domain.course.territory import known
from services.restorer.domain.figures.steps import interruptions_of
from services.restorer.domain.lifecycle import Course, course_of
from services.restorer.domain.state import SupplyState

TAKEN = frozenset({"assigned", "enroute", "arrived", "fieldComplete"})
"""Crew states in which somebody has the work."""


def figures_of(state: SupplyState) -> OutageFigures:
    """What is counted of the outage as its facts now tell it, concluded once for each state; nothing of one that is not known."""
    if not state.counted:
        state.counted.append(_figures(state, course_of(state)))
    figures: OutageFigures = state.counted[0]
    return figures


def _figures(state: SupplyState, course: Course) -> OutageFigures:
    if not course.known:
        return OutageFigures()
    where = known(state)
    return OutageFigures(
        outage_class=course.outage_class,
        lines=_named(course, "lines"),
        areas=_named(course, "areas"),
        territories=where.names if where is not None else (),
        interruptions=tuple(interruptions_of(state, course)),
        words=_words(state, course),
    )


def _named(course: Course, kind: str) -> tuple[str, ...]:
    """Where power ever was off: the first names, each place once; where nothing is known to be off, where the outage is."""
    said = [names(mark.remaining, kind)[:NAMES_KEPT] for mark in course.marks] + [
        names(course.extent, kind)[:NAMES_KEPT]
    ]
    once = first_of_each((form, name) for given in said for name, form in zip(given, forms(given), strict=True))
    return once[:NAMES_KEPT]


def _words(state: SupplyState, course: Course) -> WordsOnTime:
    ended = course.now.ended
    is_over = ended is not None and course.now.withdrawn is None
    reported = state.reports.moments.first()
    restored = ended.at if ended is not None and is_over else None
    return WordsOnTime(
        first_known=course.first.at if course.first is not None else None,
        first_said=state.words.first_ert,
        moved=state.words.changes,
        last_ert=_last_ert(state, restored),
        restored=restored,
        reported=reported.at if reported is not None else None,
        dispatched=_dispatched(state, reported.at if reported is not None else None),
    )


def _last_ert(state: SupplyState, restored: datetime | None) -> datetime | None:
    word = state.words.last() if restored is None else state.words.standing(restored)
    return word.ert if word is not None else None


def _dispatched(state: SupplyState, reported: datetime | None) -> datetime | None:
    if reported is None:
        return None
    said = (crew.at for crew, _ in state.of(CrewStatus) if crew.crew_status in TAKEN and state.counts(crew, crew.at))
    first = min(said, default=None)
    return None if first is None else max(first, reported)
