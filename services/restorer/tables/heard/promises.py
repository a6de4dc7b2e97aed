"""Keep the promises of planner and notifier as cases beside the restorer's own."""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from schemas.contracts.promises import Promise
from services.kernel.model import Message
from services.restorer.tables.months.promise_cases import HeardPromise, take

OURS: Final = "/outage/"
"""Sources of our services begin so."""


class HeardPromises:
    """`HeardListener` of outage.notices and outage.messages: table `promise_case`."""

    hears: tuple[type[msgspec.Struct], ...] = (Promise,)

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """See HeardListener."""
        words = [
            HeardPromise(message.source.removeprefix(OURS), message.data, message.id)
            for message in said
            if isinstance(message.data, Promise)
        ]
        await take(connection, self._zone, words)

    async def forget(self, connection: Any, topic: str) -> None:
        """See HeardListener. Nothing is: months are counted longer than topics keep records, and to hear twice does no harm."""
