"""Ask a service to do something by hand, as outagectl does: a request in its table, judged into its log, and answered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from services.kernel.adapters.away import AWAY
from services.kernel.operating import OperatorDone, OperatorRefused
from services.kernel.operators.answering import SQL, answer_of
from tests.sim.city.stage import Stage

WHO: Final = "night shift"
LOOK_SECONDS: Final = 0.5
AGAIN_SECONDS: Final = 1.0


@contextlib.asynccontextmanager
async def tables_of(stage: Stage, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of an operator's own to the tables of a service."""
    words = {"search_path": service, "application_name": "outagectl"}
    connection = await asyncpg.connect(stage.system.postgres, server_settings=words)
    try:
        yield connection
    finally:
        await connection.close()


async def ask(
    stage: Stage, service: str, action: str, detail: msgspec.Struct, why: str
) -> OperatorDone | OperatorRefused:
    """Ask until it is answered, however long that takes; asked twice under one id it is one request."""
    number = UUID(int=stage.system.loop.world.random.getrandbits(128))
    words = (stage.city.clock.now(), WHO, action, why, msgspec.json.encode(detail).decode())
    while True:
        try:
            async with tables_of(stage, service) as connection:
                await connection.execute(SQL["ask"], number, *words)
                while (answer := await answer_of(connection, number)) is None:
                    await asyncio.sleep(LOOK_SECONDS)
                return answer
        except AWAY:
            await asyncio.sleep(AGAIN_SECONDS)
