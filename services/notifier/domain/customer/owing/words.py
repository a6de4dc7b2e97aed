"""What a conversation is told within the service of what its customer knows. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from schemas.contracts.base import CustomerId, Instant, Name, Person, Wire

CONFIRMATION: Final = "contact.confirms.v1"
Answered = Literal["reply", "call", "portal"]


class Confirmation(Wire, frozen=True, kw_only=True):
    """This customer confirmed: how, at what time, by whom it was heard, and, where known, which contact and which text."""

    customer_id: CustomerId
    how: Answered
    at: Instant
    by: Person | None = None
    contact_id: Name | None = None
    message_id: Name | None = None


OWING_STRUCTS: Final[Mapping[str, type[msgspec.Struct]]] = {CONFIRMATION: Confirmation}
"""What is added to the notifier's structs."""
