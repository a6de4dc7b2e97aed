"""Apply operators' answers about doubtful facts, with what follows from them, in one transaction."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.contracts.base import MRID, Name, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.restorer.domain.doubting import SAY_CLEARED, SAY_SINCE_WHEN, SAY_WHERE
from services.restorer.domain.events import FACT_ANSWERED, FactAnswered

ACCEPT: Final = "facts accept"
REFUSE: Final = "facts refuse"
SOURCE: Final = "/outage/restorer/within"


class OneQuestion(Wire, frozen=True, kw_only=True):
    """Which question, about which outage."""

    mrid: MRID
    question_id: Name


async def accept(acting: ActionContext, detail: OneQuestion) -> ActionAnswer:
    """The fact is so: every service takes it, and clocks count from its own time."""
    return await _answer(acting, detail, accept=True)


async def refuse(acting: ActionContext, detail: OneQuestion) -> ActionAnswer:
    """The fact is not so: no service takes it, however often it is sent."""
    return await _answer(acting, detail, accept=False)


async def _answer(acting: ActionContext, detail: OneQuestion, *, accept: bool) -> ActionAnswer:
    asked = acting.request
    if not asked.why.strip():
        raise Refusal("no-reason-given", "say how you know")
    data = FactAnswered(
        mrid=detail.mrid, question_id=detail.question_id, accept=accept, by=asked.who, reason=asked.why.strip()
    )
    stream = f"outage/{detail.mrid}"
    outcome = await acting.submit(
        Message(SOURCE, f"{asked.request_id}/fact", FACT_ANSWERED, acting.now, data, detail.mrid, 0, stream=stream)
    )
    if outcome is None or outcome.outcome != "appended":
        reason = outcome.reason if outcome is not None else "taken-before"
        if reason == SAY_SINCE_WHEN:
            raise Refusal(reason, f"if power is back, send supply.restored of {detail.mrid} with the time of that")
        if reason == SAY_CLEARED:
            raise Refusal(reason, f"if it is cleared, send cause.cleared of {detail.mrid} with the time of that")
        if reason == SAY_WHERE:
            raise Refusal(
                reason, f"it stands as dispatch said it: send extent.changed of {detail.mrid} with what is meant"
            )
        raise Refusal(reason, f"{detail.question_id} about {detail.mrid} is not open: outagectl facts list")
    return ActionAnswer(
        outcome.reason, {"mRID": detail.mrid, "questionId": detail.question_id, "led": outcome.detail or None}
    )


ACTIONS: Mapping[str, Action[Any]] = {ACCEPT: Action(OneQuestion, accept), REFUSE: Action(OneQuestion, refuse)}
