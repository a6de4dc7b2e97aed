"""Outages: followed from the first word until power is back, with what is promised on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from schemas.contracts import restorations
from schemas.contracts.restorations import FollowupDue
from services.kernel.model import Message, Service, Stream
from services.merging.handing_on import HandingOn
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer import answering, calling
from services.restorer.domain import events
from services.restorer.domain.callers.calling_back import rules_of
from services.restorer.domain.decider import RestorerOutage
from services.restorer.domain.state import SupplyState
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.figures import keep_figures, put_figures, renew_figures
from services.restorer.tables.followups import keep_followups, renew_followups
from services.restorer.tables.heard.old_words import OldCustomerWords
from services.restorer.tables.merged import WaitingMerges, keep_merged, select
from services.restorer.tables.meter_news import MeterNews
from services.restorer.tables.months.measured_cases import MeasuredCases
from services.restorer.tables.months.rules import MonthRules
from services.restorer.tables.outages import keep, read_beside, renew
from services.restorer.tables.overlaps import Neighbourhood, OverlapWatch
from services.restorer.tables.silence.watch import SilenceWatch

if TYPE_CHECKING:
    from services.kernel.running.runner import Process


class OutageStreams(StreamKind):
    """Streams outage/<mRID>: whatever no other kind takes."""

    category = "outage"
    publishes: ClassVar = {restorations.TOPIC: restorations.TYPES}
    structs = events.STRUCTS
    actions: ClassVar = {**answering.ACTIONS, **calling.CALL_ACTIONS}

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        super().__init__(policy, calendar)
        self._calls = rules_of(policy, calendar)
        self._rules = MonthRules(policy, calendar)
        self._measured = MeasuredCases(self._rules)
        self.hand_on = asyncio.Event()
        """Set where a transaction of this process leaves something to hand on."""

    def begin(self, service: Service) -> None:
        """Outages read each other's logs."""
        self.overlaps = Neighbourhood(service)

    def decider(self) -> RestorerOutage:
        """The life of an outage in any order of facts."""
        return RestorerOutage(self.policy, self.calendar)

    def stream_of(self, message: Message) -> str:
        """The outage that the key names."""
        return f"{self.category}/{message.key}"

    async def facts(self, connection: Any, stream_id: str, state: SupplyState, message: Message) -> Any:
        """The network about its places, what meters there say, and for a restoration other outages that hold them.

        Another may be heard of later: that "power is back" waits for all of them is the notifier's (docs/adr/0013).
        """
        if isinstance(message.data, events.OthersMoved):
            return await self.overlaps.read(connection, state)
        return await read_beside(connection, stream_id.partition("/")[2], state, message)

    async def keep(self, connection: Any, stream: Stream, before: SupplyState) -> None:
        """Where it is off now, for others to find; whether it was merged; what is counted of it, and who is called back."""
        await self._measured.keep(connection, stream, before)
        await keep(connection, stream, before)
        await keep_merged(connection, stream, before)
        await keep_figures(connection, stream, before)
        await keep_followups(connection, stream, before, self._calls)
        if any(isinstance(event.data, FollowupDue) for event in stream.new):
            await self._rules.bind_calls(connection, stream.state.mrid, stream.new[-1].decided_at)
        if stream.state.merged is not None:
            self.hand_on.set()

    async def renew(self, connection: Any, service: Service) -> int:
        """Each of its tables, by views or log."""
        await self._rules.keep(connection)
        renewed = await renew(connection) + await renew_figures(connection)
        return renewed + await self.catch_up(connection, service)

    async def catch_up(self, connection: Any, service: Service) -> int:
        """What is measured and counted of outages, and who is called back, where a pod that has none of it heard of them."""
        measured = await self._measured.renew(connection, service, put_figures)
        measured += await renew_followups(connection, service, self._calls)
        return measured + await self._rules.bind(connection, self._rules.bind_calls)

    def work(self, process: Process) -> Iterable[Coroutine[Any, Any, Any]]:
        """Hand on what merged ones hear, look after merges, wake whose neighbours moved, bring readings, watch, and forget."""
        ingest, pool, clock, registry = process.ingest, process.pool, process.clock, process.telemetry.registry
        yield HandingOn(ingest, pool, clock, self.hand_on, select).run()
        yield WaitingMerges(ingest, pool, clock).run()
        yield OverlapWatch(ingest, pool, clock, self.overlaps).run()
        yield MeterNews(ingest, pool, clock, registry).run()
        yield SilenceWatch(pool, clock, process.service.name, self.policy.settings, registry).run()
        yield OldCustomerWords(pool, clock, process.service.name).run()
