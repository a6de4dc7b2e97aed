"""Put on record how a call back to a reporter went, as operators ask."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.contracts.base import MRID, CustomersWords, Instant, Name, Person, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.restorer.answering import SOURCE
from services.restorer.domain.callers.recorded import FOLLOWUP_RECORDED, CallOutcome, FollowupRecorded
from services.restorer.domain.callers.recording import CALLED_ALREADY

RECORD_CALL: Final = "followup record"
REMEDIES: Final[Mapping[str, str]] = {
    CALLED_ALREADY: "if that was wrong, or they were called again, say so with --correct",
}


class CalledBackReport(Wire, frozen=True, kw_only=True):
    """Who was called, by the report; by whom and when (left out: whoever asks, now); what they said."""

    mrid: MRID
    report_id: Name
    outcome: CallOutcome
    at: Instant | None = None
    by: Person | None = None
    opinion: CustomersWords | None = None
    corrects: bool = False


async def record_call(acting: ActionContext, detail: CalledBackReport) -> ActionAnswer:
    """It is in the log of the outage as if the call centre's system had said it; who asked and why is in the request's."""
    asked = acting.request
    by = (detail.by or asked.who).strip() or asked.who
    data = FollowupRecorded(
        mrid=detail.mrid,
        report_id=detail.report_id,
        outcome=detail.outcome,
        at=detail.at or acting.now,
        by=by,
        opinion=detail.opinion,
        corrects=detail.corrects,
    )
    name, stream = f"{asked.request_id}/followup", f"outage/{detail.mrid}"
    outcome = await acting.submit(
        Message(SOURCE, name, FOLLOWUP_RECORDED, acting.now, data, detail.mrid, 0, stream=stream)
    )
    if outcome is None or outcome.outcome != "appended":
        reason = outcome.reason if outcome is not None else "asked-before"
        remedy = REMEDIES.get(reason, "outagectl followup list shows who is to be called")
        raise Refusal(reason, "; ".join(filter(None, (outcome.detail if outcome else "", remedy))))
    return ActionAnswer(outcome.reason, {"mRID": detail.mrid, "reportId": detail.report_id, "by": by})


CALL_ACTIONS: Mapping[str, Action[Any]] = {RECORD_CALL: Action(CalledBackReport, record_call)}
