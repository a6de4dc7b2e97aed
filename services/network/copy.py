"""Follow outage.network in tables of a service.

What is said of an element counts at once. From which side power comes is counted when the first edition is here whole, and from
then on with every change of an element or a switch, for what hangs on it. The word that an edition is on the topic whole
(network.model) may come before elements that lie in other partitions: an edition is here whole when its checksum is that of
the elements that are here. Until then decisions cite the one before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.network import NetworkElement, NetworkElementRemoved, NetworkModelImported, NetworkSwitched
from schemas.element_digest import checksum, element_digest, summed
from services.kernel.adapters.locks import Connection
from services.kernel.model import Message
from services.kernel.queries import queries
from services.network.steps import count_anew, rewire
from services.places import normal
from services.places.topology.model import KINDS_NAMED, called

SQL = queries(Path(__file__).parent / "sql" / "copy.sql")
AT_ONCE = 2_000
_DECODER = msgspec.json.Decoder(NetworkElement)


class NetworkCopy:
    """`TopicCopy` of outage.network."""

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        """See TopicCopy: elements first, then switches as they were thrown, then whole editions."""
        await connection.execute(SQL["changing"])
        last: dict[str, Message] = {}
        for message in said:
            if isinstance(message.data, NetworkElement | NetworkElementRemoved):
                last[message.data.element_id] = message
        changed = await _put_elements(connection, list(last.values()))
        for message in said:
            if isinstance(message.data, NetworkSwitched):
                changed |= await _throw(connection, message.data, message.recorded_at)
        for message in said:
            if isinstance(message.data, NetworkModelImported):
                word = message.data
                await connection.execute(SQL["put_edition"], word.model_id, word.date, word.elements, word.checksum)
                about = word.model_id, word.date, word.imported_at, word.elements, word.imported_by
                await connection.execute(SQL["put_import"], *about)
        if changed and await connection.fetchval(SQL["counted"]):
            await rewire(connection, sorted(changed))
        await _settle(connection)

    async def forget(self, connection: Any) -> None:
        """See TopicCopy. What was said of elements before stays, with the instants between which it was so."""
        await connection.execute(SQL["changing"])
        await connection.execute(SQL["forget_all"])

    async def put_late(self, connection: Any, message: Message) -> bool:
        """See TopicCopy. A switch's own word, and an edition's, says since when it is so."""
        await connection.execute(SQL["changing"])
        match message.data:
            case NetworkElement(element_id=name) | NetworkElementRemoved(element_id=name):
                if await connection.fetchval(SQL["newer"], name, message.recorded_at):
                    return False
        await self.put(connection, [message])
        return True


async def renew_names(connection: Any) -> int:
    """Make the names of all elements anew, in the present normal form (services/places/names.py, FORM); returns of how many.

    In a transaction of the caller's, before anything is read.
    """
    await connection.execute(SQL["changing"])
    await connection.execute(SQL["forget_names"])
    renewed = 0
    drawn: list[NetworkElement] = []
    async for row in connection.cursor(SQL["elements"], prefetch=AT_ONCE):
        drawn.append(_DECODER.decode(row["element"]))
        if len(drawn) == AT_ONCE:
            renewed += await _put_names(connection, drawn)
            drawn.clear()
    return renewed + await _put_names(connection, drawn)


async def _put_names(connection: Connection, drawn: Sequence[NetworkElement]) -> int:
    await connection.execute(SQL["put_names"], *_columns(_names(drawn), 3))
    return len(drawn)


async def _put_elements(connection: Connection, said: Sequence[Message]) -> set[str]:
    """Returns the elements that are said otherwise now, or are no more."""
    if not said:
        return set()
    rows = sorted(map(_row, said), key=lambda row: row[0])
    ids, elements, instants, *_ = (list(column) for column in zip(*rows, strict=True))
    changed = {row["element_id"] for row in await connection.fetch(SQL["end_elements"], ids, elements, instants)}
    here = [row for row in rows if row[1] is not None]
    changed |= {row["element_id"] for row in await connection.fetch(SQL["put_elements"], *_columns(here, 6))} - {None}
    drawn = [one.data for one in said if isinstance(one.data, NetworkElement) and one.data.element_id in changed]
    await _draw(connection, sorted(changed), drawn)
    return changed


def _row(message: Message) -> tuple[str, bytes | None, datetime, str, str, int]:
    match message.data:
        case NetworkElement(element_id=name, kind=kind, model=edition) as element:
            raw = msgspec.json.encode(element, order="deterministic")
            return name, raw, message.recorded_at, kind, edition.model_id, summed(element_digest(element))
        case NetworkElementRemoved(element_id=name):
            return name, None, message.recorded_at, "", "", 0
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
    await connection.execute(SQL["forget"], list(changed))
    await _put_names(connection, drawn)
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


async def _throw(connection: Connection, word: NetworkSwitched, recorded_at: datetime) -> set[str]:
    """Returns the elements to which power can come otherwise now. Of what a switch will be nobody knows: it is so now."""
    if not await connection.fetchval(SQL["throw_switch"], word.switch, word.state, min(word.at, recorded_at)):
        return set()
    return {row["element_id"] for row in await connection.fetch(SQL["ways_through"], word.switch)}


async def _settle(connection: Connection) -> None:
    """Cite the editions that are here whole now; with the first of all it is counted from which side power comes."""
    for row in await connection.fetch(SQL["waiting"]):
        if row["elements"] == row["here"] and row["checksum"] == checksum([int(row["sum"])]):
            if not await connection.fetchval(SQL["counted"]):
                await count_anew(connection)
            await connection.execute(SQL["ready"], row["model_id"], row["date"])
