"""Write what is to be published, in the deciding transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.kernel.adapters.locks import Connection
from services.kernel.bounds import PAYLOAD_BYTES
from services.kernel.queries import SQL


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
        """Refuse what no broker takes, while it is still a decision.

        Raises:
            TooLarge: the payload exceeds PAYLOAD_BYTES.

        """
        if len(self.payload) > PAYLOAD_BYTES:
            raise TooLarge(f"{self.type} for {self.key} has {len(self.payload)} bytes, more than {PAYLOAD_BYTES}")


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
