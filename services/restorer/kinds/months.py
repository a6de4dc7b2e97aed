"""Months: how their promises were kept, judged when they are over, and published."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from schemas.contracts import promises, restorations
from services.kernel.model import Message, Service, Stream
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer import publishing
from services.restorer.domain.months import events
from services.restorer.domain.months.decider import CATEGORY, RestorerMonth
from services.restorer.domain.months.events import StatementAsked
from services.restorer.domain.months.figures import MonthFacts
from services.restorer.domain.months.state import MonthState
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.months.drafts import counted
from services.restorer.tables.months.figures import keep_statements
from services.restorer.tables.months.measured_cases import MeasuredCases
from services.restorer.tables.months.promise_cases import PromiseCases, renew_cases
from services.restorer.tables.months.rules import MonthRules
from services.restorer.tables.months.watching import MonthWatch

if TYPE_CHECKING:
    from services.kernel.running.runner import Process
    from services.restorer.app import Restorer


class MonthStreams(StreamKind):
    """Streams month/<YYYY-MM>, in the utility's zone. Its cases are the promises of every kind."""

    category = CATEGORY
    publishes: ClassVar = {restorations.TOPIC: ("fulfilment.published.v1", *promises.TYPES)}
    structs = events.STRUCTS
    actions = publishing.ACTIONS

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        super().__init__(policy, calendar)
        self._cases, self._rules = PromiseCases(calendar.zone), MonthRules(policy, calendar)
        self.projections = (self._cases,)

    def decider(self) -> RestorerMonth:
        """Opened by its first case, judged when it is over, corrected by late facts, published by a person."""
        return RestorerMonth(self.policy, self.calendar)

    async def facts(self, connection: Any, stream_id: str, state: MonthState, message: Message) -> MonthFacts:
        """By which rules it goes, and what its cases come to, those of this transaction with them."""
        del stream_id
        await self._cases.finish(connection)
        terms = await self._rules.of_month(connection, state)
        asked = message.data
        # Before its time it is refused, whatever its cases come to.
        if not isinstance(asked, StatementAsked) or (state.opened is not None and not state.is_due(message.time)):
            return MonthFacts(terms)
        return MonthFacts(terms, await counted(connection, state.month, asked.draft))

    async def keep(self, connection: Any, stream: Stream, before: MonthState) -> None:
        """Statements with their cases."""
        del before
        await keep_statements(connection, stream)

    async def renew(self, connection: Any, service: Service) -> int:
        """By which zone and rules months are counted, and the promises that are their cases."""
        await MeasuredCases(self._rules).keep_zone(connection)
        await self._rules.keep(connection)
        return await self.catch_up(connection, service)

    async def catch_up(self, connection: Any, service: Service) -> int:
        """Promises in the log that are in no table."""
        del service
        return await renew_cases(connection, self.calendar.zone)

    def work(self, process: Process) -> Iterable[Coroutine[Any, Any, Any]]:
        """Open months and have them counted; before that, all kinds take what older pods wrote."""
        service = cast("Restorer", process.service)
        yield MonthWatch(process.ingest, process.pool, process.clock, self._rules, service.catch_up).run()
