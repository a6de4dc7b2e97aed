"""Building blocks of every contract: instants, periods, extents, the base struct."""

from datetime import UTC, datetime
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

Instant = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 instant with its offset, e.g. 2026-03-05T09:12:00+08:00; 2000 to 2199"),
]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000, extra={"written_by": "people"})]
CustomersWords = Annotated[str, Meta(max_length=2000, extra={"written_by": "customers"})]
"""Text of what a customer said or wrote: it holds none of our figures, and any long number in it may be somebody's."""
Person = Annotated[str, Meta(min_length=1, max_length=200, extra={"written_by": "people"})]
"""A name as Name is, but of somebody who acts: people put their extension or their mobile beside it."""
# What is personal beside customers' own words says in its Meta by which rule a log forgets it: extra={"forgotten_by": rule}. Every
# such field, however deep, is a row of table forgettable in the service that keeps it (tests/integration/forgetting).
MRID = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$",
        description="CIM mRID of the outage; the Kafka key",
    ),
]
CustomerId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$",
        description="Key customer's id in the registry",
    ),
]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", description="BCP 47 tag, e.g. zh-CN or en")]
OutageClass = Literal["planned", "temporary", "fault", "emergency", "curtailment"]
Territory = Literal["urban", "rural", "remote"]
TerritorySource = Literal["dispatch", "network", "policy"]
CrewStatusKind = Literal["awaitingCrewAssignment", "assigned", "enroute", "arrived", "fieldComplete"]


class Wire(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Anything that travels: camelCase on the wire, snake_case here, unknown fields ignored by readers."""

    def __post_init__(self) -> None:
        """Refuse instants no dispatch system can mean (year 0225, year 20226).

        Raises:
            ValueError: an instant lies outside 2000 to 2199; msgspec turns it into a ValidationError with the path.

        """
        names = _INSTANTS.get(type(self))
        for name in _instants_of(type(self)) if names is None else names:
            value = getattr(self, name)
            if value is not None and not EARLIEST <= value < LATEST:
                raise ValueError(f"{name} {value.isoformat()} is outside 2000 to 2199: check the year")


# The fields of each contract that hold an instant; found once, because every decode asks.
_INSTANTS: dict[type[Wire], tuple[str, ...]] = {}


def _instants_of(kind: type[Wire]) -> tuple[str, ...]:
    """The names of `kind`'s fields that hold an instant or none. Not those of lists: we count them ourselves."""
    hints = get_type_hints(kind)
    found = tuple(
        name
        for name in kind.__struct_fields__
        if datetime in (hints[name], *get_args(hints[name])) and get_origin(hints[name]) is not tuple
    )
    _INSTANTS[kind] = found
    return found


class Period(Wire, frozen=True, kw_only=True):
    """A span of time; the end lies after the start."""

    start: Instant
    end: Instant

    def __post_init__(self) -> None:
        """Refuse a period that ends before or when it starts.

        Raises:
            ValueError: end <= start.

        """
        super().__post_init__()
        if self.end <= self.start:
            raise ValueError(f"end {self.end.isoformat()} is not after start {self.start.isoformat()}")


class Position(Wire, frozen=True, kw_only=True):
    """A point of the earth's surface, WGS 84."""

    latitude: Annotated[float, Meta(ge=-90, le=90, description="Degrees north of the equator")]
    longitude: Annotated[float, Meta(ge=-180, le=180, description="Degrees east of Greenwich")]


Point = tuple[float, float]
"""Longitude, then latitude, in degrees, WGS 84: the order of GeoJSON (RFC 7946)."""
Rings = tuple[tuple[Point, ...], ...]
"""A closed line around a piece of land, then the holes in it; of each the last point is the first."""


class Polygon(Wire, frozen=True, kw_only=True, tag="Polygon", tag_field="type"):
    """One piece of land, as GeoJSON writes it. What this leaves open is checked where a record is taken (schemas/shapes.py)."""

    coordinates: Annotated[
        Rings, Meta(description="The outer ring, then holes: lists of [longitude, latitude], closed")
    ]


class MultiPolygon(Wire, frozen=True, kw_only=True, tag="MultiPolygon", tag_field="type"):
    """Several pieces of land, as GeoJSON writes them."""

    coordinates: Annotated[tuple[Rings, ...], Meta(description="The pieces, each as a Polygon has it")]


Shape = Polygon | MultiPolygon


class Extent(Wire, frozen=True, kw_only=True):
    """What is without power. The widest list given counts; an empty list says nothing about that kind."""

    lines: Annotated[tuple[Name, ...], Meta(description="Line (feeder) names or ids, e.g. 10千伏城东线")] = ()
    areas: Annotated[
        tuple[Name, ...], Meta(description="Areas in words, e.g. 中山路一带; municipality in some feeds")
    ] = ()
    transformers: Annotated[tuple[Name, ...], Meta(description="Public transformer names or ids (公变名称)")] = ()
    usage_points: Annotated[tuple[Name, ...], Meta(description="Usage point mRIDs")] = ()
    shape: (
        Annotated[
            Shape,
            Meta(
                description="Where power is off, more closely than areas say, which count only for whom no coordinates are known: "
                "GeoJSON Polygon or MultiPolygon, WGS 84, longitude first"
            ),
        ]
        | None
    ) = None
    nominal_voltage: Annotated[float, Meta(gt=0, le=2000, description="Kilovolts")] | None = None
    customers_affected: Annotated[int, Meta(ge=0, description="Customers without power, all kinds")] | None = None

    def is_empty(self) -> bool:
        """Whether no line, area, transformer or usage point is named, and no shape is given."""
        return not (self.lines or self.areas or self.transformers or self.usage_points or self.shape)


class RuleRef(Wire, frozen=True, kw_only=True):
    """The rule that a decision or a promise rests on, so that it can be shown years later."""

    policy_id: Name
    policy_version: Name
    rule_id: Name
    calendar_version: Name | None = None
    source: Annotated[str, Meta(max_length=500, description="Legal source, e.g. 第2篇 第十条(二)10")] | None = None
    verified: Annotated[bool, Meta(description="False: the rule's text was not checked against its source")] = True


def encode(value: object) -> bytes:
    """JSON bytes of a contract, as they travel and as they are stored."""
    return msgspec.json.encode(value)
