"""Find facts that cannot be so beside the others: which they are, what is asked about them, what explains them. Pure.

What a fact says by itself is judged once, when it comes (services/plausibility). What it says beside the beginning of its
outage is judged again whenever that beginning moves: a late start may explain a restoration, or make it impossible.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.dispatch import CauseCleared, CrewStatus, Fact, FieldFact, SupplyRestored
from services.plausibility import EXPLAINED, Figures, KnownTimes, against, ask, question_of
from services.plausibility.questions import NAME_LENGTH
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import AMONG, SupplyState

CONFIRMED = "confirmed-by-its-sender"
KINDS: tuple[type[FieldFact], ...] = (SupplyRestored, CrewStatus, CauseCleared)
Word = restorations.FactQuestioned | restorations.FactAccepted


def known_of(course: Course) -> KnownTimes:
    """The beginning of the outage, as far as its facts tell it."""
    return KnownTimes(
        course.began.at if course.began is not None else None, course.first.at if course.first is not None else None
    )


def words(
    state: SupplyState, fact: Fact, before: Course, after: Course, figures: Figures, cause: str, now: datetime
) -> Iterator[Word]:
    """Questions about facts that cannot be so now, and the end of those that are explained. `fact`: the newest.

    Where the beginning did not move, only the newest fact can be in doubt: no fact costs a look at all others.
    """
    known = known_of(after)
    closed = max((closing.restored_at for closing in state.closings), default=None)
    if known == known_of(before):
        found = [(fact, cause)] if isinstance(fact, KINDS) else []
    else:
        found = [each for kind in KINDS for each in state.of(kind)]
        for question in state.questions.values():
            told = fact_of(state, question)
            if question.reason in AMONG and told is not None and against(told, known, figures) is None:
                yield restorations.FactAccepted(
                    mrid=state.mrid,
                    question_id=question.question_id,
                    fact_type=question.fact_type,
                    at=now,
                    by=cause[:NAME_LENGTH],
                    reason=EXPLAINED,
                )
    for each, said_by in found:
        if each.confirms is not None or (
            closed is not None and isinstance(each, SupplyRestored) and each.restored_at <= closed
        ):
            continue  # somebody stands by it; or the outage was closed on it, and a later start is another cut
        doubt = against(each, known, figures)
        if doubt is not None and (TYPE_OF[type(each)], doubt.given) not in state.doubted:
            yield ask(each, doubt, said_by, now)


def fact_of(state: SupplyState, question: restorations.FactQuestioned) -> FieldFact | None:
    """The recorded fact that a question is about; None where the whole fact is held, or is not one of these."""
    kind = STRUCTS[question.fact_type]
    for fact, _ in state.of(kind):  # type: ignore[type-var]
        if isinstance(fact, FieldFact) and fact.confirms is None and question_of(fact) == question.question_id:
            return fact
    return None


def stood_by(state: SupplyState, question: restorations.FactQuestioned) -> FieldFact | None:
    """The fact in question as one that somebody stands by, whole."""
    held = state.doubts.held.get(question.question_id)
    if held is not None:
        return held.fact()
    fact = fact_of(state, question)
    return msgspec.structs.replace(fact, confirms=question.question_id) if fact is not None else None
