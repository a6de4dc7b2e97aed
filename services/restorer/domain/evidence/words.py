"""Say what is new about the evidence of a restoration, and ask dispatch: one question for all points of an outage. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from schemas.contracts.base import Extent
from schemas.contracts.network import ModelRef
from schemas.contracts.restorations import FactQuestioned, RestorationChecked
from services.places.extents import all_names
from services.plausibility import METER_SAYS_OFF, METERS_SAY_ON, STILL_OFF
from services.plausibility.questions import instant
from services.restorer.domain.doubting import Word, explained
from services.restorer.domain.evidence.checked import ASKED, DENIALS
from services.restorer.domain.evidence.checking import Evidence
from services.restorer.domain.evolve import say
from services.restorer.domain.lifecycle import Course
from services.restorer.domain.state import SupplyState

NAMES_SHOWN: Final = 50
NAMES_TOLD: Final = 5
NAME_LENGTH: Final = 200  # schemas.contracts.base.Name
EACH: Final = 10
"""Up to so many points each one that joins is said in the question; beyond, only when they are twice as many."""
_SETTLED: Final = (
    "If power is off there, say so: outage.started for those places under an mRID of its own, or outage.reopened where all is. "
    "If it is back, send supply.restored again with a later restoredAt, or: outagectl facts refuse {name} --reason …; then those "
    "there are told that it is. A later reading with power settles it by itself."
)
_SETTLED_ON: Final = (
    "If power is back, send supply.restored with the time since when. If it is not (a test, a plant behind the meters): "
    "outagectl facts refuse {name} --reason …"
)


def words_on(
    state: SupplyState, course: Course, found: Evidence | None, cause: str, now: datetime
) -> Iterator[RestorationChecked | Word]:
    """What is new: the word for whoever tells customers, before it is asked about. `found` None: nothing was looked at."""
    if found is None:
        return
    episode = course.now.number
    known = state.checked.of(episode)
    begins = found.is_denied and state.checked.episode != episode
    if begins or found.denied.keys() != known.points.keys() or found.proven != known.proven:
        said = RestorationChecked(
            mrid=state.mrid,
            number=state.checked.number + 1,
            episode=episode,
            checked_at=now,
            restored_at=found.restored_at,
            denied=Extent(usage_points=tuple(found.denied[form] for form in sorted(found.denied))),
            meters=found.meters,
            proven=found.proven,
        )
        state = say(state, said)
        yield said
    yield from _questions(state, course, found, cause, now)


def _questions(state: SupplyState, course: Course, found: Evidence, cause: str, now: datetime) -> Iterator[Word]:
    known = state.checked.of(course.now.number)
    open_ = {one.question_id: one for one in state.questions.values() if one.reason in ASKED}
    present = _name(state, course, "denied", str(known.rounds))
    for question in open_.values():
        if question.reason in DENIALS and not (found.is_denied and question.question_id == present):
            yield explained(state, question, cause, now)
    if found.is_denied and not known.granted:
        grown = len(found.denied) > known.asked and (len(found.denied) <= EACH or len(found.denied) >= 2 * known.asked)
        if present not in open_ or grown:
            yield _denied(state, present, found, now)
    on = [one for one in open_.values() if one.reason == METERS_SAY_ON]
    if not found.all_on:
        for question in on:
            yield explained(state, question, cause, now)
    elif not on and _name(state, course, "on", "") not in state.doubts.answers:
        yield _all_on(state, course, found, now)


def _name(state: SupplyState, course: Course, what: str, round_: str) -> str:
    said = "\n".join((state.mrid, what, str(course.now.number), round_))
    return f"Q-{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def _models(state: SupplyState) -> tuple[ModelRef, ...]:
    return state.network.network_models if state.network is not None and state.network.points else ()


def _denied(state: SupplyState, name: str, found: Evidence, now: datetime) -> FactQuestioned:
    back = found.restored_at or now
    since = f"though power is said to be back since {instant(back)}. Is it back there?"
    if found.readings:
        last = found.readings[-1]
        places = Extent(usage_points=tuple(found.denied[form] for form in sorted(found.denied))[:NAMES_SHOWN])
        of = f" of {found.meters.points:,}" if found.meters is not None else ""
        also = f", and {_customers(len(found.words))} so too" if found.words else ""
        what = (
            f"{len(found.readings):,}{of} usage points ({_shown(places)}) were read without power, "
            f"last at {instant(last.at)}{also}, "
        )
        fact, field, given, cause, reason = "meter.reading.v1", "readAt", last.at, last.cause, METER_SAYS_OFF
    else:
        word = found.words[-1]
        places = word.where
        what = f"{_customers(len(found.words))} that power is off ({_shown(places)}), last at {instant(word.at)}, "
        fact, given, cause, reason = word.fact_type, word.at, word.cause, STILL_OFF
        field = "reportedAt" if fact == "fault.reported.v1" else "saidAt"
    return FactQuestioned(
        mrid=state.mrid,
        question_id=name,
        fact_type=fact,
        cause=cause[:NAME_LENGTH],
        field=field,
        given=given,
        reason=reason,
        against=back,
        held="field",
        question=what + since,
        settled_by=_SETTLED.format(name=name),
        asked_at=now,
        places=places,
        network_models=_models(state),
    )


def _all_on(state: SupplyState, course: Course, found: Evidence, now: datetime) -> FactQuestioned:
    last = max(found.all_on, key=lambda one: (one.at, one.form))
    began = course.now.began or course.began
    name, since = _name(state, course, "on", ""), began.at if began is not None else now
    return FactQuestioned(
        mrid=state.mrid,
        question_id=name,
        fact_type="meter.reading.v1",
        cause=last.cause[:NAME_LENGTH],
        field="readAt",
        given=last.at,
        reason=METERS_SAY_ON,
        against=since,
        held="field",
        question=(
            f"All {len(found.all_on):,} usage points that are off were read with power, last at {instant(last.at)}. "
            "Is it back?"
        ),
        settled_by=_SETTLED_ON.format(name=name),
        asked_at=now,
        network_models=_models(state),
    )


def _shown(places: Extent) -> str:
    names = all_names(places)
    more = f" and {len(names) - NAMES_TOLD} more" if len(names) > NAMES_TOLD else ""
    return (", ".join(names[:NAMES_TOLD]) or "no place named") + more


def _customers(count: int) -> str:
    return f"{count:,} customers say" if count > 1 else "1 customer says"
