"""Run fan-outs: waiting rows become messages, and nothing is kept in memory.

Outages of which nobody has heard yet are told together, many in one transaction: in a storm each is small, and a transaction has to
wait for its turn among those that take facts in. Of a large one each chunk has a transaction of its own.

It may die anywhere. A chunk's message has an id of its own for ever, so one that was committed is not told again, and a
job row stands until its last chunk is. One process of the service works at a time (advisory lock); should two ever, the
inbox lets each message through once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Message
from services.kernel.observing.every import every
from services.notifier.domain.events import AUDIENCE_NEXT, AUDIENCE_REFRESH, AudienceNext, AudienceRefresh
from services.notifier.fanning.pressure import TellingPressure
from services.notifier.tables.due_outages import SQL
from services.notifier.tables.network_places import NetworkPlacing

if TYPE_CHECKING:
    from services.kernel.writing.ingest import Ingest

log = structlog.get_logger()

SOURCE: Final = "/outage/notifier/fanout"
# What another process commits, or an operator frees, is found by looking; what this one commits wakes it.
POLL_SECONDS: Final = 0.2
AGAIN_SECONDS: Final = 1.0
# A job whose chunk was taken and yet did not move it (a person gave it up) is not asked in a tight circle.
STUCK_SECONDS: Final = 5.0
REMATCH_AT_ONCE: Final = 200
TOGETHER: Final = 25
"""Outages of which the first chunk is told in one transaction; they share the customers that one may have."""
PLACE_AT_ONCE: Final = 20
WEIGH_AT_ONCE: Final = 1000
# While a network comes in its copy changes all the time; open outages are looked up again no more often than this.
NETWORK_SECONDS: Final = 5.0


class FanoutWorker:
    """Tells chunks and rematches customers, until cancelled. `wake`: set by whoever leaves it work.

    `chunk`: customers told in one transaction. `pressure`: how much may be told now; None: all there is.
    """

    def __init__(
        self,
        ingest: "Ingest",
        pool: asyncpg.Pool,
        clock: Clock,
        wake: asyncio.Event,
        registry: CollectorRegistry,
        *,
        chunk: int = 1_000,
        pressure: TellingPressure | None = None,
        restored_to: datetime | None = None,
    ) -> None:
        self._ingest, self._chunk = ingest, chunk
        self._pressure = pressure
        self._pool = pool
        self._clock = clock
        self._wake = wake
        self._key = advisory_key(ingest.service.name, "fanning")
        # Words that are decided again after a restore are not those of the lost time, which are on the topic under their ids.
        self._since = "" if restored_to is None else f"@{restored_to.isoformat()}"
        self._stuck: dict[str, float] = {}
        self._placing, self._placed_at = NetworkPlacing(), float("-inf")
        self._outages = Gauge("outage_fanout_waiting_outages", "Outages not yet told to the end", registry=registry)
        self._changed = Gauge(
            "outage_fanout_waiting_customers", "Changed customers not yet matched, up to 10,000", registry=registry
        )
        self._chunks = Counter("outage_fanout_chunks_total", "Chunks told", registry=registry)

    async def run(self) -> None:
        """Work whenever there is any."""
        failing = (AGAIN_SECONDS, AGAIN_SECONDS)
        await every(POLL_SECONDS, self._look, cures=DATABASE, waits="fan-outs wait", failing=failing, wake=self._wake)

    async def _look(self) -> None:
        # Whoever woke us does so before the commit; its turn ends after it.
        async with self._ingest.transaction.turn:
            pass
        (row,) = await self._pool.fetch(SQL["unfinished"])
        self._outages.set(row["outages"])
        self._changed.set(row["customers"])
        if any((row["outages"], row["customers"], row["untold"], row["places"])):
            await steps_alone(self._pool, self._key, self.step)

    async def step(self) -> bool:
        """Where some outages lie, some changed customers, then a chunk of one outage or some; False when nothing was there to do.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        placed = 0
        while placed < PLACE_AT_ONCE and await self.place_one():
            placed += 1
        rematched = await self.rematch_some()
        told = await self.tell_chunk()
        return told or placed + rematched > 0

    async def place_one(self) -> bool:
        """Where one outage lies by the network model: one that was not looked up, or was before the model changed."""
        async with self._pool.acquire() as connection:
            if await self._placing.due(connection):
                return True
            at = self._clock.monotonic()
            if at - self._placed_at < NETWORK_SECONDS:
                return False
            if await self._placing.outdated(connection):
                return True
            self._placed_at = at  # a round is over
            return False

    async def tell_chunk(self) -> bool:
        """A chunk of the outages that have had the fewest; where hospitals and life support are comes first, by itself."""
        at = self._clock.monotonic()
        if await self._pool.fetchval(SQL["unweighed"]):
            await self._pool.execute(SQL["weigh"], WEIGH_AT_ONCE)
        self._stuck = {mrid: until for mrid, until in self._stuck.items() if until > at}
        rows = _together(await self._pool.fetch(SQL["next_jobs"], sorted(self._stuck), min(TOGETHER, self._chunk)))
        if not rows or not await self._may_say(urgent=bool(rows[0]["urgent"])):
            return False
        reach("fanout-chosen")
        outcomes = await self._ingest.submit(list(self._chunks_of(rows)))
        reach("fanout-told")
        reasons = {outcome.message.key: outcome.reason for outcome in outcomes}
        moved = {o.message.key for o in outcomes if o.outcome == "appended" or o.reason == "superseded"}
        self._chunks.inc(len(moved))
        if self._pressure is not None:
            self._pressure.said({o.stream: o.events - 1 for o in outcomes if o.stream and o.outcome == "appended"})
        for row in rows:
            if row["mrid"] not in moved:
                log.warning("a chunk moved nothing", chunk=_name(row), outcome=reasons.get(row["mrid"]))
                self._stuck[row["mrid"]] = at + STUCK_SECONDS
        return True

    async def _may_say(self, *, urgent: bool) -> bool:
        return self._pressure is None or await self._pressure.leaves_room(urgent=urgent)

    def _chunks_of(self, rows: Sequence[asyncpg.Record]) -> Iterator[Message]:
        """A chunk of each of these outages; they share the customers that one transaction may have."""
        several = tuple(row["mrid"] for row in rows) if len(rows) > 1 else ()
        most = max(1, self._chunk // len(rows)) if several else 0
        for row in rows:
            asked = AudienceNext(
                mrid=row["mrid"], outage_version=row["version"], number=row["number"], most=most, together=several
            )
            several = ()
            yield self._message(_name(row), AUDIENCE_NEXT, asked, asked.mrid)

    async def rematch_some(self) -> int:
        """The registry's side for some changed customers; returns how many."""
        rows = await self._pool.fetch(SQL["rematches"], REMATCH_AT_ONCE)
        if not rows:
            return 0
        by_outage: dict[str, list[Message]] = {}
        for row in rows:
            customer, version = row["customer_id"], row["version"]
            look = f"/{row['look']}" if row["look"] else ""
            for mrid in row["mrids"]:
                asked = AudienceRefresh(mrid=mrid, customer_id=customer, customer_version=version, forget=row["forget"])
                name = f"{mrid}/registry/{customer}/{version}{look}"
                by_outage.setdefault(mrid, []).append(self._message(name, AUDIENCE_REFRESH, asked, mrid))
        reach("rematch-found")
        for mrid in sorted(by_outage):
            # One outage at a time, for each holds the lock of its job.
            await self._ingest.submit(by_outage[mrid])
            reach("rematch-told")
        await self._pool.execute(
            SQL["rematched"],
            [row["customer_id"] for row in rows],
            [row["version"] for row in rows],
            [row["look"] for row in rows],
        )
        return len(rows)

    def _message(self, name: str, type_: str, data: AudienceNext | AudienceRefresh, mrid: str) -> Message:
        return Message(SOURCE, name + self._since, type_, self._clock.now(), data, mrid, 0, stream=f"fanout/{name}")


def _together(rows: Sequence[asyncpg.Record]) -> Sequence[asyncpg.Record]:
    """Of outages in their order those that are told in one transaction: the first, and those that are new and as urgent as it."""
    if not rows or rows[0]["number"] > 1:
        return rows[:1]
    return [row for row in rows if row["number"] == 1 and row["urgent"] == rows[0]["urgent"]]


def _name(row: asyncpg.Record) -> str:
    return f"{row['mrid']}/{row['version']}/{row['number']}"
