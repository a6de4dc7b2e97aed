"""Hear texts of customers that pods of a version before read in a rolling update, and passed over as they did all that came in.

Partitions of outage.receipts are theirs, too, for as long as they run. What they read is read, so a STOP among it would be heard by
nobody. Their inbox says which records those were: each is read once more from its topic and goes to its number's stream under a
name of its own, so that it is heard once, whoever looks and whenever they die. The stream has STOP and START by when they came.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import asyncpg
import structlog

from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts.receipts import InboundReceived
from services.kernel.adapters.away import AWAY, DATABASE
from services.kernel.clock import Clock
from services.kernel.model import Message, Record
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.kernel.writing.fence import RecordsByOffset
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.records import message_of
from services.notifier.domain.replies.handset import CATEGORY
from services.notifier.sending.gates.older_pods import SESSION_BEFORE

log = structlog.get_logger()
SQL: Final = queries(Path(__file__).parents[1] / "sql" / "passed_over.sql")
SOURCE: Final = "/outage/notifier/passed-over"
LOOK_SECONDS: Final = 5.0
AT_ONCE: Final = 50
COMMITTED_SECONDS: Final = 120.0
"""An inbox row that has its number for so long is there to be seen, or never will be."""


class PassedOver:
    """Looks until no pod of a version before is left. `reader`: of the topics."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, reader: RecordsByOffset, clock: Clock) -> None:
        self._ingest, self._pool, self._reader, self._clock = ingest, pool, reader, clock
        self._marks: deque[tuple[float, int]] = deque()
        """How far the inbox went at which looks (monotonic): what is older was looked through."""
        self._lost: set[tuple[str, int, int]] = set()
        self._over = False

    async def run(self) -> NoReturn:
        """Look until cancelled; once none is left that asks the database nothing."""
        waits = "texts of customers that a version before passed over wait"
        await every(LOOK_SECONDS, self.look, cures=(*AWAY, *DATABASE), waits=waits)

    async def look(self) -> None:
        """Once, at all that is there."""
        if self._over:
            return
        at = self._clock.monotonic()
        (row,) = await self._pool.fetch(SQL["since"], SESSION_BEFORE)
        if row["since"] is None:
            self._over = True
            return
        since = row["since"] if row["gone"] else max(row["since"], self._looked_through(at))
        while found := await self._pool.fetch(SQL["unheard"], since, SOURCE, AT_ONCE):
            await self._hear(found)
            since = found[-1]["seq"]
        if row["gone"]:
            await self._pool.execute(SQL["all_heard"])
        self._marks.append((at, row["newest"]))

    def _looked_through(self, at: float) -> int:
        """Up to where all rows were there to be seen at an earlier look."""
        through = 0
        while self._marks and at - self._marks[0][0] > COMMITTED_SECONDS:
            through = self._marks.popleft()[1]
        if through:
            self._marks.appendleft((at - COMMITTED_SECONDS - 1, through))
        return through

    async def _hear(self, rows: Sequence[Any]) -> None:
        heard = [message for row in rows if (message := await self._read(row)) is not None]
        for outcome in await self._ingest.submit(heard) if heard else ():
            log.info("a text that a version before passed over is heard", reason=outcome.reason)

    async def _read(self, row: Any) -> Message | None:
        topic, partition, offset = place = _place(row)
        if place in self._lost:
            return None
        records = await self._reader.read((topic, partition), offset, offset + 1)
        message = _message(records[0]) if records else None
        if message is None or message.name != (row["source"], row["id"]):
            self._lost.add(place)
            log.error(
                "a customer's text that a version before passed over is on its topic no more: nobody has heard it",
                topic=topic,
                partition=partition,
                offset=offset,
            )
            return None
        assert isinstance(message.data, InboundReceived)  # noqa: S101 - its row says so, and it is that record
        name = f"urn:passed-over:{topic}:{partition}:{offset}"
        return replace(
            message, source=SOURCE, id=name, topic=None, offset=None, stream=f"{CATEGORY}/{message.data.from_index}"
        )


def _place(row: Any) -> tuple[str, int, int]:
    return (row["topic"], row["partition"], row["record_offset"])


def _message(record: Record) -> Message | None:
    try:
        return message_of(from_kafka(record.topic, record.key, record.headers, record.value), record)
    except ContractError:
        return None  # the topic was made anew, and another record lies there
