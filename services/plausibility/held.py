"""Hold back a stream's doubtful facts, and release them when answered: the same in every service. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas.contracts.all_types import STRUCTS, type_of
from schemas.contracts.base import Instant, Name
from schemas.contracts.dispatch import Fact, FieldFact
from schemas.contracts.restorations import FactAccepted, FactRefused
from schemas.envelope import newest
from services.plausibility.figures import Figures
from services.plausibility.judging import NOTHING_KNOWN, Doubt, judge
from services.plausibility.questions import NAME_LENGTH, question_of

FACT_HELD = "fact.held.v1"
QUESTIONED, REFUSED = "already-questioned", "refused-before"
ACCEPTED, ANSWERED_FIRST = "released", "answered-before-heard"
EXPLAINED = "explained-since"
QuestionAnswer = Literal["accepted", "refused"]


class FactHeld(Fact, frozen=True, kw_only=True):
    """A service's own record of a fact that it did not take, whole, so that it can be taken when somebody stands by it."""

    question_id: Name
    fact_type: Name
    cause: Name
    body: Annotated[str, Meta(description="The fact as JSON")]
    field: Name
    given: Instant
    against: Instant
    reason: Name
    held: Literal["fact", "field"] = "fact"

    def fact(self) -> FieldFact:
        """The fact as one that somebody stands by."""
        told: Any = newest(self.fact_type, msgspec.json.decode(self.body, type=STRUCTS[self.fact_type]))
        found: FieldFact = msgspec.structs.replace(told, confirms=self.question_id)
        return found

    @property
    def doubt(self) -> Doubt:
        """What cannot be so."""
        return Doubt(self.reason, self.field, self.given, self.against)


@dataclass(frozen=True, slots=True)
class Doubts:
    """Facts held, by question, and answers heard. An answer may come before the fact it speaks of: topics are not in step."""

    held: Mapping[str, FactHeld] = field(default_factory=dict)
    answers: Mapping[str, QuestionAnswer] = field(default_factory=dict)

    def hear(self, data: object) -> Doubts:
        """After one more event of the log."""
        match data:
            case FactHeld():
                return replace(self, held={**self.held, data.question_id: data})
            case FactAccepted():
                if data.reason == EXPLAINED:
                    return self
                return self._answered(data.question_id, "accepted")
            case FactRefused():
                return self._answered(data.question_id, "refused")
            case FieldFact(confirms=str(question_id)):
                # Somebody stands by it: the same fact without that word may come later, and is not asked about again.
                return self._answered(question_id, "accepted") if question_id not in self.answers else self
            case _:
                return self

    def _answered(self, question_id: str, answer: QuestionAnswer) -> Doubts:
        held = {name: one for name, one in self.held.items() if name != question_id}
        return Doubts(held, {**self.answers, question_id: answer})


NO_DOUBTS = Doubts()


@dataclass(frozen=True, slots=True)
class CheckedFact:
    """What a stream may take of a fact (None: nothing), and what it is to hold of it now.

    `reason` names why nothing is taken, or what was done to the fact; `settles`: the question that the fact answers.
    """

    fact: FieldFact | None
    reason: str | None = None
    held: FactHeld | None = None
    settles: str | None = None


def sift(doubts: Doubts, fact: FieldFact, cause: str, recorded_at: datetime, figures: Figures) -> CheckedFact:
    """What a stream does with `fact`: take it, take it without a field, or hold it. `cause`: source and id of its event."""
    plain = fact if fact.confirms is None else msgspec.structs.replace(fact, confirms=None)
    if fact.confirms is not None and fact.confirms == question_of(plain):
        # Whoever knows the question's name stands by this very fact: the name follows from its content.
        return CheckedFact(fact, settles=fact.confirms)
    judgement = judge(plain, NOTHING_KNOWN, recorded_at, figures)
    if judgement.doubt is None:
        return CheckedFact(judgement.fact, judgement.note)
    question_id = question_of(plain)
    answer = doubts.answers.get(question_id)
    if answer == "accepted":
        return CheckedFact(msgspec.structs.replace(plain, confirms=question_id))
    if answer == "refused" or question_id in doubts.held:
        return CheckedFact(judgement.fact, REFUSED if answer == "refused" else QUESTIONED)
    doubt = judgement.doubt
    held = FactHeld(
        mrid=plain.mrid,
        question_id=question_id,
        fact_type=type_of(plain),
        cause=cause[:NAME_LENGTH],
        body=msgspec.json.encode(plain).decode(),
        field=doubt.field,
        given=doubt.given,
        against=doubt.against,
        reason=doubt.reason,
        held="fact" if judgement.fact is None else "field",
    )
    return CheckedFact(judgement.fact, doubt.reason, held)


def released(doubts: Doubts, answer: FactAccepted) -> FieldFact | None:
    """The fact that `answer` releases; None where this stream does not hold it (yet)."""
    held = doubts.held.get(answer.question_id)
    return held.fact() if held is not None else None


def vouched(fact: FieldFact | None, answer: FactAccepted) -> FieldFact | None:
    """`fact`, which was taken but counts for nothing yet, as one that somebody stands by; None where `answer` is of another."""
    if fact is None or fact.confirms is not None or answer.reason == EXPLAINED:
        return None
    asked = question_of(fact) == answer.question_id
    return msgspec.structs.replace(fact, confirms=answer.question_id) if asked else None


def shown(doubts: Doubts) -> list[dict[str, Any]]:
    """What a stream holds, for its view: the kernel counts these, whichever service they stand in."""
    return [
        {"questionId": name, "factType": one.fact_type, "reason": one.reason, "field": one.field, "given": one.given}
        for name, one in sorted(doubts.held.items())
    ]


HELD_STRUCTS: dict[str, type[msgspec.Struct]] = {FACT_HELD: FactHeld}
"""What every service that sifts adds to the structs of its log."""
