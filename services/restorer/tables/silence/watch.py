"""Watch over silence: look every few seconds at everybody whose power is off and who heard nothing, and count it.

Nobody tells it to look: not the notifier, whose forgetting it is to find, and not a fact. It compares the outages that are off
and the customers of the registry with what was said on outage.messages. One process of the service looks at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from prometheus_client import CollectorRegistry, Gauge

from schemas.contracts import customers, dispatch, messages
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.policy.duty import RANKS
from services.policy.model import Tuning
from services.restorer.domain.silence.judging import NOTICES
from services.restorer.tables.silence.placing import SQL, CustomerPlacing
from services.restorer.tables.silence.reading import SilentCustomer, silences

if TYPE_CHECKING:
    import asyncpg

TURN_SECONDS: Final = 0.25
LOOK: Final = timedelta(seconds=30)
AT_ONCE: Final = 1_000
SURE_SECONDS: Final = 10.0
"""A silence is called when it is seen again after so long: a word may be on its way."""
RESTS: Final = 9
"""So many times as long as a look took it rests after it."""
LONGEST_REST: Final = 60.0
STATES: Final = ("nothing-to-say", "held", "forgotten")
SPEAK: Final = (dispatch.TOPIC, messages.TOPIC, customers.TOPIC)
"""What must be read up to when a silence was seen, before it is called: where facts, words and customers come from."""
Seen = tuple[str, str, datetime]


class SilenceWatch:
    """Looks until cancelled. `figures`: the policy's, how long who may hear nothing, and how soon a first word is promised."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        service: str,
        figures: Tuning,
        registry: CollectorRegistry,
    ) -> None:
        self._pool, self._clock, self._times = pool, clock, figures.silence
        self._settling = figures.words.first_word
        """What is not known for so long is not judged yet: its first words may still be made."""
        self._key = advisory_key(service, "silence")
        self._placing = CustomerPlacing()
        self._next: datetime | None = None
        self._rests_until = float("-inf")
        self._after, self._began = "", clock.now()
        self._unplaced = True
        self._seen: dict[Seen, tuple[float, datetime]] = {}
        self._still: set[Seen] = set()
        self._waiting = False
        """Whether a silence waits to be seen again."""
        self._oldest = Gauge(
            "outage_silence_oldest_seconds",
            "For how long the customer who heard nothing for longest has been without a word, power being off",
            ("state",),
            registry=registry,
        )
        self._silent = Gauge(
            "outage_silence_customers",
            "Customers without power who heard nothing for longer than the policy allows",
            ("state",),
            registry=registry,
        )
        for state in STATES:
            self._oldest.labels(state).set(0.0)
            self._silent.labels(state).set(0)

    async def run(self) -> None:
        """Look every few seconds; while Postgres is away nobody is looked at."""
        await every(TURN_SECONDS, self.turn, cures=DATABASE, waits="the watch over silence waits")

    async def turn(self) -> None:
        """Look where it is time to, and there is anybody to look at; then count."""
        at, now = self._clock.monotonic(), self._clock.now()
        if at < self._rests_until or (self._next is not None and now < self._next):
            return
        self._next = now + LOOK
        row = await self._pool.fetchrow(SQL["any_due"], now - min(self._times.by_rank))
        if row is None or not (row["unplaced"] or row["off"] or row["silent"]):
            return
        self._unplaced = row["unplaced"]
        if not (
            row["silent"] or self._unplaced or self._placing.is_due(at) or await self._whom(self._pool, now, "", 1)
        ):
            # Mostly so: to take the lock to see that costs more than asking.
            await self._pool.execute(SQL["looked"], now)
            return
        try:
            await steps_alone(self._pool, self._key, self.step)
        finally:
            self._after = ""
            self._next = now if self._waiting else now + LOOK
            self._rests_until = self._clock.monotonic() + min(RESTS * (self._clock.monotonic() - at), LONGEST_REST)
        await self.count()

    async def step(self) -> bool:
        """Look at the next customers; whether there are more.

        Raises:
            DATABASE: Postgres is away; what was seen so far stands.

        """
        now, at = self._clock.now(), self._clock.monotonic()
        if not self._after:
            if self._unplaced or self._placing.is_due(at):
                self._unplaced = await self._placing.some(self._pool, at)
                return True
            self._began, self._still, self._waiting = now, set(), False
        async with self._pool.acquire() as connection:
            whom = await self._whom(connection, now, self._after, AT_ONCE)
            found = await silences(connection, whom, now, now - self._settling) if whom else []
            last = whom[-1]["customer_id"] if len(whom) == AT_ONCE else None
            sure = await self._sure(connection, found, at, now)
            async with connection.transaction():
                await self._put(connection, found, sure, now)
                await connection.execute(SQL["over"], self._after, last, [one.customer_id for one in found])
                if found:
                    await connection.execute(SQL["begin_silent"], [one.customer_id for one in found])
                if last is None:
                    await connection.execute(SQL["end_silent"], now)
                    await connection.execute(SQL["looked"], self._began)
        if last is None:
            self._seen = {one: since for one, since in self._seen.items() if one in self._still}
            return False
        self._after = last
        return True

    async def _whom(self, where: Any, now: datetime, after: str, most: int) -> list[Any]:
        """The next customers who may be silent, by what they name and were told; the first `most`."""
        limits = list(RANKS), list(self._times.by_rank)
        found: list[Any] = await where.fetch(
            SQL["perhaps_silent"], now, after, most, *limits, now - self._settling, sorted(NOTICES)
        )
        return found

    async def _sure(
        self, connection: asyncpg.pool.PoolConnectionProxy, found: Sequence[SilentCustomer], at: float, now: datetime
    ) -> Collection[str]:
        """Whose silence is sure: nothing to say is so at once, the others when they were seen long enough and all is read."""
        called = {one.customer_id for one in found if one.silence.state == "nothing-to-say"}
        suspects = [one for one in found if one.customer_id not in called]
        if not suspects:
            return called
        read_until: datetime | None = await connection.fetchval(SQL["read_until"], list(SPEAK))
        for one in suspects:
            key = one.customer_id, one.silence.state, one.silence.since
            self._still.add(key)
            first, seen_at = self._seen.setdefault(key, (at, now))
            if at - first >= SURE_SECONDS and read_until is not None and read_until >= seen_at:
                called.add(one.customer_id)
            else:
                self._waiting = True
        return called

    async def _put(
        self,
        connection: asyncpg.pool.PoolConnectionProxy,
        found: Sequence[SilentCustomer],
        sure: Collection[str],
        now: datetime,
    ) -> None:
        if not found:
            return
        rows = [
            (
                one.customer_id,
                one.rank,
                one.silence.state,
                one.silence.reason,
                one.silence.since,
                msgspec.json.encode(one.silence.mrids).decode(),
                one.customer_id in sure,
            )
            for one in found
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(SQL["put"], *columns[:6], now, columns[6])

    async def count(self) -> None:
        """Set the gauges by what was last seen."""
        now = self._clock.now()
        rows = {row["state"]: row for row in await self._pool.fetch(SQL["counts"])}
        for state in STATES:
            row = rows.get(state)
            self._silent.labels(state).set(row["customers"] if row is not None else 0)
            self._oldest.labels(state).set((now - row["oldest"]).total_seconds() if row is not None else 0.0)
