"""Say of outages whether customers on life support, or of special importance, are off under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from services.policy.duty import RANKS
from services.restorer.domain.silence.customers import WatchedCustomer, held
from services.restorer.tables.silence.placing import SQL
from services.restorer.tables.silence.reading import off_outage, places_of

FIRST: Final = RANKS[:2]
MOST: Final = 1_000
_WHENEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
_DECODER: Final = msgspec.json.Decoder(WatchedCustomer)


async def first_held(connection: Any, mrids: Sequence[str]) -> Mapping[str, str]:
    """By mRID, the rank of whoever comes first of those: life-support, special. Outages that hold neither are left out.

    It goes by the tables of the watch over silence, as of now: who was registered in the last half minute may be missing.
    """
    rows = await connection.fetch(SQL["touched_first"], list(mrids), list(FIRST), MOST)
    if not rows:
        return {}
    places = await places_of(connection, [row["customer_id"] for row in rows])
    outages = {row["mrid"]: off_outage(row) for row in await connection.fetch(SQL["outages"], list(mrids), _WHENEVER)}
    found: dict[str, str] = {}
    for row in rows:
        for one in held(_DECODER.decode(row["known"]), places[row["customer_id"]], outages).outages:
            found.setdefault(one.mrid, row["rank"])
    return found
