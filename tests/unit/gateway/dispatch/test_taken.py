"""What the gateway's table says of an event: taken now, or taken before."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from schemas.cloudevent import KafkaMessage
from services.gateway.dispatch import taken
from services.gateway.dispatch.taken import IntakeOutcome, OfferedEvent

NOW = datetime(2026, 3, 5, 1, tzinfo=UTC)


class ForgottenBetween:
    """A table that held the event when it was to be inserted, and held it no more when it was asked what that was."""

    async def fetch(self, statement: str, *_: Any) -> list[dict[str, Any]]:
        assert statement in (taken.SQL["insert"], taken.SQL["digests"])
        return []


def test_an_event_that_is_forgotten_while_it_comes_again_is_not_called_taken() -> None:
    message = KafkaMessage(topic="outage.dispatch", key=b"F-1", headers=[], value=b"{}")
    event = OfferedEvent("/dispatch/east", "7", "outage.started.v1", b"digest", message)
    connection: Any = ForgottenBetween()
    assert asyncio.run(taken.insert(connection, [event, event], NOW)) == [IntakeOutcome.NOT_ACKNOWLEDGED] * 2
