"""`outagectl migrate`: bring the database to the schema that this version knows, as its administrator."""

from __future__ import annotations

import asyncio

from outagectl.database import connect
from outagectl.errors import Refused
from outagectl.options import Data, Json, Service
from outagectl.say import as_json, console, count
from outagectl.services import chosen
from outagectl.where import Where, find
from services.kernel.warp import clock_from

GATEWAY = "gateway"


def migrate(*, service: Service = None, json: Json = False, data: Data = None) -> None:
    """Apply what is missing, service by service; what is there already is left alone."""
    # The gateway decides nothing, so it is none of the services that commands are otherwise about.
    names = (GATEWAY,) if service == GATEWAY else (*chosen(service), *((GATEWAY,) if service is None else ()))
    applied = asyncio.run(apply_all(find(data), names))
    if json:
        as_json({"applied": applied})
        return
    out = console()
    for name, done in applied.items():
        out.print(
            f"{name}: {count(len(done), 'migration')} applied ({', '.join(done)})" if done else f"{name}: up to date"
        )


async def apply_all(where: Where, services: tuple[str, ...]) -> dict[str, list[str]]:
    """Migrate the schemas of `services` and make missing tables of read models; returns what was applied to each.

    Raises:
        Away: the database cannot be reached.
        Refused: a migration fails or the database is newer than this version.

    """
    # pogo-migrate takes a moment to import.
    from services.gateway.dispatch import taken  # noqa: PLC0415
    from services.kernel.adapters import migrate as kernel  # noqa: PLC0415
    from services.kernel.running.main import folders  # noqa: PLC0415
    from services.readmodels.making import make_tables  # noqa: PLC0415

    async with connect(where):
        pass  # whether it can be reached is said in our words, not in a stack trace
    applied: dict[str, list[str]] = {}
    for name in services:
        try:
            applied[name] = await kernel.migrate(
                where.need_postgres(), name, taken.FOLDERS if name == GATEWAY else folders(name)
            )
            applied[name] += await make_tables(where.need_postgres(), name, clock_from(where.clock_file))
        except (kernel.MigrationError, kernel.SchemaMismatch) as error:
            raise Refused(f"{name}: {error}") from None
    return applied
