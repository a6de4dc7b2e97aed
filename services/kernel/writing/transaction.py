"""Do what every transaction shares: judge, settle, set aside; and, after the commit, what follows from it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from services.kernel.adapters.locks import Connection
from services.kernel.model import Message, Record, Service
from services.kernel.observing.telemetry import Telemetry
from services.kernel.queries import SQL
from services.kernel.streams.log import Log
from services.kernel.writing import inbox
from services.kernel.writing.decisions import Decisions, Judged, Name, Outcome
from services.kernel.writing.failures.attempts import Condemned
from services.kernel.writing.failures.limit import FailureLimit, JudgedMessage
from services.kernel.writing.outbox import publish
from services.kernel.writing.quarantine import DECIDE_FAILED, PARKING, STREAM_PARKED, BadRecord, keep, told


class Transaction:
    """Judges messages for one service inside transactions that its callers hold.

    `turn` serialises them in this process; `published` wakes the relay, `appended` the read models.
    """

    def __init__(self, service: Service, pool: asyncpg.Pool, telemetry: Telemetry) -> None:
        self.service = service
        self.pool = pool
        self.telemetry = telemetry
        self.decisions = Decisions(service, Log(service))
        self.turn = asyncio.Lock()
        self.published = asyncio.Event()
        self.appended = asyncio.Event()
        self._limit = FailureLimit()

    async def start(self) -> None:
        """Count recent failures, so that the limit holds over restarts."""
        rows = await self.pool.fetch(SQL["recent_outcomes"], self._limit.window)
        self._limit.start([JudgedMessage(row["source"], failed=row["reason"] == DECIDE_FAILED) for row in rows])

    async def decide(
        self,
        connection: Connection,
        messages: Sequence[Message],
        records: Mapping[Name, Record],
        now: datetime,
        condemned: Mapping[Name, Condemned],
        *,
        limited: bool,
    ) -> tuple[Judged, list[BadRecord]]:
        """Judge `messages`; `records` gives, by name, what each is kept as if it must be set aside.

        Raises:
            TooManyFailures: `limited`, and so many failed that the fault is ours; roll back.

        """
        parked_by = {name: BadRecord(record, "", "").quarantine_id for name, record in records.items()}
        judged = await self.decisions.run(connection, messages, now, parked_by=parked_by, condemned=condemned)
        if limited:
            self._limit.check(_judgements(judged))
        await inbox.settle(connection, judged.outcomes)
        bad = [_bad(o, records[o.message.name]) for o in judged.outcomes if o.outcome == "quarantined"]
        await self.set_aside(connection, bad, now)
        return judged, bad

    async def set_aside(self, connection: Connection, bad: Sequence[BadRecord], now: datetime) -> None:
        """Keep what could not be understood or judged, and tell others that it waits."""
        for item in bad:
            await keep(connection, item, now)
            if item.reason not in (*PARKING, STREAM_PARKED):
                await inbox.skip(connection, item.record, "quarantined", item.reason)
            await publish(connection, [told(item, self.service.name, now)], now)

    def committed(self, judged: Judged) -> None:
        """Only after the commit: remember states, keep the counts, wake the relay.

        A service may have `committed(events, registry)`: what it counts of its own.
        """
        if (count := getattr(self.service, "committed", None)) is not None:
            count([event for stream in judged.streams for event in stream.new], self.telemetry.registry)
        self.decisions.log.remember(judged.streams)
        self._limit.commit(_judgements(judged))
        self.telemetry.appended(judged.appended)
        if judged.outgoing or any(outcome.outcome == "quarantined" for outcome in judged.outcomes):
            self.published.set()
        if judged.appended:
            self.appended.set()


def _judgements(judged: Judged) -> list[JudgedMessage]:
    return [JudgedMessage(o.message.source, failed=o.reason == DECIDE_FAILED) for o in judged.outcomes]


def _bad(outcome: Outcome, record: Record) -> BadRecord:
    message = outcome.message
    return BadRecord(record, outcome.reason, outcome.detail, message.source, message.id, message.type, outcome.parked)
