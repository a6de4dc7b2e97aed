"""Look up what an outage is known to be, for those who ask about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, cast, get_args

from schemas.contracts.base import OutageClass
from services.kernel.queries import queries

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "enquiries.sql")


async def class_of(connection: Any, mrid: str) -> OutageClass | None:
    """As its view says; None where nobody has told of it, or a newer version calls it something else."""
    found = await connection.fetchval(SQL["class_of"], f"outage/{mrid}")
    return cast("OutageClass", found) if found in get_args(OutageClass) else None
