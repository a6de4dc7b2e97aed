"""Show how far each service has read each topic, and pass over one record that nobody can get past."""

from __future__ import annotations

from typing import Any

from operations.errors import NotFound, Refused
from operations.system.asking import ask
from operations.system.broker import reader
from operations.system.database import DatabaseAccess, connect, present, sight
from operations.system.fences import AGREES, FenceStanding, standings
from operations.system.location import Where
from operations.system.services import chosen
from services.kernel.operators.former import FORMER
from services.kernel.operators.shared_actions import GONE
from services.kernel.operators.skipping import SKIP, OneRecord


async def skip_record(where: Where, service: str | None, record: OneRecord, reason: str) -> list[dict[str, Any]]:
    """Have each service that stands at the record skip it; what each did with it.

    Raises:
        NotFound, Refused: nobody has read the partition, or stands elsewhere.

    """
    place = (record.topic, record.partition)
    async with connect(where) as connection, reader(where) as broker:
        services = await present(connection, chosen(service), ("consumer_offset",))
        found = await standings(connection, broker, where, services, place)
    if not found:
        raise NotFound(f"no service has read {record.topic}[{record.partition}]: outagectl offsets show")
    there = [one.service for one in found if one.next_offset == record.offset]
    if not there:
        stand = ", ".join(f"{one.service} at {one.next_offset}" for one in found)
        raise Refused(
            f"no service stands at {record.offset} in {record.topic}[{record.partition}] ({stand}): only the record that "
            "comes next can be skipped"
        )
    return [
        {"service": name, "topic": record.topic, "partition": record.partition}
        | dict((await ask(where, name, SKIP, record, reason=reason)).result)
        for name in there
    ]


async def standings_of(where: Where, service: str | None) -> tuple[list[FenceStanding], DatabaseAccess]:
    """Each fence beside its topic, and what this role could see."""
    async with connect(where) as connection, reader(where) as broker:
        seen = await sight(connection, chosen(service), ("consumer_offset",))
        return await standings(connection, broker, where, seen.services), seen


def disagrees(one: FenceStanding) -> bool:
    """Whether a fence does not fit its topic any more, and can be moved."""
    return one.verdict != AGREES and FORMER not in one.topic and (one.end is not None or one.verdict == GONE)
