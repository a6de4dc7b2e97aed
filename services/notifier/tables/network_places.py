"""Look up what the places of an outage mean by the network model, and keep it beside what the outage names.

An outage that names a line lies at all that has no power without the line, but for what steps gave power back to; that is looked
up before anybody is told, and again when the model changes or a switch is thrown. Until dispatch says anew where it lies it only
grows, but for what a step takes off: a model never takes an outage away from somebody who was told of it.

Two transactions, each after the other has committed: places are put, then customers who are there are to be matched again. A
customer whose registry word commits in between finds the place there or is found there (domain/fanout/decider.py).
"""

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

import msgspec

from schemas.contracts.base import Extent
from services.concerned.matching import FIELDS
from services.kernel.adapters.locks import Connection
from services.kernel.checkpoints import reach
from services.kernel.queries import queries
from services.network import asking
from services.notifier.domain.events import AudienceDue
from services.notifier.domain.outage.truth import Truth, has_ended
from services.places import extents

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "network_places.sql")
KIND: Final = {field: kind for kind, field in FIELDS.items()}
TRIES: Final = 3
"""While a network comes in it changes all the time; then its last state must do, and is looked up again."""


async def place(connection: Connection, mrid: str) -> None:
    """Look up one outage, and leave it to customers who are at places that were not known of."""
    async with connection.transaction():
        row = await connection.fetchrow(SQL["lock"], mrid)
        if row is None:
            return
        due = msgspec.json.decode(row["due"], type=AudienceDue)
        state = None
        if not has_ended(due.truth):
            state = await _put(connection, due, begun=row["begun"], placed=row["placed"])
        await connection.execute(SQL["placed"], mrid, row["version"], state)
    reach("outage-placed")
    await rematch(connection, mrid)


async def rematch(connection: Connection, mrid: str) -> None:
    """Have customers matched again who are at places of this outage that were found late."""
    async with connection.transaction():
        await connection.execute(SQL["rematch"], mrid, await connection.fetchval(SQL["number"], mrid))
        await connection.execute(SQL["rematched"], mrid)


async def _put(connection: Connection, due: AudienceDue, *, begun: bool, placed: bool) -> int:
    """Returns the state of the copy that was looked up. `placed`: this truth was looked up before; then nothing is taken off."""
    for _ in range(TRIES):
        state = await asking.version(connection)
        dark, lit, lying = await dark_and_lit(connection, due.truth)
        if await asking.version(connection) == state:
            break
    # Of a name that is called of both, the dark counts; and of the dark what is meant for more than where it lies.
    await connection.execute(SQL["put"], due.mrid, sorted(lit), True, False, not placed, False)
    await connection.execute(SQL["put"], due.mrid, sorted(dark & lying), False, begun, False, True)
    await connection.execute(SQL["put"], due.mrid, sorted(dark - lying), False, begun, False, False)
    return state


Elements = AbstractSet[str]


async def dark_and_lit(connection: Connection, truth: Truth) -> tuple[Elements, Elements, Elements]:
    """The elements without power, and those that have it again, of all that was cut; and which are meant for where they lie alone.

    What is named stays out though what feeds it is back: power came as far as there, and no farther.
    """
    cut, back = await asking.resolve(connection, truth.extent), await asking.resolve(connection, truth.back)
    if not back.elements:
        return cut.elements, frozenset(), cut.lying
    dark = cut.elements - (back.elements - await _out_below(connection, cut.named, back.elements, back.named))
    whole = await asking.resolve(connection, extents.union([truth.extent, truth.back]))
    return dark, whole.elements - dark, cut.lying


async def _out_below(connection: Connection, cut: Elements, lit: Elements, back: Elements) -> Elements:
    """Of what got power by elements that are `back`, what has none all the same: it lies below others that are `cut`.

    Below those others may be back again, and so on down the network; with each turn fewer are asked for.
    """
    held = cut & (lit - back)
    if not held:
        return frozenset()
    dark = await asking.without_power(connection, held)
    inner = back & (dark - held)
    if not inner:
        return dark
    again = await asking.without_power(connection, inner)
    return dark - (again - await _out_below(connection, held, again, inner))


async def meant(connection: Connection, extent: Extent) -> set[tuple[str, str]]:
    """What an extent means by the network model, as customer_match has it: kinds and normal names. Nothing without a model."""
    if not await asking.editions(connection):
        return set()
    found = await asking.names_of(connection, (await asking.resolve(connection, extent)).elements)
    return {(KIND[words], form) for words, form in found}


class NetworkPlacing:
    """Finds the outages that are to be looked up. One process of the service does it at a time (FanoutWorker)."""

    def __init__(self) -> None:
        self._after = ""

    async def due(self, connection: Connection) -> bool:
        """One outage that was not looked up yet; False where there is none."""
        for name in ("untold", "unplaced"):
            if (mrid := await connection.fetchval(SQL[name])) is not None:
                await (rematch if name == "untold" else place)(connection, mrid)
                return True
        return False

    async def outdated(self, connection: Connection) -> bool:
        """One outage after another that was looked up before the model changed; False at the end of a round."""
        mrid = await connection.fetchval(SQL["outdated"], self._after)
        self._after = mrid or ""
        if mrid is not None:
            await place(connection, mrid)
        return mrid is not None
