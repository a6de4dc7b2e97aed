"""Find facts that cannot be so beside the others: which they are, what is asked about them, what explains them. Pure.

What a fact says by itself is judged once, when it comes (services/plausibility). What it says beside the beginning of its
outage is judged again whenever that beginning moves: a late start may explain a restoration, or make it impossible. What is
said of an outage after it was withdrawn counts for nothing, and is asked about once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from schemas.contracts import restorations
from schemas.contracts.all_types import STRUCTS, TYPE_OF
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    ExtentChanged,
    Fact,
    FaultReported,
    FieldFact,
    OutageCorrected,
    OutageListedAgain,
    OutageReclassified,
    OutageStarted,
    OutageWithdrawn,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from services.plausibility import (
    ABOUT_NAMED,
    AFTER_WITHDRAWAL,
    EXPLAINED,
    HAPPENED,
    NOT_CLEARED,
    NOT_SAID_BACK,
    STILL_MISSING,
    Doubt,
    Figures,
    KnownTimes,
    against,
    ask,
    question_of,
)
from services.plausibility.questions import NAME_LENGTH
from services.restorer.domain.evolve import AMONG
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.merging.judging import ASKED
from services.restorer.domain.state import SupplyState

CONFIRMED = "confirmed-by-its-sender"
SAY_SINCE_WHEN, SAY_WHERE = "say-since-when-power-is-back", "say-where-it-is-off"
SAY_CLEARED = "say-since-when-it-is-cleared"
KINDS: tuple[type[FieldFact], ...] = (SupplyRestored, CrewStatus, CauseCleared, OutageWithdrawn)
SPEAK_OF_IT: tuple[type[FieldFact], ...] = (
    FaultReported,
    ExtentChanged,
    ErtChanged,
    CauseCleared,
    SupplyRestored,
    OutageListedAgain,
)
"""What nobody says of an outage that there was not. A crew may well come back from one."""
OF_SUPPLY: tuple[type[Fact], ...] = (
    *SPEAK_OF_IT,
    SupplyPerhapsRestored,
    OutageCorrected,
    OutageReclassified,
    OutageStarted,
    CurtailmentOrdered,
    CrewStatus,
)
"""Facts that say nothing any more of an outage that was withdrawn; a caller's complaint is one all the same."""
Word = restorations.FactQuestioned | restorations.FactAccepted


def known_of(course: Course) -> KnownTimes:
    """The beginning of the outage, as far as its facts tell it."""
    return KnownTimes(
        course.began.at if course.began is not None else None,
        course.first.at if course.first is not None else None,
        course.said,
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
                yield explained(state, question, cause, now)
    for each, said_by in found:
        if each.confirms is not None or (
            closed is not None and isinstance(each, SupplyRestored) and each.restored_at <= closed
        ):
            continue  # somebody stands by it; or the outage was closed on it, and a later start is another cut
        doubt = against(each, known, figures)
        if doubt is not None and (TYPE_OF[type(each)], doubt.given) not in state.doubted:
            yield ask(each, doubt, said_by, now)


def after_withdrawal(state: SupplyState, fact: Fact, after: Course, cause: str, now: datetime) -> Iterator[Word]:
    """One question as long as the outage is withdrawn, however many facts speak of it; none once it is not any more.

    `after`: the course once the words above are heard.
    """
    asked = [question for question in state.questions.values() if question.reason == AFTER_WITHDRAWAL]
    gone = after.now.withdrawn
    if gone is None or after.status != "withdrawn":
        for question in asked:
            yield explained(state, question, cause, now)
        return
    found: list[tuple[Fact, str]] = [(fact, cause)]
    if isinstance(fact, OutageWithdrawn):
        found = [each for kind in SPEAK_OF_IT for each in state.of(kind)]
    for each, said_by in found:
        if asked or not isinstance(each, SPEAK_OF_IT) or each.confirms is not None:
            continue
        name = HAPPENED[type(each)]
        given: datetime = getattr(each, name)
        if given > gone.at:
            asked = [ask(each, Doubt(AFTER_WITHDRAWAL, name, given, gone.at), said_by, now)]
            yield asked[0]


def explained(
    state: SupplyState, question: restorations.FactQuestioned, cause: str, now: datetime
) -> restorations.FactAccepted:
    """A question that another fact has settled."""
    return restorations.FactAccepted(
        mrid=state.mrid,
        question_id=question.question_id,
        fact_type=question.fact_type,
        at=now,
        by=cause[:NAME_LENGTH],
        reason=EXPLAINED,
    )


def instead(question: restorations.FactQuestioned, *, accept: bool) -> str | None:
    """Why a person cannot answer a question so, for dispatch has to say something else; None where it can be answered."""
    if accept and question.reason in (STILL_MISSING, NOT_SAID_BACK):
        return SAY_SINCE_WHEN
    if accept and question.reason == NOT_CLEARED:
        return SAY_CLEARED
    if accept and question.reason in ASKED:
        return question.reason  # nobody can stand by it: what to send instead stands in the question
    return SAY_WHERE if not accept and question.reason in ABOUT_NAMED else None


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
