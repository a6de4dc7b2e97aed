"""Complaints and reports of misconduct: matters of their own, each with an answer that is promised."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from schemas.contracts import promises, restorations
from schemas.contracts.dispatch import ComplaintFact
from services.kernel.model import Message, Service, Stream, TimerFired
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.complaints.decider import CATEGORY, BesideComplaint, ServiceComplaint
from services.restorer.domain.complaints.state import ComplaintState
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.complaint_words import (
    SOURCE,
    ComplaintWords,
    keep_outages,
    read_coming,
    renew_outages,
    tells_of_complaints,
    told_before,
)

if TYPE_CHECKING:
    from services.kernel.running.runner import Process


class ComplaintStreams(StreamKind):
    """Streams complaint/<complaintId>."""

    category = CATEGORY
    publishes: ClassVar = {restorations.TOPIC: promises.TYPES}
    waits_for_all = True
    """Facts come under its own key and under its outages'. It is days until an answer is due."""

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        super().__init__(policy, calendar)
        self.told = asyncio.Event()
        """Set where a transaction of this process leaves something for a complaint's stream."""

    def decider(self) -> ServiceComplaint:
        """When it came, when it was answered, and whether that was in time."""
        return ServiceComplaint(self.policy, self.calendar)

    def stream_of(self, message: Message) -> str | None:
        """By the complaint's id. What the first version says of an outage is the outage's, and brought here from its log."""
        return f"{CATEGORY}/{message.data.complaint_id}" if isinstance(message.data, ComplaintFact) else None

    async def facts(
        self, connection: Any, stream_id: str, state: ComplaintState, message: Message
    ) -> BesideComplaint | None:
        """For a deadline what is on its way from outages' logs; of a word from there, whether it was told before all this began."""
        del stream_id
        if isinstance(message.data, TimerFired):
            return BesideComplaint(coming=await read_coming(connection, state))
        return BesideComplaint(told_before=await told_before(connection, message)) if message.source == SOURCE else None

    async def keep(self, connection: Any, stream: Stream, before: ComplaintState) -> None:
        """Which outages it is about."""
        await keep_outages(connection, before, stream.state)

    def added(self, stream: Stream) -> None:
        """Something was said of an outage's complaint."""
        if tells_of_complaints(stream):
            self.told.set()

    async def renew(self, connection: Any, service: Service) -> int:
        """The same, by the views."""
        del service
        return await renew_outages(connection)

    def work(self, process: Process) -> Iterable[Coroutine[Any, Any, Any]]:
        """Bring what was said of outages' complaints to the complaints."""
        yield ComplaintWords(process.ingest, process.pool, process.clock, self.told).run()
