"""Calls to the hotline, hour by hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.contracts.dispatch import CallsAnswered
from services.kernel.model import Message, Service, Stream
from services.policy import Policy
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.hotline.decider import CATEGORY, HotlineDay, HotlineHours, stream_of
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.hotline import hours_near, keep_hours, renew_hours
from services.restorer.tables.months.rules import MonthRules


class HotlineStreams(StreamKind):
    """Streams hotline/<hotline> <day>. Nobody else hears of what is decided there."""

    category = CATEGORY

    def __init__(self, policy: Policy, calendar: WorkingCalendar) -> None:
        super().__init__(policy, calendar)
        self._rules = MonthRules(policy, calendar)

    def decider(self) -> HotlineHours:
        """Which word on an hour counts."""
        return HotlineHours(self.policy.settings.facts)

    def stream_of(self, message: Message) -> str | None:
        """The day of a hotline."""
        return stream_of(message.data) if isinstance(message.data, CallsAnswered) else None

    async def facts(self, connection: Any, stream_id: str, state: HotlineDay, message: Message) -> frozenset[datetime]:
        """The hours that were told and overlap one."""
        del stream_id, state
        return await hours_near(connection, message.data) if isinstance(message.data, CallsAnswered) else frozenset()

    async def keep(self, connection: Any, stream: Stream, before: HotlineDay) -> None:
        """Its hours as rows, with the rules by which they are counted."""
        await keep_hours(connection, before, stream.state)
        await self._rules.bind_hours(connection, stream.state.hotline, stream.new[-1].decided_at)

    async def renew(self, connection: Any, service: Service) -> int:
        """The same, by the views."""
        renewed = await renew_hours(connection)
        return renewed + await self.catch_up(connection, service)

    async def catch_up(self, connection: Any, service: Service) -> int:
        """The rules of hours that a pod put which says none."""
        del service
        return await self._rules.bind(connection, self._rules.bind_hours)
