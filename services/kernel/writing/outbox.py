"""Write what is to be published, in the deciding transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.adapters.locks import Connection
from services.kernel.queries import SQL

# A broker takes 1 MiB with headers; a larger row would block the relay for ever, so it is refused while still a decision.
MAX_PAYLOAD = 900_000


class TooLarge(Exception):
    """An event is too large to publish; the decision that made it must be smaller."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One row of the outbox."""

    topic: str
    key: str
    event_id: UUID
    type: str
    payload: bytes
    traceparent: str | None

    def __post_init__(self) -> None:
        """Refuse what no broker takes.

        Raises:
            TooLarge: the payload exceeds MAX_PAYLOAD bytes.

        """
        if len(self.payload) > MAX_PAYLOAD:
            raise TooLarge(f"{self.type} for {self.key} has {len(self.payload)} bytes, more than {MAX_PAYLOAD}")


async def publish(connection: Connection, rows: Sequence[Outgoing], now: datetime) -> None:
    """Put rows in the outbox; the relay takes them from there after the commit."""
    if rows:
        await connection.execute(
            SQL["publish"],
            [row.key for row in rows],
            [row.topic for row in rows],
            [row.event_id for row in rows],
            [row.type for row in rows],
            [row.payload for row in rows],
            now,
            [row.traceparent or "" for row in rows],
        )
