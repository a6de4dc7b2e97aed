"""Calls to the hotline, hour by hour."""

from __future__ import annotations

from typing import Any

from schemas.contracts.dispatch import CallsAnswered
from services.kernel.model import Message, Service, Stream
from services.restorer.domain.hotline.decider import CATEGORY, HotlineDay, HotlineHours, stream_of
from services.restorer.kinds.kind import StreamKind
from services.restorer.tables.hotline import keep_hours, renew_hours


class HotlineStreams(StreamKind):
    """Streams hotline/<hotline> <day>. Nobody else hears of what is decided there."""

    category = CATEGORY

    def decider(self) -> HotlineHours:
        """Which word on an hour counts."""
        return HotlineHours(self.policy.settings.facts)

    def stream_of(self, message: Message) -> str | None:
        """The day of a hotline."""
        return stream_of(message.data) if isinstance(message.data, CallsAnswered) else None

    async def keep(self, connection: Any, stream: Stream, before: HotlineDay) -> None:
        """Its hours as rows."""
        await keep_hours(connection, before, stream.state)

    async def renew(self, connection: Any, service: Service) -> int:
        """The same, by the views."""
        del service
        return await renew_hours(connection)
