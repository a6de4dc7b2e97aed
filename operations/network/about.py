"""Read what lies about one element of the network from a service's copy: what feeds it, what it feeds, and no more.

The topic has no index: whoever asks it reads all of it, a million elements of a large utility. In the copy a look at a line reads
the line's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from operations.system.database import Connection, Row, connect, enter, present
from operations.system.location import Where
from operations.system.services import NAMES
from schemas.contracts.network import NetworkElement, SwitchState
from services.kernel.queries import queries
from services.network import asking
from services.places import normal
from services.places.topology import NetworkModel

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "network.sql")
ELEMENT: Final = msgspec.json.Decoder(NetworkElement)
MOST_BELOW: Final = 200_000
"""Of what more hangs on than this, the whole copy is read: it is most of it."""


@dataclass(frozen=True, slots=True)
class ImportedEdition:
    """An edition of a model as it was brought in; of an import of before nobody knows by whom."""

    model_id: str
    date: datetime
    imported_at: datetime
    elements: int
    imported_by: str | None = None


@dataclass(frozen=True, slots=True)
class NetworkAbout:
    """A network, or as much of it as was asked for. `service`: whose copy it is; None where it is the topic's."""

    model: NetworkModel
    service: str | None = None
    imports: Mapping[str, ImportedEdition] = field(default_factory=dict)
    """By model id how its edition was brought in that is here whole."""


async def network_about(where: Where, name: str) -> NetworkAbout | None:
    """What lies about the elements that go by a name or an id, now; None where no copy is to be seen that has a whole edition.

    Raises:
        Away: the database cannot be reached.

    """
    if where.postgres is None:
        return None
    async with connect(where) as connection:
        for service in await present(connection, NAMES, ("network_element", "network_import")):
            await enter(connection, service)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                if await asking.editions(connection):
                    imports = {row["model_id"]: _imported(row) for row in await connection.fetch(SQL["imported_last"])}
                    return NetworkAbout(await part_about(connection, name), service, imports)
    return None


async def imports_of(where: Where) -> tuple[str, Sequence[ImportedEdition]] | None:
    """Every edition that was brought in whole, the latest first, as the first service has it that keeps a copy.

    Raises:
        Away: the database cannot be reached.

    """
    async with connect(where) as connection:
        for service in await present(connection, NAMES, ("network_import",)):
            await enter(connection, service)
            return service, [_imported(row) for row in await connection.fetch(SQL["imported"])]
    return None


def _imported(row: Row) -> ImportedEdition:
    return msgspec.convert({name: row[name] for name in ImportedEdition.__dataclass_fields__}, ImportedEdition)


async def part_about(connection: Connection, name: str) -> NetworkModel:
    """The elements that are called so, all through which power comes to them, all to which it goes, and the ends of their ways."""
    ids = {row["element_id"] for row in await connection.fetch(SQL["called_anyhow"], normal(name))}
    if not ids:
        return NetworkModel(())
    lying = {row["element_id"] for row in await connection.fetch(asking.SQL["lying_in"], sorted(ids))}
    below = {row["element_id"] for row in await connection.fetch(SQL["below"], sorted(ids), MOST_BELOW + 1)}
    if len(below) > MOST_BELOW:
        drawn = [ELEMENT.decode(row["element"]) for row in await connection.fetch(SQL["elements_now"])]
        return NetworkModel(drawn, await _switches(connection, drawn))
    core = await asking.above(connection, ids) | below | lying | await asking.above(connection, lying)
    drawn = await _elements(connection, core)
    named = (one for element in drawn if element.element_id in ids for one in element.areas)
    ends = {feed.element_id for element in drawn for feed in element.fed_from}.union(named) - core
    # Whatever feeds those is not asked for: of each it is known that it is there, and what it is called.
    beside = [
        element if element.kind == "area" else replace(element, kind="section", fed_from=())
        for element in await _elements(connection, ends)
    ]
    return NetworkModel([*drawn, *beside], await _switches(connection, drawn))


async def _elements(connection: Connection, ids: Iterable[str]) -> list[NetworkElement]:
    rows = await connection.fetch(SQL["elements"], sorted(ids))
    return [ELEMENT.decode(row["element"]) for row in rows]


async def _switches(connection: Connection, drawn: Iterable[NetworkElement]) -> dict[str, SwitchState]:
    named = {way.switch for element in drawn for feed in element.fed_from for way in feed.through}
    rows = await connection.fetch(SQL["switches"], sorted(named))
    return {row["switch"]: row["state"] for row in rows}
