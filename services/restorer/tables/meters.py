"""Follow outage.meters in tables: the newest reading of each usage point; and read what a decision needs of them.

A reading is judged by nobody when it comes: 100,000 of a storm are as many rows and nothing else. Which outages they are news
to is found afterwards (meter_news.py), and the outage then looks at what its meters say, all at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import MeterFault, MeterMended
from schemas.contracts.evidence.meters import MeterReading
from services.kernel.adapters.locks import Connection
from services.kernel.model import Message, Stream
from services.kernel.queries import queries
from services.places import normal
from services.places.names import forms
from services.places.topology import NetworkPart
from services.plausibility import IN_THE_FUTURE, Figures
from services.restorer.domain.evidence.readings import PointReading
from services.restorer.domain.state import SupplyState

SQL = queries(Path(__file__).parents[1] / "sql" / "meters.sql")
AT_ONCE: Final = 2_000
Row = tuple[Any, ...]


class MeterCopy:
    """`TopicCopy` of outage.meters. `figures`: how far ahead of its record a meter's clock may be."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    async def put(self, connection: Connection, said: Sequence[Message]) -> None:
        """See TopicCopy: of each point the newest reading, whatever comes first; what cannot be so apart."""
        taken: dict[str, Row] = {}
        odd: dict[str, Row] = {}
        for message in said:
            reading = message.data
            if not isinstance(reading, MeterReading) or not (form := normal(reading.usage_point)):
                continue
            if reading.read_at > message.recorded_at + self._figures.ahead_most:
                odd[form] = _odd(form, reading, message)
                continue
            row = _row(form, reading, message, self._figures)
            if form not in taken or _rank(taken[form]) < _rank(row):
                taken[form] = row
        for rows, width, statement in ((taken, 7, "put_readings"), (odd, 7, "put_odd")):
            for part in _parts([rows[form] for form in sorted(rows)]):
                await connection.execute(SQL[statement], *_columns(part, width))

    async def forget(self, connection: Connection) -> None:
        """See TopicCopy."""
        await connection.execute(SQL["forget_readings"])
        await connection.execute(SQL["forget_odd"])

    async def put_late(self, connection: Connection, message: Message) -> bool:
        """See TopicCopy: a reading says when it was, so that one which comes late never takes the place of a newer one."""
        await self.put(connection, [message])
        return True


def _row(form: str, reading: MeterReading, message: Message, figures: Figures) -> Row:
    """As of its record where its clock is a little fast, as with every fact (services/plausibility)."""
    ahead = reading.read_at > message.recorded_at + figures.ahead
    read_at = message.recorded_at if ahead else reading.read_at
    return (
        form,
        reading.usage_point,
        reading.energised,
        reading.own_generation,
        read_at,
        message.recorded_at,
        message.cause,
    )


def _odd(form: str, reading: MeterReading, message: Message) -> Row:
    return (
        form,
        reading.usage_point,
        reading.energised,
        reading.read_at,
        message.recorded_at,
        message.cause,
        IN_THE_FUTURE,
    )


def _rank(row: Row) -> tuple[datetime, bool]:
    """Of one instant that there is no power counts, as in the table."""
    return row[4], not row[2]


def _parts(rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))


def _columns(rows: Sequence[Row], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


async def readings_of(
    connection: Connection, where: Sequence[Extent], since: datetime | None, network: NetworkPart | None
) -> tuple[PointReading, ...]:
    """What meters said since an instant where an outage lies: at the points that it names, and by the network at those below."""
    if since is None:
        return ()
    named = sorted({form for extent in where for form in forms(extent.usage_points) if form})
    ends = {one for extent in where for one in network.meaning(extent).ends} if network is not None else set[str]()
    rows = await connection.fetch(SQL["readings_at"], named, sorted(ends), since)
    return tuple(
        PointReading(
            row["form"],
            row["usage_point"],
            row["element_id"],
            row["energised"],
            row["own_generation"],
            row["read_at"],
            row["cause"],
        )
        for row in rows
    )


async def keep_meters(connection: Connection, stream: Stream, before: SupplyState) -> None:
    """Bring the tables in line with a stream: the meter fault that it is about, and whether anybody denies its restoration."""
    state: SupplyState = stream.state
    fault = fault_of(state)
    if fault is not None and fault != fault_of(before):
        told, mended_at = fault
        form = normal(told.usage_point)
        await connection.execute(SQL["put_fault"], state.mrid, form, told.usage_point, told.found_at, mended_at)
        await connection.execute(SQL["put_denied_news"])
    denied, was = bool(state.checked.points), bool(before.checked.points)
    if denied != was:
        await connection.execute(SQL["put_denied" if denied else "forget_denied"], state.mrid)


def fault_of(state: SupplyState) -> tuple[MeterFault, datetime | None] | None:
    """The meter fault that the stream is about, as last found, and when it was mended since; None where it is about none."""
    found = [fault for fault, _ in state.of(MeterFault)]
    if not found:
        return None
    last = max(found, key=lambda one: (one.found_at, one.usage_point))
    mended = [word.mended_at for word, _ in state.of(MeterMended) if word.mended_at >= last.found_at]
    return last, min(mended, default=None)


async def renew_readings(connection: Connection) -> None:
    """Keep readings and faults under the present normal names of their usage points."""
    changed = [
        row
        async for row in connection.cursor(SQL["readings"], prefetch=AT_ONCE)
        if normal(row["usage_point"]) != row["form"]
    ]
    newest: dict[str, Row] = {}
    for row in changed:
        await connection.execute(SQL["drop_reading"], row["form"])
        moved = (normal(row["usage_point"]), *tuple(row.values())[1:])
        if moved[0] not in newest or _rank(newest[moved[0]]) < _rank(moved):
            newest[moved[0]] = moved
    for part in _parts([newest[form] for form in sorted(newest) if form]):
        await connection.execute(SQL["put_readings"], *_columns(part, 7))
    for row in await connection.fetch(SQL["faults"]):
        if (form := normal(row["usage_point"])) != row["form"]:
            await connection.execute(SQL["move_fault"], row["mrid"], form)
