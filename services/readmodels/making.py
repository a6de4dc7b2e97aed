"""Create the tables of the read models in a service's schema, as its owner: services have no right to make tables."""

from __future__ import annotations

import asyncpg

from services.kernel.clock import Clock
from services.kernel.reading.rebuild import make
from services.readmodels import READ_MODELS


async def make_tables(dsn: str, service: str, clock: Clock) -> list[str]:
    """Make what a migrated schema lacks; returns the tables made. A newer version is not made here, but by a rebuild."""
    if service not in READ_MODELS:
        return []
    connection = await asyncpg.connect(dsn, server_settings={"search_path": service, "application_name": "outagectl"})
    try:
        return await make(connection, service, READ_MODELS[service], clock)
    finally:
        await connection.close()
