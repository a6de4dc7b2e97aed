"""Ask all services at one moment what they know of a place, and how much each has still to read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from operations.errors import Away
from operations.lookup.lookup import look
from operations.lookup.named import SQL
from operations.lookup.result import LookupResult
from operations.system.broker import reader
from operations.system.caught_up_marks import CaughtUp, stands
from operations.system.database import Connection, connect, enter, present
from operations.system.instants import clock_of
from operations.system.location import Where
from operations.system.services import NAMES, inputs

KAFKA_SECONDS = 5.0


TABLES = ("live", "stream", "event", "consumer_offset", "quarantine", "notification", "customer", "customer_match")


Behind = tuple[list[dict[str, Any]] | None, datetime | None]


Asked = tuple[LookupResult, Behind, list[CaughtUp]]


async def ask_all(where: Where, name: str) -> Asked:
    """What is known of `name` in all services at one moment; what each is behind; how each stands."""
    now = clock_of(where).now()
    async with connect(where) as connection:
        services = await present(connection, NAMES, TABLES)
        # One moment for all services, or an outage could be over in one and not yet known in another.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                found = await look(connection, services, name, now)
                fences = {service: await _fences(connection, service) for service in services}
                standing = await stands(connection, services)
            except asyncpg.UndefinedTableError as error:
                raise Away(f"the database lacks a table ({error}): outagectl migrate") from None
    return found, await _behind(where, fences), standing


async def _fences(connection: Connection, service: str) -> Sequence[Any]:
    await enter(connection, service)
    return await connection.fetch(SQL["fences"], inputs(service))


async def _behind(where: Where, fences: dict[str, Sequence[Any]]) -> Behind:
    """Records that each service has still to read; None where Kafka does not say within KAFKA_SECONDS."""
    places = sorted({(row["topic"], row["partition"]) for rows in fences.values() for row in rows})
    last = max((row["watermark"] for rows in fences.values() for row in rows), default=None)
    if not where.kafka:
        return None, last
    try:
        async with asyncio.timeout(KAFKA_SECONDS), reader(where) as broker:
            ends = await broker.ends(places)
    except Exception:  # noqa: BLE001 - without Kafka the answer stands, and says that it may be old
        return None, last
    return [
        {
            "service": service,
            "records": sum(max(ends[row["topic"], row["partition"]] - row["next_offset"], 0) for row in rows),
        }
        for service, rows in fences.items()
    ], last
