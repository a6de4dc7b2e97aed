"""What follows from a person's answer to a question, from how a call back went, and from meters that were read. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from schemas.contracts import dispatch, restorations
from services.kernel.model import Decision, Message, NewEvent
from services.restorer.domain import doubting
from services.restorer.domain.announcements import NAME_LENGTH
from services.restorer.domain.callers import recording
from services.restorer.domain.callers.recorded import FollowupRecorded
from services.restorer.domain.course.beside import Beside
from services.restorer.domain.deciding.following import Following, published
from services.restorer.domain.events import SUPPLY_BY_MODEL, FactAnswered, OthersMoved
from services.restorer.domain.evidence.checked import DENIALS
from services.restorer.domain.evidence.words import words_on
from services.restorer.domain.evolve import say
from services.restorer.domain.figures.staying import stays_word
from services.restorer.domain.lifecycle import course_of
from services.restorer.domain.state import SupplyState

Take = Callable[[SupplyState, dispatch.Fact, str, datetime, Beside], Decision]
"""What follows from a fact that is believed: state, fact, who says so, now, what else is known."""


class Answered:
    """What follows from them; a fact that a person stands by is taken like any other (`take`)."""

    def __init__(self, following: Following, take: Take) -> None:
        self._following, self._take = following, take

    def answered(self, state: SupplyState, answer: FactAnswered, now: datetime, beside: Beside) -> Decision:
        """A person says whether a fact in question is so."""
        question = state.questions.get(answer.question_id)
        if question is None:
            return Decision("question-not-open")
        if (why := doubting.instead(question, accept=answer.accept)) is not None:
            return Decision(why)
        settled = (restorations.FactAccepted if answer.accept else restorations.FactRefused)(
            mrid=state.mrid,
            question_id=answer.question_id,
            fact_type=question.fact_type,
            at=now,
            by=answer.by,
            reason=answer.reason,
        )
        fact = doubting.stood_by(state, question) if answer.accept else None
        after = say(state, settled)
        if fact is None:
            # Of a restoration that counted meanwhile, what followed is taken back.
            course = course_of(after)
            said = self._following.borne_out(after, course, answer.by, now, beside) if course.known else ()
            reason = "fact-accepted" if answer.accept else "fact-refused"
            return Decision(reason, [published(settled), *map(published, said)])
        taken = self._take(after, fact, question.cause, now, beside)
        return Decision("fact-accepted", [published(settled), *taken.events], taken.reason)

    def called(self, state: SupplyState, word: FollowupRecorded, cause: str, now: datetime, beside: Beside) -> Decision:
        """A person says how a call back went: the same as where the call centre's system says it."""
        against = recording.refusal(state, course_of(state), self._following.calls, word, now)
        if against is not None:
            return Decision(against.reason, detail=against.detail)
        return self._take(state, recording.fact_of(word), cause, now, beside)

    def looked(self, state: SupplyState, message: Message, now: datetime, beside: Beside) -> Decision:
        """The outage looks again: at what its meters say, or at the others at its places."""
        if isinstance(message.data, OthersMoved):
            return self._others_moved(state, beside)
        return self._meters_read(state, message.cause, now, beside)

    def _meters_read(self, state: SupplyState, cause: str, now: datetime, beside: Beside) -> Decision:
        """Meters deny a restoration, bear it out, or say nothing new."""
        course, words, state = self._following.by_network(state, beside)
        known = [NewEvent(SUPPLY_BY_MODEL, word) for word in words]
        found = self._following.evidence(state, course, beside)
        said = [*words_on(state, course, found, cause, now)]
        if found is not None and found.proven:
            reason = "meters-prove"
        else:
            reason = "meters-deny" if found is not None and found.is_denied else "meters-agree"
        return Decision(reason if said else "nothing-new-from-meters", [*known, *map(published, said)])

    @staticmethod
    def _others_moved(state: SupplyState, beside: Beside) -> Decision:
        """Outages at its places are otherwise than they were: figures go by whom they hold now. Nothing is published."""
        word = stays_word(state, beside.network, beside.neighbours)
        if word is None:
            return Decision("nothing-new-from-others")
        return Decision("others-hold-otherwise", [NewEvent(SUPPLY_BY_MODEL, word)])

    @staticmethod
    def denial_answered(state: SupplyState, fact: dispatch.Fact) -> restorations.FactQuestioned | None:
        """The question whether power is back that a restoration answers by name: dispatch stands by it."""
        if not isinstance(fact, dispatch.SupplyRestored) or fact.confirms is None:
            return None
        question = state.questions.get(fact.confirms)
        return question if question is not None and question.reason in DENIALS else None

    def stood_by(
        self, state: SupplyState, question: restorations.FactQuestioned, cause: str, now: datetime, beside: Beside
    ) -> Decision:
        """Power is back there, says dispatch, whatever meters and customers say: it outranks them."""
        settled = restorations.FactRefused(
            mrid=state.mrid,
            question_id=question.question_id,
            fact_type=question.fact_type,
            at=now,
            by=cause[:NAME_LENGTH],
            reason=doubting.CONFIRMED,
        )
        after = say(state, settled)
        said = self._following.borne_out(after, course_of(after), cause, now, beside)
        return Decision("restoration-stood-by", [published(settled), *map(published, said)])
