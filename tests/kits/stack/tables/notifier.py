"""Texts in the notifier's tables: one that is asked for, and what the sender claims by its own statement."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

import services.notifier
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import LANE_RANK, NOTICES, SAYS_OFF
from services.notifier.tables.notifications import NotificationRows
from tests.kits.deciders.notifier import City, at, customer, started
from tests.kits.stack.databases import database

HOME = Path(services.notifier.__file__).parent / "sql"
SENDING = queries(HOME / "sending.sql")
LANES = (list(LANE_RANK), list(LANE_RANK.values()))
HOUR = timedelta(hours=1)
Connection = Any


@asynccontextmanager
async def tables(postgres: str) -> AsyncIterator[Connection]:
    """A connection to an empty database of the notifier."""
    async with database(postgres, "notifier") as dsn:
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "notifier"})
        yield connection
        await connection.close()


async def asked(db: Connection) -> str:
    """A fault text, asked for; its message id."""
    city = City(at(5, 9, 14), customer(), accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    async with db.transaction():
        await NotificationRows().apply(db, city.log["customer/hospital"])
    return city.requests()[0].message_id


async def claim(db: Connection, now: Any = None, lane: str | None = None) -> list[str]:
    """Claims what may be, of one lane or of all."""
    now = now or at(5, 9, 15)
    lanes = LANES if lane is None else ([lane], [rank for name, rank in LANE_RANK.items() if name == lane])
    said = (sorted(SAYS_OFF), "twilio", sorted(NOTICES))
    rows = await db.fetch(SENDING["claim"], now, now, 10, now + HOUR, "twilio", *lanes, [], None, *said)
    ids = [row["message_id"] for row in rows]
    attempts, bodies = [row["attempts"] for row in rows], [None] * len(rows)
    await db.execute(SENDING["intend"], ids, attempts, "twilio", 7, now, now + HOUR, bodies, now, now, len(ids), 50.0)
    return ids
