"""Send a feed's facts to outage.dispatch: the one way for all that reads lists, whoever holds the connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from operations.errors import Away
from operations.system.broker import send_all, send_over
from operations.system.location import Where
from schemas.cloudevent import CloudEvent, to_kafka
from services.kernel.clock import Clock

if TYPE_CHECKING:
    from services.kernel.adapters.ports import RecordProducer

Publish = Callable[[Sequence[CloudEvent]], Awaitable[None]]
"""Raises Away unless every event is durable. What is sent twice is taken once, by its source and id."""


def publisher(where: Where, clock: Clock) -> Publish:
    """Sends over a connection of its own, made anew each time: lists come minutes apart."""

    async def publish(events: Sequence[CloudEvent]) -> None:
        if events:
            _held(await send_all(where, map(to_kafka, events), clock), len(events))

    return publish


async def publish_over(producer: RecordProducer, events: Sequence[CloudEvent], clock: Clock) -> None:
    """Send over a connection that stands.

    Raises:
        Away: not every event is durable.

    """
    _held(await send_over(producer, map(to_kafka, events), clock), len(events))


def _held(sent: int, due: int) -> None:
    if sent < due:
        raise Away(f"Kafka took {sent:,} of {due:,} facts: give the same command again, nothing is taken twice")
