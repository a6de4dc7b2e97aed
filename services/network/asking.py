"""Ask a service's copy of the network model, within the transaction that decides."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from schemas.contracts.base import Extent, Position, Shape
from schemas.contracts.network import ElementKind, NetworkElement
from services.kernel.adapters.locks import Connection
from services.kernel.queries import queries
from services.places import normal, shapes
from services.places.extents import KINDS, names
from services.places.topology.resolving import Resolved

SQL = queries(Path(__file__).parent / "sql" / "asking.sql")
MOST_CALLED = 2_000
_ELEMENT = msgspec.json.Decoder(NetworkElement)


@dataclass(frozen=True, slots=True)
class Edition:
    """A model that is here whole, and of which date: what a decision that used it cites."""

    model_id: str
    date: datetime


async def editions(connection: Connection) -> Sequence[Edition]:
    """Those that are here; none where there is no model."""
    return [Edition(row["model_id"], row["date"]) for row in await connection.fetch(SQL["editions"])]


async def resolve(connection: Connection, extent: Extent) -> Resolved:
    """What `extent` means by the copy: as services/places/topology/resolving says of a model in memory."""
    wanted = [(kind, name, normal(name)) for kind in KINDS for name in names(extent, kind)]
    meant = await meanings(connection, [(kind, form) for kind, _, form in wanted])
    areas = {one for (kind, _), ids in meant.items() if kind == "areas" for one in ids}
    cut = {one for (kind, _), ids in meant.items() if kind != "areas" for one in ids}
    unknown = {
        kind: tuple(name for of, name, form in wanted if of == kind and (kind, form) not in meant) for kind in KINDS
    }
    doubtful = dict.fromkeys(name for kind, name, form in wanted if len(meant.get((kind, form), ())) > 1)
    dark = await without_power(connection, cut) if cut else set()
    lying = {row["element_id"] for row in await connection.fetch(SQL["lying_in"], sorted(areas))} if areas else set()
    if extent.shape is not None:
        lying -= {row["element_id"] for row in await connection.fetch(SQL["placed"], sorted(lying))} if lying else set()
        lying |= await inside_shape(connection, extent.shape)
    return Resolved(
        named=frozenset(cut | areas),
        elements=frozenset(dark | areas | lying),
        unknown=replace(extent, **unknown, customers_affected=None),
        doubtful=tuple(doubtful),
        lying=frozenset(lying - dark),
    )


async def names_by_language(connection: Connection, extent: Extent) -> Mapping[str, Mapping[str, str]]:
    """What lines and areas of `extent` are called in other languages, by the name as it is written there.

    A name that means several elements, which are called otherwise each, has none. Of more names than texts ever name, the first.
    """
    asked = [(kind, name, normal(name)) for kind in ("lines", "areas") for name in names(extent, kind)[:MOST_CALLED]]
    if not asked:
        return {}
    kinds, forms = [kind for kind, _, _ in asked], [form for _, _, form in asked]
    found: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in await connection.fetch(SQL["names_by_language"], kinds, forms):
        element = _ELEMENT.decode(row["element"])
        found.setdefault((row["words"], row["form"]), []).append(element.names)
    return {name: each[0] for kind, name, form in asked if (each := found.get((kind, form))) and _alike(each)}


def _alike(each: Sequence[Mapping[str, str]]) -> bool:
    return all(one == each[0] for one in each)


async def inside_shape(connection: Connection, shape: Shape) -> set[str]:
    """The transformers and usage points in a shape; a point of which the model does not say where is where its transformer is."""
    corners = [list(side) for side in zip(*shapes.boxes(shape), strict=True)]
    rows = await connection.fetch(SQL["points_in"], *corners)
    placed = {row["element_id"]: Position(longitude=row["longitude"], latitude=row["latitude"]) for row in rows}
    found = shapes.covered(shape, placed)
    fed = await connection.fetch(SQL["unplaced_points"], sorted(found)) if found else []
    return {*found, *(row["element_id"] for row in fed)}


async def meanings(connection: Connection, forms: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], set[str]]:
    """The elements that are called so, by the list of an extent and the normal name; only those that any is."""
    rows = await connection.fetch(SQL["called"], [words for words, _ in forms], [form for _, form in forms])
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        found.setdefault((row["words"], row["form"]), set()).add(row["element_id"])
    return found


async def without_power(connection: Connection, ids: Collection[str]) -> set[str]:
    """These elements, and what has no power while they have none."""
    return {row["element_id"] for row in await connection.fetch(SQL["without_power"], sorted(ids))}


async def above(connection: Connection, ids: Collection[str]) -> set[str]:
    """These elements and all through which power comes to them."""
    return {row["element_id"] for row in await connection.fetch(SQL["above"], sorted(ids))}


async def feeding(connection: Connection, ids: Collection[str]) -> Mapping[str, set[str]]:
    """Of each of these elements that has power by the model: itself, and all through which it comes."""
    found: dict[str, set[str]] = {}
    for row in await connection.fetch(SQL["feeding"], sorted(ids)) if ids else ():
        found.setdefault(row["root"], set()).add(row["element_id"])
    return found


async def names_of(connection: Connection, ids: Collection[str]) -> set[tuple[str, str]]:
    """What they may be called: the list of an extent, and the normal name."""
    return {(row["words"], row["form"]) for row in await connection.fetch(SQL["names_of"], sorted(ids))}


async def has_lines(connection: Connection) -> bool:
    """Whether the model has any line: of one that has none nobody can say that a line is not there."""
    return bool(await connection.fetchval(SQL["has_lines"]))


async def lists_known(connection: Connection) -> set[str]:
    """The lists of an extent in which the model has anything: of the others nobody can say what it lacks."""
    return {row["words"] for row in await connection.fetch(SQL["lists_known"])}


async def version(connection: Connection) -> int:
    """How often the copy was changed: the same before and after several questions, it was one network that answered them."""
    return int(await connection.fetchval(SQL["version"]))


async def areas_of(connection: Connection, ids: Collection[str]) -> set[str]:
    """The areas in which any of these elements lies."""
    return {row["area_id"] for row in await connection.fetch(SQL["areas_of"], sorted(ids))}


async def voltage(connection: Connection, ids: Collection[str]) -> float | None:
    """The highest nominal voltage of these elements, kilovolts; None where none is given."""
    found: float | None = await connection.fetchval(SQL["voltage"], sorted(ids))
    return found


async def voltages(connection: Connection, ids: Collection[str]) -> Mapping[str, float]:
    """At how many kilovolts each of them takes power: as it says itself, else as the nearest does that feeds it."""
    return {row["element_id"]: row["volts"] for row in await connection.fetch(SQL["voltages"], sorted(ids))}


async def of_kind(connection: Connection, ids: Collection[str], kind: ElementKind) -> set[str]:
    """Those of some elements that are of a kind."""
    return {row["element_id"] for row in await connection.fetch(SQL["of_kind"], sorted(ids), kind)}
