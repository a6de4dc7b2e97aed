"""Bring the schemas of services to what this version knows."""

from __future__ import annotations

from operations.errors import Refused
from operations.system.database import connect
from operations.system.location import Where
from services.kernel.warp import clock_from

GATEWAY = "gateway"


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
