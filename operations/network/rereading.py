"""Have services read the network model again from the topic."""

from __future__ import annotations

from typing import Any

from operations.errors import NotFound
from operations.system.asking import ask
from operations.system.database import connect, present
from operations.system.location import Where
from operations.system.services import chosen
from schemas.contracts import network
from services.kernel.operators.rereading import REREAD, CopiedTopic


async def reread(where: Where, service: str | None, reason: str) -> list[dict[str, Any]]:
    """Each service empties its copy and reads outage.network from its first record; how many partitions each begins again.

    Raises:
        NotFound: no service keeps a copy.
        Away: nobody can judge it now.

    """
    async with connect(where) as connection:
        services = await present(connection, chosen(service), ("network_copy",))
    if not services:
        raise NotFound("no service keeps a copy of the network model")
    asked = CopiedTopic(topic=network.TOPIC)
    return [{"service": name, **(await ask(where, name, REREAD, asked, reason=reason)).result} for name in services]
