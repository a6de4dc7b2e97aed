"""Have texts looked up that may have gone in the time which a restored database does not know, though nobody will post them now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "lost_time.sql")
UNDER_WAY: Final = timedelta(minutes=1)
"""So long the attempt that stands for the unknown ones lasts: longer than any claim, by which its look-up knows what it is."""


async def look_up(connection: Any, texts: Sequence[str], since: datetime, now: datetime, provider: str) -> None:
    """Of `texts`, by message id, have those looked up once that may have gone between `since`, when the database stood, and now.

    `provider`: whose attempts they count as; all providers are asked.
    """
    await connection.execute(SQL["look_up"], texts, since, provider, now, now + UNDER_WAY)


async def look_up_what_is_over(connection: Any, since: datetime, now: datetime, wall: datetime, provider: str) -> None:
    """The same for those whose last useful moment passed in the queue, in a transaction of the caller's. `wall`: real time."""
    rows = await connection.fetch(SQL["over"], now, since)
    if rows:
        await look_up(connection, [row["message_id"] for row in rows], since, wall, provider)
