"""Show where each build of a read model stands, and make one from the log beside the one that readers see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from operations.errors import Refused
from operations.system.database import Connection, Row, connect, enter, present
from operations.system.location import Where
from services.kernel.reading.projections import SQL, ReadModel
from services.kernel.reading.rebuild import Progress, Rebuild, RebuildRefused, Rebuilt
from services.kernel.warp import clock_from
from services.readmodels import READ_MODELS


async def standings(where: Where, services: tuple[str, ...]) -> list[dict[str, Any]]:
    """Every build of every read model: where it stands, how many log positions behind, and what this code writes.

    Raises:
        Away: the database cannot be reached or has no tables.

    """
    rows: list[dict[str, Any]] = []
    having = [one for one in services if one in READ_MODELS]
    async with connect(where) as connection:
        for name in await present(connection, having) if having else ():
            await enter(connection, name)
            await _need_table(connection, name)
            writes = {model.name: model.version for model in READ_MODELS.get(name, ())}
            found = await connection.fetch(SQL["all_builds"])
            rows += [_standing(name, row, writes.get(row["name"])) for row in found]
    return rows


def _standing(service: str, row: Row, writes: int | None) -> dict[str, Any]:
    return {
        "service": service,
        "name": row["name"],
        "version": row["version"],
        "table": row["table_name"],
        "state": row["state"],
        "cursor": row["cursor"],
        "lag": row["log_end"] - row["cursor"],
        "appliedAt": row["applied_at"],
        "liveSince": row["live_since"],
        "codeWrites": writes,
    }


async def _need_table(connection: Connection, service: str) -> None:
    if await connection.fetchval("select to_regclass('projection')") is None:
        raise Refused(f"the schema {service} is older than this version: run: outagectl migrate")


async def run_rebuild(
    where: Where,
    service: str,
    model: ReadModel,
    *,
    anew: bool = False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Rebuilt:
    """Rebuild one read model of one service.

    Raises:
        Away: the database cannot be reached or has no tables.
        Refused: another rebuild of it runs, or readers could not be moved.

    """
    async with connect(where) as writer, connect(where) as reader:
        await present(writer, (service,))
        await enter(writer, service)
        await enter(reader, service)
        await _need_table(writer, service)
        try:
            made = Rebuild(service, model, clock_from(where.clock_file), on_progress=on_progress)
            return await made.run(writer, reader, anew=anew)
        except RebuildRefused as error:
            raise Refused(str(error)) from None
