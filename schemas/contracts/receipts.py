"""outage.receipts: what providers call back, signature already checked. Key: provider sid. Never a phone number."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import Instant, Name, Wire

TOPIC = "outage.receipts"


class ReceiptReceived(Wire, frozen=True, kw_only=True):
    """A provider's word about one text."""

    provider: Name
    provider_sid: Name
    status: Annotated[Name, Meta(description="Provider's own word: queued, sent, delivered, undelivered, failed …")]
    error_code: int | None = None
    message_id: (
        Annotated[Name, Meta(description="From our own callback address; adopts an attempt whose answer was lost")]
        | None
    ) = None
    attempt: Annotated[int, Meta(ge=1)] | None = None
    received_at: Instant


class InboundReceived(Wire, frozen=True, kw_only=True):
    """A text somebody sent us."""

    provider: Name
    provider_sid: Name
    from_index: Annotated[Name, Meta(description="Keyed blind index of the sender's number")]
    body: Annotated[str, Meta(max_length=1600, description="Phone numbers masked", extra={"written_by": "customers"})]
    received_at: Instant
    opt_out: (
        Annotated[
            Literal["stop", "start", "help"],
            Meta(description="As what the provider has understood it, and heeds it by itself; absent: it did not say"),
        ]
        | None
    ) = None


TYPES: dict[str, type[Wire]] = {"receipt.received.v1": ReceiptReceived, "inbound.received.v1": InboundReceived}
