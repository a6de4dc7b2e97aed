"""The real services' write paths on a real PostgreSQL, with a broker on paper: every record is followed to its end."""

import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter

import asyncpg

from operations.audit.intake import audit_intake
from operations.audit.log import audit_log
from operations.audit.published import audit_outbox
from operations.audit.report import Report
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record, Service
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from services.notifier.app import Notifier
from services.planner.app import Planner
from services.policy.calendar import WorkingCalendar
from services.policy.loading import load_policy, policy_path
from services.restorer.app import Restorer
from tests.fuzz.records import Raw, records
from tests.kits.kernel.paper import PaperBroker
from tests.kits.stack.databases import database
from tests.kits.stack.sending import VOICE

NAMES = ("planner", "restorer", "notifier")
START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
STEP = timedelta(minutes=7)
"""How far the clock goes on with each batch, so that deadlines come due among the records."""


def service(name: str) -> Service:
    """A service as it runs."""
    policy, calendar = load_policy(policy_path("cn-service-standard")), WorkingCalendar("CN")
    if name == "planner":
        return Planner(policy, calendar)
    return Restorer(policy, calendar) if name == "restorer" else Notifier(VOICE)  # type: ignore[return-value]


@dataclass
class Ends:
    """What records came to, by service: event, refusal (a no-op with a name), copied, duplicate, quarantine by reason."""

    records: int = 0
    seconds: float = 0.0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, name: str) -> int:
        """How many records of a service have an end."""
        return sum(count for (service, _), count in self.counts.items() if service == name)


@dataclass
class Under:
    """One service under fire."""

    service: Service
    pool: asyncpg.Pool
    ingest: Ingest
    timers: Timers
    broker: PaperBroker
    clock: ManualClock
    ends: Ends

    async def take(self, batch: list[Raw]) -> None:
        """Put records where the service reads, take them, fire what is due; whatever raises is an exit, and fails."""
        put = [self._put(raw) for raw in batch]
        before = dict(self.ends.counts)
        began = perf_counter()
        taken = await self.ingest.take(put)
        name = self.service.name
        bad = {(b.record.topic, b.record.partition, b.record.offset) for b in taken.bad}
        assert len(bad) == len(taken.bad), "one record was set aside twice"
        for one in taken.bad:
            self.ends.counts[name, "quarantine"] += 1
            self.ends.reasons[name, one.reason] += 1
        for outcome in taken.outcomes:
            if outcome.outcome != "quarantined":
                self.ends.counts[name, {"appended": "event", "no-op": "refusal"}[outcome.outcome]] += 1
        self.ends.counts[name, "duplicate"] += taken.duplicates
        self.ends.counts[name, "copied"] += len(taken.copied)
        ended = self.ends.of(name) - sum(count for (service, _), count in before.items() if service == name)
        assert ended == len(put), f"{len(put)} records, {ended} ends"
        self.clock.advance(STEP)
        places = {(record.topic, record.partition) for record in put}
        await self.ingest.caught_up(await self.broker.ends(places), self.clock.now())
        await self.timers.fire_due({0})
        self.ends.seconds += perf_counter() - began
        self.ends.records += len(put)

    def _put(self, raw: Raw) -> Record:
        topic = raw.topic if raw.topic in self.service.inputs else self.service.inputs[0]
        record = self.broker.put(topic, 0, "", raw.headers, raw.value, self.clock.now())
        changed = Record(record.topic, 0, record.offset, raw.key, raw.value, raw.headers, record.timestamp)
        self.broker.logs[(topic, 0)][-1] = changed
        return changed

    async def faults(self, connection: asyncpg.Connection) -> dict[str, list[str]]:
        """What an audit of the service finds."""
        report = Report()
        async with connection.transaction():
            await audit_log(connection, self.service, report)
            await audit_intake(connection, self.service.name, report)
            await audit_outbox(connection, self.service.name, report)
        return {check.name: check.faults for check in report.checks if check.faults}


@contextlib.asynccontextmanager
async def under_fire(postgres: str, name: str, ends: Ends) -> AsyncIterator[tuple[Under, asyncpg.Connection]]:
    """A service in a database of its own, with the rights it has in production."""
    async with database(postgres, name) as dsn:
        words = {"search_path": name, "role": f"outage_{name}"}
        pool = await asyncpg.create_pool(dsn, min_size=1, max_size=4, server_settings=words)
        connection = await asyncpg.connect(dsn, server_settings={"search_path": name})
        broker, clock, made = PaperBroker(partitions=1), ManualClock(START), service(name)
        transaction = Transaction(made, pool, Telemetry(name))
        await transaction.start()
        ingest = Ingest(transaction, broker, clock)
        try:
            yield Under(made, pool, ingest, Timers(transaction, clock, grace=300.0), broker, clock, ends), connection
        finally:
            await connection.close()
            await pool.close()


def batches(draw: random.Random, count: int, topics: Collection[str]) -> Iterator[list[Raw]]:
    """`count` records, most made of those of `topics`, in batches of one to two hundred."""
    source = records(draw, topics)
    while count > 0:
        size = min(draw.choice((1, 3, 20, 100, 200)), count)
        yield list(islice(source, size))
        count -= size
