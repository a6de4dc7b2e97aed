"""Read what the network model says of a plan's places, and which booked work cuts the same usage points by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.network import ModelRef
from services.kernel.queries import queries
from services.network import asking
from services.places import distinct, normal, normals
from services.places.extents import names
from services.places.topology import Resolved
from services.planner.domain.verdict.other_work import CountedOutage, PlacesByModel

SQL = queries(Path(__file__).parents[1] / "sql" / "booking.sql")
WORDS: Final[Mapping[str, str]] = {"line": "lines", "transformer": "transformers", "usagePoint": "usage_points"}
"""Where a work can be, as its table names the kind, and as an extent does."""
MOST_LINES: Final = 50
"""Of so many lines it is looked at which there are and what lies on each; a plan that names more is judged all the same."""
KIND: Final = {words: kind for kind, words in WORDS.items()}


async def by_model(connection: Any, plan: PlanBody, noticed: Extent | None) -> PlacesByModel | None:
    """What the model here whole says of `plan`, whose notice in force is about `noticed`; None where there is no model."""
    editions = await asking.editions(connection)
    if not editions:
        return None
    named = distinct(plan.extent.lines)
    lines = [await asking.resolve(connection, Extent(lines=(name,))) for name in named[:MOST_LINES]]
    few = len(named) <= MOST_LINES
    has_lines = few and await asking.has_lines(connection)
    points = await _points(connection, plan.extent)
    return PlacesByModel(
        editions=tuple(ModelRef(model_id=one.model_id, date=one.date) for one in editions),
        points=points,
        noticed=await _points(connection, noticed) if noticed is not None else (),
        nominal_voltage=await asking.voltage(connection, frozenset[str]().union(*(line.named for line in lines))),
        voltages=await _voltages(connection, points, plan.extent),
        unknown_lines=tuple(name for line in lines for name in line.unknown.lines) if has_lines else (),
        elsewhere=tuple(
            [
                (kind, name)
                for kind, words in (("area", "areas"), ("transformer", "transformers"))
                for name in (await _on_none(connection, plan.extent, words, lines) if few else ())
            ]
        ),
    )


async def _points(connection: Any, extent: Extent) -> tuple[str, ...]:
    """The usage points that are cut with what an extent names. Its areas say where that is, not that all in them is cut."""
    cut = await asking.resolve(connection, replace(extent, areas=()))
    return tuple(sorted(await asking.of_kind(connection, cut.elements, "usagePoint")))


async def _voltages(connection: Any, points: Sequence[str], extent: Extent) -> Mapping[str, float]:
    """At which voltage points take power, by normal name, those that the plan names by what they are called too."""
    found = await asking.voltages(connection, points)
    named = await asking.meanings(connection, [("usage_points", form) for form in normals(extent.usage_points)])
    called = {form: [found[one] for one in ids if one in found] for (_, form), ids in named.items()}
    return {
        **{normal(point): volts for point, volts in found.items()},
        **{form: max(volts) for form, volts in called.items() if volts},
    }


async def _on_none(connection: Any, extent: Extent, words: str, lines: Sequence[Resolved]) -> list[str]:
    """Areas or transformers that lie on none of the lines. Where of one of them nothing of the kind is known, nothing is said."""
    there: set[str] = set()
    for line in lines:
        if words == "areas":
            known = await asking.areas_of(connection, line.elements)
        else:
            known = await asking.of_kind(connection, line.elements, "transformer")
        if not known:
            return []
        there |= known
    named = {name: (words, normal(name)) for name in distinct(names(extent, words))} if lines else {}
    meant = await asking.meanings(connection, list(named.values())) if named else {}
    return [name for name, form in named.items() if there.isdisjoint(meant.get(form, ()))]


async def used_by_model(
    connection: Any, points: Sequence[str], mrid: str, since: datetime, until: datetime
) -> list[CountedOutage]:
    """Planned outages that count against the yearly limits of usage points of the model, by whatever place they name."""
    called = await asking.names_of(connection, await asking.above(connection, points))
    where = sorted(f"{KIND[words]}:{form}" for words, form in called if words in KIND)
    counted = await connection.fetch(SQL["used"], where, mrid, since, until)
    starts = {row["mrid"]: (row["work"], row["starts_at"]) for row in counted}
    placed: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await connection.fetch(SQL["places_of"], list(starts)):
        kind, _, name = row["place"].partition(":")
        placed[row["mrid"]][WORDS[kind]].append(name)
    wanted, found = frozenset(points), list[CountedOutage]()
    for other, (work, at) in starts.items():
        extent = replace(Extent(), **{words: tuple(sorted(named)) for words, named in placed[other].items()})
        cut = wanted & (await asking.resolve(connection, extent)).elements
        found += [CountedOutage(point, work, at) for point in sorted(cut)]
    return found


def named_as(points: Iterable[str], used: Iterable[CountedOutage]) -> tuple[CountedOutage, ...]:
    """What is used, by the names under which the plan's points are judged, each outage once a point, as it began first."""
    names = {normal(point): point for point in points}
    found: dict[tuple[str, str], CountedOutage] = {}
    for one in sorted(used, key=lambda one: one.start):
        if (form := normal(one.usage_point)) in names:
            found.setdefault((names[form], one.mrid), CountedOutage(names[form], one.mrid, one.start))
    return tuple(found.values())
