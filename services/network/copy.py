"""Follow outage.network in tables of a service.

What is said of an element counts at once, but for the side from which power comes: that is counted anew when an edition is
here whole, and when a switch is thrown. Until then an element keeps what was known of it. The word that an edition is on the
topic whole (network.model) may come before elements of other partitions: an edition is here whole when it has as many as it says.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.network import NetworkElement, NetworkElementRemoved, NetworkModelImported, NetworkSwitched
from services.kernel.adapters.locks import Connection, advisory_key, lock_until_commit
from services.kernel.model import Message
from services.kernel.queries import queries
from services.network.steps import count_anew, rewire
from services.places import normal
from services.places.topology.model import KINDS_NAMED, called

SQL = queries(Path(__file__).parent / "sql" / "copy.sql")


class NetworkCopy:
    """`TopicCopy` of outage.network, for one service.

    Its workers hold partitions of the topic each, and what one is told changes rows of elements that another was told of: one
    writes at a time, until its commit.
    """

    def __init__(self, service: str) -> None:
        self._lock = advisory_key(service, "network")

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        """See TopicCopy: elements first, then switches as they were thrown, then whole editions."""
        await lock_until_commit(connection, self._lock)
        last: dict[str, Message] = {}
        for message in said:
            if isinstance(message.data, NetworkElement | NetworkElementRemoved):
                last[message.data.element_id] = message
        await _put_elements(connection, list(last.values()))
        for message in said:
            if isinstance(message.data, NetworkSwitched):
                await _throw(connection, message.data, message.offset or 0)
        for message in said:
            if isinstance(message.data, NetworkModelImported):
                await _put_edition(connection, message.data)
        await _settle(connection, said)

    async def put_late(self, connection: Any, message: Message) -> bool:
        """See TopicCopy. A switch's own word says since when it stands so."""
        if isinstance(message.data, NetworkElement | NetworkElementRemoved):
            await lock_until_commit(connection, self._lock)
            place = ([message.data.element_id], [message.offset or 0])
            if await connection.fetch(SQL["newer"], *place):
                return False
        await self.put(connection, [message])
        return True


async def _put_elements(connection: Connection, said: Sequence[Message]) -> None:
    if not said:
        return
    rows = sorted((_row(message) for message in said), key=lambda row: row[0])
    ids, elements, instants, *_ = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(SQL["end_elements"], ids, elements, instants)
    here = [row for row in rows if row[1] is not None]
    columns = [list(column) for column in zip(*here, strict=True)] if here else [[]] * 6
    new = {row["element_id"] for row in await connection.fetch(SQL["put_elements"], *columns)}
    gone = {name for name, element in zip(ids, elements, strict=True) if element is None}
    drawn = [one.data for one in said if isinstance(one.data, NetworkElement) and one.data.element_id in new]
    await _draw(connection, sorted(new | gone), drawn)


def _row(message: Message) -> tuple[str, bytes | None, datetime, int, str, str]:
    place = message.recorded_at, message.offset or 0
    match message.data:
        case NetworkElement(element_id=name, kind=kind, model=edition) as element:
            return name, msgspec.json.encode(element, order="deterministic"), *place, kind, edition.model_id
        case NetworkElementRemoved(element_id=name):
            return name, None, *place, "", ""
        case other:
            raise TypeError(f"{type(other).__name__} is no element")


async def _draw(connection: Connection, changed: Sequence[str], drawn: Sequence[NetworkElement]) -> None:
    """Names, areas and ways of elements that are said anew; of those that are no more nothing is left."""
    ways = [
        (
            one.element_id,
            feed.element_id,
            number,
            "\n".join(way.switch for way in feed.through),
            "\n".join(way.switch for way in feed.through if way.normally == "open"),
        )
        for one in drawn
        for number, feed in enumerate(one.fed_from)
    ]
    await connection.execute(SQL["forget"], list(changed), *_columns((way[:3] for way in ways), 3))
    await connection.execute(SQL["put_names"], *_columns(_names(drawn), 3))
    await connection.execute(
        SQL["put_areas"], *_columns(((area, one.element_id) for one in drawn for area in one.areas), 2)
    )
    await connection.execute(SQL["put_ways"], *_columns(ways, 5))


def _names(drawn: Iterable[NetworkElement]) -> Iterable[tuple[str, str, str]]:
    for one in drawn:
        for form in {normal(name) for name in called(one)} - {""}:
            yield from ((words, form, one.element_id) for words, kinds in KINDS_NAMED.items() if one.kind in kinds)


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


async def _throw(connection: Connection, word: NetworkSwitched, offset: int) -> None:
    if await connection.fetchval(SQL["throw_switch"], word.switch, word.state, word.at, offset):
        changed = [row["element_id"] for row in await connection.fetch(SQL["ways_through"], word.switch)]
        if changed:
            await rewire(connection, changed)


async def _put_edition(connection: Connection, word: NetworkModelImported) -> None:
    await connection.execute(SQL["put_edition"], word.model_id, word.date, word.elements, word.imported_at)


async def _settle(connection: Connection, said: Sequence[Message]) -> None:
    """Where an edition that is spoken of is here whole now: from which side power comes, anew."""
    spoken: set[tuple[str, datetime]] = set()
    for message in said:
        match message.data:
            case NetworkElement(model=edition) | NetworkElementRemoved(model=edition):
                spoken.add((edition.model_id, edition.date))
            case NetworkModelImported(model_id=model, date=date):
                spoken.add((model, date))
    whole = [row["model_id"] for row in await connection.fetch(SQL["here_whole"], *_columns(sorted(spoken), 2))]
    if whole:
        await count_anew(connection)
        await connection.execute(SQL["ready"], whole)
