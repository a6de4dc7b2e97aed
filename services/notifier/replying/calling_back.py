"""Put on record what a customer said when somebody called after a repair, as operators ask."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from schemas.contracts.base import CustomerId, CustomersWords, Person, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.notifier.domain.replies.answering import NOTHING_TOLD
from services.notifier.domain.replies.events import CALLED_BACK, CalledBack

CALL_BACK: Final = "callback"
WHY_NOT: Final[Mapping[str, str]] = {
    NOTHING_TOLD: "nobody told them within a day that power is back: there is nothing to call back about",
    "customer-erased": "no customer of that id is registered: outagectl explain finds them by name or address",
}


class CallbackResult(Wire, frozen=True, kw_only=True):
    """Who was called, by whom, and what they said."""

    customer_id: CustomerId
    power: Literal["back", "off"]
    by: Person | None = None
    opinion: CustomersWords | None = None


async def record_call(acting: ActionContext, detail: CallbackResult) -> ActionAnswer:
    """The answer goes on record; where power is off dispatch is asked at once."""
    asked, customer = acting.request, detail.customer_id
    by = (detail.by or asked.who).strip() or asked.who
    said = CalledBack(customer_id=customer, power=detail.power, by=by, opinion=detail.opinion, at=acting.now)
    source, stream = f"/outage/{acting.transaction.service.name}/within", f"customer/{customer}"
    outcome = await acting.submit(
        Message(source, f"{asked.request_id}/callback", CALLED_BACK, acting.now, said, customer, 0, stream=stream)
    )
    if outcome is None or outcome.outcome != "appended":
        reason = outcome.reason if outcome is not None else "asked-before"
        raise Refusal(reason, WHY_NOT.get(reason, "nothing was recorded"))
    return ActionAnswer(outcome.reason, {"customerId": customer, "power": detail.power, "by": by})


CALLBACK_ACTIONS: Mapping[str, Action[Any]] = {CALL_BACK: Action(CallbackResult, record_call)}
