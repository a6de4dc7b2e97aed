"""Fill a service's tables with armed deadlines by COPY: many that are not due in the run, and some whose streams are whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import msgspec

from bench.parts.process import Process
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, FaultReported, OutageStarted
from services.kernel.adapters.locks import Connection
from services.kernel.manual_clock import ManualClock
from services.kernel.queries import queries
from tests.kits.kernel.paper import PaperBroker

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "deadlines.sql")
PARTITIONS: Final = 4
ROWS_AT_ONCE: Final = 20_000
TABLES: Final = ("event", "live", "stream", "timer")
MRID: Final = "BENCH-OUTAGE"
BEGAN: Final = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
ALONE: Final = timedelta(minutes=5)
"""For so long after its first deadline an outage has no other: longer than what is measured takes."""
KETTLE_TIME: Final = timedelta(minutes=10)
"""How long the least service's deadline is (tests/kits/kernel/toy.py)."""


async def _copy(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Rows into a table; how many."""
    count, some = 0, list[tuple[Any, ...]]()
    columns: list[str] = []
    for row in rows:
        columns = columns or list(row)
        some.append(tuple(row[name] for name in columns))
        if len(some) == ROWS_AT_ONCE:
            await connection.copy_records_to_table(table, records=some, columns=columns)
            count, some = count + len(some), []
    if some:
        await connection.copy_records_to_table(table, records=some, columns=columns)
    return count + len(some)


async def arm_idle(connection: Connection, count: int, due: datetime, name: str) -> None:
    """So many deadlines of streams that have no event, due a second after the other from then on."""

    def streams() -> Iterator[Mapping[str, Any]]:
        for number in range(count):
            stream = f"outage/{name}-{number:07}"
            yield {"stream_id": stream, "partition": number % PARTITIONS, "version": 0, "chain": b""}

    def timers() -> Iterator[Mapping[str, Any]]:
        for number in range(count):
            stream = f"outage/{name}-{number:07}"
            yield {
                "timer_id": f"{stream}#boil",
                "stream_id": stream,
                "name": "boil",
                "due_at": due + timedelta(milliseconds=number),
                "partition": number % PARTITIONS,
            }

    await _copy(connection, "stream", streams())
    await _copy(connection, "timer", timers())


async def arm_kettles(connection: Connection, dues: Sequence[datetime], name: str) -> None:
    """Streams of the least service, each with one fact and one deadline."""
    facts = [CauseCleared(mrid=f"{name}-{number:07}", cleared_at=due - KETTLE_TIME) for number, due in enumerate(dues)]
    rows: dict[str, list[Mapping[str, Any]]] = {table: [] for table in TABLES}
    for number, (fact, due) in enumerate(zip(facts, dues, strict=True)):
        stream, partition = f"outage/{fact.mrid}", number % PARTITIONS
        rows["stream"].append({"stream_id": stream, "partition": partition, "version": 1, "chain": b"0" * 32})
        rows["timer"].append(
            {
                "timer_id": f"{stream}#boil",
                "stream_id": stream,
                "name": "boil",
                "due_at": due,
                "partition": partition,
            }
        )
        rows["live"].append({"stream_id": stream, "version": 1, "view": "{}"})
        rows["event"].append(
            {
                "stream_id": stream,
                "version": 1,
                "event_id": uuid4(),
                "type": "cause.cleared.v1",
                "data": msgspec.json.encode(fact).decode(),
                "cause": f"/bench/{number}",
                "reason": "recorded",
                "decided_at": BEGAN,
                "chain": b"0" * 32,
            }
        )
    for table, some in rows.items():
        await _copy(connection, table, some)


class OutageTemplate:
    """One outage as the restorer wrote it, to be written again under other names, at other times.

    Its hash chain is the first one's: nothing here looks at it, and no audit would pass.
    """

    def __init__(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._rows = rows
        dues = sorted(row["due_at"] for row in rows["timer"])
        self.first_due: datetime = dues[0]
        self.at_once = dues.count(dues[0])
        """So many of its deadlines come together, first of all."""
        if len(dues) > self.at_once and dues[self.at_once] - dues[0] < ALONE:
            raise SystemExit(f"deadlines of one outage come within {ALONE}: what is measured would be others")

    @classmethod
    async def made(cls, dsn: str, pool: asyncpg.Pool) -> OutageTemplate:
        """A fault that was reported: dispatch has a crew to send, power is off. Its rows are taken out of the tables again."""
        process = await Process.of(
            "restorer", dsn, pool, ManualClock(BEGAN + timedelta(minutes=1)), PaperBroker(partitions=1)
        )
        where = Extent(lines=("10千伏城东线",), areas=("中山路一带",))
        facts = (
            FaultReported(mrid=MRID, reported_at=BEGAN, reporting_kind="call", territory="urban", report_id="R-1"),
            OutageStarted(mrid=MRID, outage_class="fault", started_at=BEGAN, extent=where),
        )
        for number, fact in enumerate(facts):
            await process.take(process.records(None, fact, f"template-{number}"))
        async with pool.acquire() as connection:
            rows = {
                table: [
                    dict(row) for row in await connection.fetch(SQL["of_stream"].format(table=table), f"outage/{MRID}")
                ]
                for table in TABLES
            }
            await connection.execute(SQL["forget_stream"], f"outage/{MRID}")
        for row in rows["event"]:
            del row["position"]
        return cls(rows)

    async def arm(self, connection: Connection, dues: Sequence[datetime], name: str) -> None:
        """An outage for each of these instants, at which its first deadline comes."""
        shifts = [due - self.first_due for due in dues]
        for table, rows in self._rows.items():
            await _copy(connection, table, self._written(rows, shifts, name))

    def _written(
        self, rows: Sequence[Mapping[str, Any]], shifts: Sequence[timedelta], name: str
    ) -> Iterator[Mapping[str, Any]]:
        texts = [{key: _Text(value) for key, value in row.items() if isinstance(value, str)} for row in rows]
        for number, shift in enumerate(shifts):
            mrid = f"{name}-{number:07}"
            for row, own in zip(rows, texts, strict=True):
                made = {**row, **{key: text.said(mrid, shift) for key, text in own.items()}}
                if "due_at" in row:
                    made["due_at"] = row["due_at"] + shift
                if "event_id" in row:
                    made["event_id"] = uuid4()
                if "partition" in row:
                    made["partition"] = number % PARTITIONS
                yield made


class _Text:
    """A text that names an outage and instants."""

    def __init__(self, text: str) -> None:
        self._between = re.split(rf"{MRID}|{INSTANT.pattern}", text)
        self._named = re.findall(rf"{MRID}|{INSTANT.pattern}", text)
        self._instants = [None if one == MRID else datetime.fromisoformat(one) for one in self._named]

    def said(self, mrid: str, shift: timedelta) -> str:
        """The same of another outage, so much later."""
        if not self._named:
            return self._between[0]
        parts = [self._between[0]]
        for at, after in zip(self._instants, self._between[1:], strict=True):
            parts += (mrid if at is None else f"{(at + shift).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z", after)
        return "".join(parts)
