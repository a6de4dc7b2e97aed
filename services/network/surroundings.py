"""Read the part of a service's copy of the network that some names mean (services/places/topology/part.py)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.contracts.base import Shape, Territory
from schemas.contracts.network import ModelRef
from services.kernel.adapters.locks import Connection
from services.kernel.queries import queries
from services.network import asking
from services.places.topology import KeptPart, PartElement
from services.places.topology.territory import in_order

SQL = queries(Path(__file__).parent / "sql" / "surroundings.sql")
MOST_ELEMENTS: Final = 200_000
"""A part with more is none: some 100 MB while it is looked at."""
MOST_PLACED: Final = 50_000
"""Of more elements it is not asked one by one in which territory they lie, but of those that are named: that takes a second."""
NO_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType({})
TRIES: Final = 5
"""While a network comes in it changes all the time; then its last state must do."""


class PlacedIn(NamedTuple):
    """In which territories something lies by the network, and by which editions; none where there is no whole one."""

    territories: tuple[Territory, ...] = ()
    models: tuple[ModelRef, ...] = ()


async def territories_of(connection: Connection, named: Collection[tuple[str, str]]) -> PlacedIn:
    """Where what names mean lies (services/places/topology/territory.py): pairs of the list of an extent and the normal name."""
    for _ in range(TRIES):
        before = await asking.version(connection)
        found = await _territories_of(connection, named)
        if await asking.version(connection) == before:
            break
    return found


async def _territories_of(connection: Connection, named: Collection[tuple[str, str]]) -> PlacedIn:
    editions = await asking.editions(connection)
    if not editions:
        return PlacedIn()
    rows = await connection.fetch(SQL["called"], [words for words, _ in named], [form for _, form in named])
    areas = sorted({row["element_id"] for row in rows if row["words"] == "areas"})
    roots = sorted({row["element_id"] for row in rows if row["words"] != "areas"})
    if not roots and areas:
        roots = sorted({row["element_id"] for row in await connection.fetch(SQL["lying_in"], areas)}) or areas
    dark = await connection.fetch(SQL["below"], roots, MOST_PLACED + 1) if roots else []
    asked = roots if len(dark) > MOST_PLACED else [row["element_id"] for row in dark]
    found = await connection.fetch(SQL["territories"], asked) if asked else []
    models = tuple(ModelRef(model_id=one.model_id, date=one.date) for one in editions)
    return PlacedIn(in_order(row["territory"] for row in found), models)


async def part_of(
    connection: Connection, named: Collection[tuple[str, str]], drawn: Mapping[str, Shape] = NO_SHAPES
) -> KeptPart | None:
    """What names mean: pairs of the list of an extent and the normal name. None without a whole edition, or where it is too much.

    `drawn`: shapes, by the names under which it is kept that they were looked up.

    Several questions are put to the copy; where it changed between them they are put again: half of each of two networks is none.
    """
    for _ in range(TRIES):
        before = await asking.version(connection)
        found = await _part_of(connection, named, drawn)
        if await asking.version(connection) == before:
            break
    return found


async def _part_of(
    connection: Connection, named: Collection[tuple[str, str]], drawn: Mapping[str, Shape]
) -> KeptPart | None:
    editions = await asking.editions(connection)
    if not editions:
        return None
    rows = await connection.fetch(SQL["called"], [words for words, _ in named], [form for _, form in named])
    called = _called((row["words"], row["form"], row["element_id"]) for row in rows)
    areas = sorted({row["element_id"] for row in rows if row["words"] == "areas"})
    lying: dict[str, list[str]] = defaultdict(list)
    for row in await connection.fetch(SQL["lying_in"], areas) if areas else ():
        lying[row["area_id"]].append(row["element_id"])
    roots = {row["element_id"] for row in rows if row["words"] != "areas"} | {
        one for ids in lying.values() for one in ids
    }
    held = {name: await asking.inside_shape(connection, shape) for name, shape in drawn.items()}
    roots = roots.union(*held.values())
    found = await connection.fetch(SQL["below"], sorted(roots), MOST_ELEMENTS + 1) if roots else []
    if len(found) > MOST_ELEMENTS:
        return None
    elements, places = await _elements(connection, [row["element_id"] for row in found]) if found else ({}, {})
    wide = [name for name, element in elements.items() if element.kind != "usagePoint"]
    inside = await connection.fetch(SQL["wide_names"], wide) if wide else []
    # A name inside may mean an element outside as well: who asks for it later means both.
    also = _called((row["words"], row["form"], row["element_id"]) for row in inside)
    return KeptPart(
        models=tuple(ModelRef(model_id=one.model_id, date=one.date) for one in editions),
        called={**also, **called, **{name: tuple(sorted(ids)) for name, ids in held.items()}},
        lying={area: tuple(sorted(ids)) for area, ids in lying.items()},
        elements=elements,
        at=places,
    )


async def _elements(
    connection: Connection, ids: Sequence[str]
) -> tuple[dict[str, PartElement], dict[str, tuple[float, float]]]:
    # One after the other, by what was found: the planner takes what a recursion finds for a billion, and plans for that.
    ways: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in await connection.fetch(SQL["ways"], ids):
        ways[row["element_id"]].append((row["source_id"], row["comes"]))
    rows = await connection.fetch(SQL["elements"], ids)
    found = {row["element_id"]: PartElement(row["kind"], row["served"], tuple(ways[row["element_id"]])) for row in rows}
    return found, {
        row["element_id"]: (row["longitude"], row["latitude"]) for row in rows if row["longitude"] is not None
    }


def _called(rows: Iterable[tuple[str, str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for words, form, element_id in rows:
        found[f"{words}:{form}"].add(element_id)
    return {name: tuple(sorted(ids)) for name, ids in found.items()}


async def gone(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of some elements that the model has no more."""
    there = {row["element_id"] for row in await connection.fetch(SQL["there"], list(ids))}
    return set(ids) - there
