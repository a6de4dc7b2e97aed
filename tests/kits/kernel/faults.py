"""Break things in the kernel's tests: a projection that cannot be written, on the partition they look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.kernel.model import Event

DISPATCH = ("outage.dispatch", 0)


@dataclass(frozen=True)
class Unwritable:
    """A projection whose SQL fails on one type of event of one stream."""

    stream_id: str
    type: str

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        if any(event.stream_id == self.stream_id and event.type == self.type for event in events):
            await connection.execute("select 1/0")
