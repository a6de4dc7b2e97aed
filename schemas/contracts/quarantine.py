"""outage.quarantine: what could not be understood or judged. Key: that of the message, else its origin."""

from typing import Annotated

from msgspec import Meta

from schemas.contracts.base import Instant, Name, Wire

TOPIC = "outage.quarantine"


class MessageQuarantined(Wire, frozen=True, kw_only=True):
    """Where it came from and why it waits; the body stays in the service's own table."""

    quarantine_id: Name
    service: Name
    reason: Name
    detail: Annotated[str, Meta(max_length=4000)]
    topic: Name
    partition: Annotated[int, Meta(ge=0)]
    offset: Annotated[int, Meta(ge=0)]
    source: Name | None = None
    id: Name | None = None
    type: Name | None = None
    stream_id: Annotated[Name, Meta(description="Parked with it, so that order holds")] | None = None
    at: Instant


TYPES: dict[str, type[Wire]] = {"message.quarantined.v1": MessageQuarantined}
