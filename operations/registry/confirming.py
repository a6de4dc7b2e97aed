"""Put on record that a customer knows how things stand."""

from __future__ import annotations

from typing import Literal

from operations.errors import Misused
from operations.system.asking import OperatorAnswer, ask
from operations.system.location import Where
from services.kernel.observing.masking import mask
from services.notifier.confirming import CONFIRM, ConfirmedCustomer


async def confirm_customer(
    where: Where,
    customer: str,
    *,
    how: Literal["call", "portal"],
    by: str | None = None,
    contact: str | None = None,
    note: str = "",
) -> OperatorAnswer:
    """Somebody spoke with them (`by`; whoever asks, where it is None), with the contact of that id or the first.

    Raises:
        Misused: a name holds a phone number.
        Refused: no such customer, or there is nothing that they could know.

    """
    for name in (by, contact):
        if name is not None and mask(name) != name:
            raise Misused(f"{mask(name)} holds a phone number: write a name, for it goes on record")
    detail = ConfirmedCustomer(customer_id=customer, how=how, by=by or None, contact_id=contact or None)
    return await ask(where, "notifier", CONFIRM, detail, reason=note.strip())
