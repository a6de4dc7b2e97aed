"""Let people record that a customer knows: a call they made, or what the portal says; as operators' requests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from schemas.contracts.base import CustomerId, Name, Person, Wire
from services.kernel.model import Message
from services.kernel.operators.actions import Action, ActionAnswer, ActionContext, Refusal
from services.kernel.queries import queries
from services.notifier.domain.customer.owing.confirming import (
    CONFIRMED,
    CONFIRMED_BEFORE,
    NOBODY_SUCH,
    NOTHING_TO_CONFIRM,
)
from services.notifier.domain.customer.owing.words import CONFIRMATION, Confirmation

SQL: Final = queries(Path(__file__).parent / "sql" / "confirming.sql")
CONFIRM: Final = "confirm"
WHY_NOT: Final[Mapping[str, str]] = {
    NOBODY_SUCH: "no customer of that id is registered: outagectl explain finds them by name or address",
    NOTHING_TO_CONFIRM: "their power is on, nothing is announced to them, and no text reached them within a day",
}


class ConfirmedCustomer(Wire, frozen=True, kw_only=True):
    """Whom somebody spoke with, how, and who did; `contact_id` where it was not the first contact."""

    customer_id: CustomerId
    how: Literal["call", "portal"]
    by: Person | None = None
    contact_id: Name | None = None


async def record_confirmation(acting: ActionContext, detail: ConfirmedCustomer) -> ActionAnswer:
    """The customer's conversation knows from now on that they know; nobody else need be told in their place."""
    asked, customer = acting.request, detail.customer_id
    if not await acting.connection.fetchval(SQL["is_registered"], customer):
        raise Refusal(NOBODY_SUCH, WHY_NOT[NOBODY_SUCH])
    by = (detail.by or asked.who).strip() or asked.who
    said = Confirmation(customer_id=customer, how=detail.how, at=acting.now, by=by, contact_id=detail.contact_id)
    source, stream = f"/outage/{acting.transaction.service.name}/within", f"customer/{customer}"
    outcome = await acting.submit(
        Message(source, f"{asked.request_id}/confirm", CONFIRMATION, acting.now, said, customer, 0, stream=stream)
    )
    reason = outcome.reason if outcome is not None else CONFIRMED_BEFORE
    if outcome is not None and outcome.outcome != "appended" and reason != CONFIRMED_BEFORE:
        raise Refusal(reason, WHY_NOT.get(reason, outcome.detail or "nothing was recorded"))
    answer = CONFIRMED_BEFORE if reason == CONFIRMED_BEFORE else CONFIRMED
    return ActionAnswer(answer, {"customerId": customer, "how": detail.how, "by": by})


ACTIONS: Mapping[str, Action[Any]] = {CONFIRM: Action(ConfirmedCustomer, record_confirmation)}
