"""Know where customers take power: their places, and by the network model what alone feeds each of them.

Neither is looked up when the registry speaks: it may say 20,000 customers at once. The watch does it before it looks, some at a
time, and again where the normal form of names is another, or the network changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from services.concerned.matching import FIELDS, Kind, pairs
from services.kernel.queries import queries
from services.network import asking
from services.places import FORM
from services.restorer.domain.silence.customers import WatchedCustomer

if TYPE_CHECKING:
    import asyncpg

    from services.kernel.adapters.locks import Connection

SQL: Final = queries(Path(__file__).parents[2] / "sql" / "silence.sql")
AT_ONCE: Final = 500
AGAIN_SECONDS: Final = 300.0
"""Where switches are thrown all the time, customers are placed anew no more often."""
Place = tuple[Kind, str]
Name = tuple[str, str]
_DECODER: Final = msgspec.json.Decoder(WatchedCustomer)


class CustomerPlacing:
    """Brings watched_place up to date."""

    def __init__(self) -> None:
        self._as: str | None = None
        self._since = float("-inf")

    def is_due(self, at: float) -> bool:
        """Whether it is time to see if the network changed. `at`: monotonic seconds."""
        return at - self._since >= AGAIN_SECONDS

    async def some(self, pool: asyncpg.Pool, at: float) -> bool:
        """Place some customers; whether there may be more. `at`: monotonic seconds."""
        async with pool.acquire() as connection, connection.transaction():
            if self._as is None or self.is_due(at):
                self._as, self._since = f"{FORM}/{await asking.version(connection)}", at
            rows = await connection.fetch(SQL["unplaced"], self._as, AT_ONCE)
            if not rows:
                return False
            known = [_DECODER.decode(row["known"]) for row in rows if row["known"] is not None]
            await connection.execute(SQL["clear_places"], [row["customer_id"] for row in rows])
            if found := await _places(connection, known):
                await connection.execute(SQL["put_places"], *(list(column) for column in zip(*found, strict=True)))
            ids, said = [row["customer_id"] for row in rows], [row["said_at"] for row in rows]
            await connection.execute(SQL["placed"], ids, said, self._as)
            return len(rows) == AT_ONCE


async def _places(
    connection: Connection, customers: Sequence[WatchedCustomer]
) -> list[tuple[str, Kind, str, str, str]]:
    own = {one.customer_id: list(pairs(one.as_registered())) for one in customers}
    fed = await _fed_by(
        connection, sorted({place for places in own.values() for place in places if place[0] != "area"})
    )
    return [
        (name, kind, value, words, form)
        for name, places in own.items()
        for kind, value in places
        for words, form in sorted({(FIELDS[kind], value), *fed.get((kind, value), ())})
    ]


async def _fed_by(connection: Connection, places: Sequence[Place]) -> Mapping[Place, set[Name]]:
    """By place, the names of what alone feeds it; none of a name that means several elements, or none."""
    meant = await asking.meanings(connection, [(FIELDS[kind], value) for kind, value in places])
    elements = {
        place: one for place in places if len(ids := meant.get((FIELDS[place[0]], place[1]), set())) == 1 for one in ids
    }
    above: dict[str, set[Name]] = defaultdict(set)
    if elements:
        for row in await connection.fetch(SQL["fed_by"], sorted(set(elements.values()))):
            above[row["root"]].add((row["words"], row["form"]))
    return {place: above[one] for place, one in elements.items() if one in above}
