"""Enquiries why power is off: matters of their own, so that thousands about one outage cost no more than themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.contracts import promises, restorations
from schemas.contracts.base import OutageClass
from schemas.contracts.dispatch import EnquiryFact
from services.kernel.model import Message
from services.restorer.domain.enquiries import events
from services.restorer.domain.enquiries.decider import CATEGORY, ServiceEnquiry
from services.restorer.domain.enquiries.state import EnquiryState
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.enquiries import class_of


class EnquiryStreams(StreamKind):
    """Streams enquiry/<enquiryId>. The first version of these facts is its outage's, and counted there."""

    category = CATEGORY
    publishes: ClassVar = {restorations.TOPIC: promises.TYPES}
    structs = events.STRUCTS

    def decider(self) -> ServiceEnquiry:
        """When somebody asked, when it was explained, and whether that was in time."""
        return ServiceEnquiry(self.policy, self.calendar)

    def stream_of(self, message: Message) -> str | None:
        """By the enquiry's id."""
        return f"{CATEGORY}/{message.data.enquiry_id}" if isinstance(message.data, EnquiryFact) else None

    async def facts(self, connection: Any, stream_id: str, state: EnquiryState, message: Message) -> OutageClass | None:
        """What the outage that it names is known to be, where that is not on record yet."""
        del stream_id
        if not isinstance(message.data, EnquiryFact) or message.data.outage is None or state.about is not None:
            return None
        return await class_of(connection, message.data.outage)
