"""outage.replies: what customers answer to our texts about an outage, as its restoration must know it. Key: outage mRID."""

from typing import Annotated

from msgspec import Meta

from schemas.contracts.base import CustomerId, Extent, Instant, Wire
from schemas.contracts.dispatch import Fact

TOPIC = "outage.replies"


class SupplyDenied(Fact, frozen=True, kw_only=True):
    """A customer who was told that power is back says that it is not. Dispatch is asked about it within seconds."""

    customer_id: CustomerId
    said_at: Annotated[Instant, Meta(description="When the customer's text came in")]
    restored_at: Annotated[Instant, Meta(description="Since when we had told them that power is back")] | None = None
    extent: Annotated[Extent, Meta(description="Where the customer takes power, by the registry")]


TYPES: dict[str, type[Wire]] = {"supply.denied.v1": SupplyDenied}
