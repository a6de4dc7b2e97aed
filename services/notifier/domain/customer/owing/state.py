"""What a conversation remembers of what it owes its customer, and of what they confirmed. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.contracts.messages import ContactConfirmed


@dataclass(frozen=True, slots=True)
class CustomerLedger:
    """`confirmed_at`: when the customer last said, or had said for them, that they know. A receipt confirms nothing here."""

    confirmed_at: datetime | None = None


NOTHING_OWED: Final = CustomerLedger()


def after_confirmation(owed: CustomerLedger, said: ContactConfirmed) -> CustomerLedger:
    """After one more confirmation; a handset's receipt says only that a text arrived."""
    if said.how == "receipt" or (owed.confirmed_at is not None and said.confirmed_at <= owed.confirmed_at):
        return owed
    return replace(owed, confirmed_at=said.confirmed_at)
