"""Keep what the places of an outage meant in the network when they were named."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import Extent, Shape
from schemas.contracts.network import ModelRef
from services.kernel.queries import queries
from services.network import asking, surroundings
from services.places.extents import KINDS, names
from services.places.names import forms
from services.places.topology import KeptPart, NetworkPart
from services.places.topology.part import NO_PART
from services.restorer.domain.course.beside import LackedPlaces

SQL = queries(Path(__file__).parents[1] / "sql" / "outages.sql")
MOST_REMEMBERED: Final = 30_000
"""Elements of the parts that a process remembers, some 30 MB."""
MOST_LOOKED_FOR: Final = 1_000
"""Of so many places it is looked whether the network still has them."""
LACKED: Final = ("lines", "transformers")
Place = tuple[str, str]
"""The list of an extent, and a normal name in it."""


class RecentParts:
    """Parts that were looked at last, as they were packed: to unpack a line of 10,000 points takes 40 ms."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, NetworkPart] = OrderedDict()

    def of(self, packed: bytes) -> NetworkPart:
        """What was packed so."""
        found = self._known.pop(packed, None) or NetworkPart(unpack(packed))
        self._known[packed] = found
        while len(self._known) > 1 and sum(len(one.kept.elements) for one in self._known.values()) > self._most:
            self._known.popitem(last=False)
        return found


_PARTS: Final = RecentParts(MOST_REMEMBERED)


def pack(kept: KeptPart) -> bytes:
    """A part as it is kept."""
    return zlib.compress(msgspec.msgpack.encode(kept), 1)


def unpack(packed: bytes) -> KeptPart:
    """The part again."""
    return msgspec.msgpack.decode(zlib.decompress(packed), type=KeptPart)


def places_of(extents: Iterable[Extent]) -> Iterator[Place]:
    """All places that extents name."""
    for extent in extents:
        for kind in KINDS:
            yield from ((kind, form) for form in forms(names(extent, kind)) if form)


def shapes_of(extents: Iterable[Extent]) -> Mapping[str, Shape]:
    """Their shapes, each by a name for what it is: under it is kept that it was looked up."""
    drawn = dict.fromkeys(extent.shape for extent in extents if extent.shape is not None)
    return {f"shape:{sha256(msgspec.json.encode(shape)).hexdigest()[:32]}": shape for shape in drawn}


async def kept_part(connection: Any, mrid: str, named: Iterable[Extent], *, keep: bool = True) -> NetworkPart | None:
    """The part of the network that the outage's places mean: as it was kept, with what is named since, which is kept then.

    `keep`: whether it is; not of places that are only looked at.
    """
    row = await connection.fetchrow(SQL["part"], mrid)
    known = NetworkPart(NO_PART) if row["part"] is None else _PARTS.of(bytes(row["part"]))
    called = known.kept.called
    given = tuple(named) if row["modelled"] else ()
    unknown = {place for place in places_of(given) if ":".join(place) not in called}
    drawn = {name: shape for name, shape in shapes_of(given).items() if name not in called}
    more = await surroundings.part_of(connection, sorted(unknown), drawn) if unknown or drawn else None
    if more is None or not more.elements:
        return known if known.kept.elements else None
    part = known.with_more(more)
    if keep:
        await connection.execute(SQL["put_part"], mrid, pack(part.kept))
    return part


async def lacked_places(connection: Any, part: NetworkPart | None, named: Iterable[Extent]) -> LackedPlaces | None:
    """Lines and transformers that no element goes by, when they were named or now; None without a whole edition.

    Nothing is said of a kind of which the network has none at all, nor of usage points: a model may have those of key customers
    alone.
    """
    editions = await asking.editions(connection)
    if not editions:
        return None
    models = tuple(ModelRef(model_id=one.model_id, date=one.date) for one in editions)
    strange = {
        (kind, form): name
        for extent in named
        for kind in LACKED
        for name, form in zip(names(extent, kind), forms(names(extent, kind)), strict=True)
        if form and (part is None or not part.called(kind, form))
    }
    if not strange:
        return LackedPlaces(models=models)
    meant = await asking.meanings(connection, list(strange))
    there = await asking.lists_known(connection)
    lacked = {
        kind: tuple(name for (of, form), name in strange.items() if of == kind and (of, form) not in meant)
        for kind in LACKED
        if kind in there
    }
    return LackedPlaces(replace(Extent(), **lacked), models)


async def gone_places(connection: Any, part: NetworkPart, extent: Extent) -> tuple[str, ...]:
    """Places of the outage that the network had when they were named and has no more, as they were written."""
    ids = {
        one: name
        for kind in KINDS
        for name, form in zip(names(extent, kind), forms(names(extent, kind)), strict=True)
        for one in part.called(kind, form)
    }
    looked = sorted(ids)[:MOST_LOOKED_FOR]
    gone = await surroundings.gone(connection, looked)
    return tuple(dict.fromkeys(ids[one] for one in looked if one in gone))
