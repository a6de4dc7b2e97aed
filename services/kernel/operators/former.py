"""Keep on record what was read of a topic that is another one now, under the topic's former name."""

from pathlib import Path
from typing import Final

from services.kernel.adapters.locks import Connection
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "shared_actions.sql")
FORMER: Final = "@"
"""Stands between a topic that is no more and its number: outage.dispatch@1."""


async def keep_former(connection: Connection, topic: str, partition: int) -> str:
    """Give what was taken of a partition to the former name, so that its offsets may come again; returns that name."""
    number = await connection.fetchval(SQL["former_topics"], topic, partition) + 1
    kept_as = f"{topic}{FORMER}{number}"
    for query in ("keep_former_fence", "keep_former_inbox", "keep_former_skipped", "keep_former_horizon"):
        await connection.execute(SQL[query], topic, partition, kept_as)
    return kept_as
