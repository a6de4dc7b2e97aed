"""`place`: one row for each place that an outage's facts or notices ever named, by its normal form.

Which outages can touch a place is found by an index; whether they do now stands in the view of their stream (`live`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from services.kernel.queries import queries
from services.kernel.reading.projections import Recorded
from services.places import forms
from services.places.names import RULES

SQL = queries(Path(__file__).parent / "sql" / "place.sql")

KINDS: Final[Mapping[str, str]] = {
    "line": "lines",
    "area": "areas",
    "transformer": "transformers",
    "usagePoint": "usage_points",
}


AT_ONCE: Final = 4_000
"""Rows made and put in one go, 15 ms of work."""


class _Extent(msgspec.Struct, frozen=True, rename="camel", gc=False):
    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()
    usage_points: tuple[str, ...] = ()


class _Named(msgspec.Struct, frozen=True, gc=False):
    """Whatever says where."""

    extent: _Extent = _Extent()


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of `place`. `value` is the normal form, `written` the first spelling."""

    place_id: str
    kind: str
    value: str
    written: str
    mrid: str


class PlaceRows:
    """The read model `place` (a services.kernel.reading.projections.ReadModel)."""

    name: str = "place"
    version: int = RULES  # rows hold normal forms: other rules make other rows
    reads: Mapping[str, type[msgspec.Struct]] = dict.fromkeys(
        (
            "outage.started.v1",
            "fault.reported.v1",
            "fault.reported.v2",
            "extent.changed.v1",
            "curtailment.ordered.v1",
            "planned.requested.v1",
            "planned.amended.v1",
            "notice.published.v1",
            "notice.amended.v1",
            "supply.joins.v1",
        ),
        _Named,
    )
    ddl: str = SQL["table"]
    indexes: Sequence[str] = ("create index if not exists {table}_value on {table} (value, kind)",)
    columns: Sequence[str] = PlaceRow.__struct_fields__
    source: str = SQL["source"]
    put: str = SQL["put"]

    def fold(self, events: Iterable[Recorded]) -> list[PlaceRow]:
        """The places these events name, each once."""
        return [row for part in self.parts(events) for row in part]

    def parts(self, events: Iterable[Recorded]) -> Iterator[list[PlaceRow]]:
        """The same, AT_ONCE rows at a time: an event may have 20,000."""
        seen: set[str] = set()
        rows: list[PlaceRow] = []
        for event in events:
            mrid = event.stream_id.partition("/")[2]
            for kind, value, written in _places(event.data.extent):
                key = place_id(mrid, kind, value)
                if key not in seen:
                    seen.add(key)
                    rows.append(PlaceRow(place_id=key, kind=kind, value=value, written=written, mrid=mrid))
                if len(rows) == AT_ONCE:
                    yield rows
                    rows = []
        yield rows


def _places(extent: _Extent) -> Iterator[tuple[str, str, str]]:
    for kind, field in KINDS.items():
        named = getattr(extent, field)
        for written, value in zip(named, forms(named), strict=True):
            yield kind, value, written


def place_id(mrid: str, kind: str, value: str) -> str:
    """The key of a row; a digest, for names may be longer than an index takes."""
    digest = blake2b(f"{mrid}\0{kind}\0{value}".encode("utf-8", "surrogatepass"), digest_size=16)
    return digest.hexdigest()
