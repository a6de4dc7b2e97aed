"""Keep what is counted of each outage in tables that reports look into: what its view says, put anew where that changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from services.kernel.model import Stream
from services.kernel.queries import queries
from services.restorer.domain.figures.outage import figures_of
from services.restorer.domain.state import SupplyState

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "figures.sql")
AT_ONCE: Final = 500
PREFIX: Final = "outage/"


async def keep_figures(connection: Any, stream: Stream, before: SupplyState) -> None:
    """Put what is counted of an outage, where it counts otherwise than before."""
    state: SupplyState = stream.state
    if figures_of(state) != figures_of(before):
        await put_figures(connection, stream)


async def put_figures(connection: Any, stream: Stream) -> None:
    """Put what is counted of an outage."""
    state: SupplyState = stream.state
    now = msgspec.json.encode(figures_of(state)).decode()
    await connection.execute(SQL["put"], [state.mrid], [stream.version], [now])


async def renew_figures(connection: Any) -> int:
    """Put what views count otherwise than the tables; of how many outages. What it does twice changes nothing."""
    renewed, after = 0, ""
    while rows := await connection.fetch(SQL["otherwise"], after, AT_ONCE):
        after = PREFIX + rows[-1]["mrid"]
        columns = [[row[name] for row in rows] for name in ("mrid", "version", "figures")]
        await connection.execute(SQL["put"], *columns)
        renewed += len(rows)
    return renewed
