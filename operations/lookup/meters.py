"""Read what the meters of a place were last read to say, and whether they are at fault."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from operations.lookup.named import SQL
from operations.system.database import Connection, enter


@dataclass(frozen=True, slots=True)
class KnownMeter:
    """One usage point's meter. `read_at` None: it was not read, as far as is known."""

    usage_point: str
    energised: bool | None = None
    own_generation: bool = False
    read_at: datetime | None = None
    odd_at: datetime | None = None
    """The instant of its last reading that cannot be so, where that came later: its clock runs ahead."""
    fault: str | None = None
    """The meter fault that it has now, by its mRID: what it reads says nothing."""
    fault_since: datetime | None = None


async def meters_of(connection: Connection, services: Sequence[str], forms: Collection[str]) -> list[KnownMeter]:
    """The meters of some usage points, by their normal names; only those of which anything is known."""
    if "restorer" not in services or not forms:
        return []
    await enter(connection, "restorer")
    rows = await connection.fetch(SQL["meters"], sorted(forms))
    return [
        KnownMeter(
            row["usage_point"],
            row["energised"],
            bool(row["own_generation"]),
            row["read_at"],
            row["odd_at"],
            row["fault"],
            row["fault_since"],
        )
        for row in rows
    ]
