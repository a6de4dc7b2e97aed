"""`notice`: one row for each text of a notice that was published, with how it stands and what became of the work.

Read by the public board, so it holds what the public may read and nothing else; but for usage points, which it keeps only while
the notice is in force, to find it by one's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from services.kernel.queries import queries
from services.kernel.reading.projections import Recorded

SQL = queries(Path(__file__).parent / "sql" / "notice.sql")

PUBLISHED: Final = "notice.published.v1"
AMENDED: Final = "notice.amended.v1"
WITHDRAWN: Final = "notice.withdrawn.v1"
CLOSED: Final = "notice.closed.v1"


# Leaner than the contracts, as those of promises are: what was checked when it was written is not checked again.
class _Period(msgspec.Struct, frozen=True, gc=False):
    start: str
    end: str


class _Extent(msgspec.Struct, frozen=True, rename="camel", gc=False):
    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    transformers: tuple[str, ...] = ()
    usage_points: tuple[str, ...] = ()


class _About(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    mrid: str = msgspec.field(name="mRID")
    notice_id: str
    version: int
    text: dict[str, str] = {}


class _Said(_About, frozen=True, kw_only=True, rename="camel", gc=False):
    """The text itself."""

    outage_class: str
    published_at: str
    planned_period: _Period
    extent: _Extent = _Extent()
    reason: str | None = None
    safety_cut: bool = False
    supersedes: str | None = None
    change: str | None = None


class _Withdrawn(_About, frozen=True, kw_only=True, rename="camel", gc=False):
    withdrawn_at: str
    reason: str


class _Closed(_About, frozen=True, kw_only=True, rename="camel", gc=False):
    closed_at: str
    outcome: str
    started_at: str | None = None
    restored_at: str | None = None


class NoticeRow(msgspec.Struct, kw_only=True, gc=False, omit_defaults=True):
    """A row of `notice`. Instants are RFC 3339 texts, except that of the log itself. What is None is not written."""

    notice_id: str
    mrid: str
    version: int | None = None
    outage_class: str | None = None
    published_at: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    lines: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    transformers: tuple[str, ...] | None = None
    usage_points: tuple[str, ...] | None = None
    """While it is in force."""

    reason: str | None = None
    safety_cut: bool | None = None
    change: str | None = None
    supersedes: str | None = None
    text: dict[str, str] | None = None
    state: str
    """in-force, superseded, withdrawn or closed, by the last word on it."""

    ended_at: str | None = None
    """When it was withdrawn or closed."""

    because: str | None = None
    """The named reason for which it was withdrawn; what dispatch wrote on it is not for the public."""

    outcome: str | None = None
    started_at: str | None = None
    restored_at: str | None = None
    end_text: dict[str, str] | None = None
    changed_at: datetime
    """When the last word on it was decided."""

    position: int
    """Of the last event about it."""


class NoticeRows:
    """The read model `notice` (a services.kernel.reading.projections.ReadModel)."""

    name: str = "notice"
    version: int = 1
    reads: Mapping[str, type[msgspec.Struct]] = {
        PUBLISHED: _Said,
        AMENDED: _Said,
        WITHDRAWN: _Withdrawn,
        CLOSED: _Closed,
    }
    ddl: str = SQL["table"]
    indexes: Sequence[str] = (
        "create index if not exists {table}_mrid on {table} (mrid)",
        "create index if not exists {table}_position on {table} (position)",
        "create index if not exists {table}_in_force on {table} (mrid) where state = 'in-force'",
        "create index if not exists {table}_ended on {table} (ended_at)",
    )
    columns: Sequence[str] = NoticeRow.__struct_fields__
    source: str = SQL["source"]
    put: str = SQL["put"]

    def fold(self, events: Iterable[Recorded]) -> list[NoticeRow]:
        """Each text as these events leave it."""
        rows: dict[str, NoticeRow] = {}
        for event in events:
            data = event.data
            row = _row(rows, data.notice_id, event)
            if isinstance(data, _Said):
                _say(row, data)
                if data.supersedes is not None:
                    _supersede(_row(rows, data.supersedes, event))
            else:
                _end(row, data)
        return list(rows.values())


def _row(rows: dict[str, NoticeRow], notice_id: str, event: Recorded) -> NoticeRow:
    row = rows.get(notice_id)
    if row is None:
        row = NoticeRow(
            notice_id=notice_id,
            mrid=event.data.mrid,
            state="superseded",
            changed_at=event.decided_at,
            position=event.position,
        )
        rows[notice_id] = row
    row.changed_at, row.position = event.decided_at, event.position
    return row


def _say(row: NoticeRow, data: _Said) -> None:
    row.version, row.outage_class, row.published_at = data.version, data.outage_class, data.published_at
    row.starts_at, row.ends_at = data.planned_period.start, data.planned_period.end
    row.lines, row.areas, row.transformers = data.extent.lines, data.extent.areas, data.extent.transformers
    row.usage_points = data.extent.usage_points
    row.reason, row.safety_cut, row.text = data.reason, data.safety_cut, data.text
    row.supersedes, row.change = data.supersedes, data.change
    row.state = "in-force"


def _supersede(row: NoticeRow) -> None:
    """Another text took its place: what became of the work is said of that one."""
    row.state, row.usage_points = "superseded", None
    row.ended_at = row.because = row.outcome = row.started_at = row.restored_at = row.end_text = None


def _end(row: NoticeRow, data: _Withdrawn | _Closed) -> None:
    row.usage_points, row.end_text = None, data.text
    if isinstance(data, _Withdrawn):
        row.state, row.ended_at, row.because = "withdrawn", data.withdrawn_at, data.reason
        row.outcome = row.started_at = row.restored_at = None
    else:
        row.state, row.ended_at, row.because = "closed", data.closed_at, None
        row.outcome, row.started_at, row.restored_at = data.outcome, data.started_at, data.restored_at
