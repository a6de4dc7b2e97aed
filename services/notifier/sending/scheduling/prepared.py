"""Write down that a message waits with the provider: its text has no verdict, and its conversation may still withdraw it."""

from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from services.kernel.checkpoints import reach
from services.kernel.queries import queries

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "scheduling.sql")


async def prepare(pool: asyncpg.Pool, message_id: str, attempt: int, sid: str, wall: datetime) -> bool:
    """Keep it waiting; False where its verdict came meanwhile, or the attempt was not meant to wait."""
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(SQL["keep_waiting"], message_id, attempt) is None:
            return False
        await connection.execute(SQL["prepared"], message_id, attempt, sid, wall)
    reach("prepared")
    log.info("the text waits with the provider", message_id=message_id, attempt=attempt)
    return True


async def schedule(where: Any, message_id: str, attempt: int, at: datetime) -> None:
    """Say that this attempt's message is to wait until `at` (real time)."""
    await where.execute(SQL["schedule"], message_id, attempt, at)
