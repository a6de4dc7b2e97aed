"""Share the pace of texts among all senders: tokens in table `pace`, taken in blocks. Rules: domain/provider/pace.py.

Read, decided, and put back only where nobody else has changed it meanwhile: no process holds a lock, so none that is stopped
holds up the others.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from schemas.contracts.messages import Lane
from services.kernel.clock import Clock
from services.kernel.observing.lookout import Work
from services.kernel.queries import queries
from services.notifier.domain.provider.pace import Grant, Pace, full, give_back, number_waits, refill, slow, take, whose

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "pace.sql")
# Somebody else was faster so often: then it is asked again a moment later.
TRIES: Final = 8
AGAIN: Final = timedelta(seconds=0.05)
NUMBERS_KEPT: Final = timedelta(hours=1)

_metrics: WeakKeyDictionary[CollectorRegistry, tuple[Gauge, Counter]] = WeakKeyDictionary()
_rates: WeakKeyDictionary[CollectorRegistry, dict[str, float]] = WeakKeyDictionary()
"""By provider: one gauge shows what all of them are known to take."""


class TokenBlock(NamedTuple):
    """Tokens that a lane took together: when (real time), for how many posts, and the sender's texts a second then."""

    at: datetime
    tokens: int
    rate: float


class SharedPace:
    """The pace of one sender of a provider. `ceiling`: texts per second by the settings, for all processes together.

    Gauge `outage_sending_pace`: what of that the provider is known to take. Counter `outage_texts_throttled_total{whose}`.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        registry: CollectorRegistry,
        clock: Clock,
        *,
        provider: str,
        sender: str,
        ceiling: float,
    ) -> None:
        self._pool, self._clock = pool, clock
        self._provider, self._sender, self._ceiling = provider, sender, ceiling
        self._gauge, self._throttled = _of(registry)
        self.rate = ceiling
        """As last seen here."""
        self.slowed = 0
        """How often it was slowed down here: tokens taken before are worth nothing."""
        self.numbers = Work(clock)
        """Numbers that wait."""
        self._taken_last: str | None = None
        self._rates = _rates.setdefault(registry, {})
        self._show(ceiling)

    async def take(self, lane: Lane) -> Grant:
        """A block of tokens for a lane, or how long to wait for one."""
        return await self._change(lambda pace, at: take(pace, lane, pace.block, at)) or Grant(0, AGAIN)

    async def give_back(self, tokens: int) -> None:
        """Tokens that there are no texts for."""
        if tokens:
            await self._change(lambda pace, _: (give_back(pace, tokens), Grant(tokens)))

    async def refused(self, number_ref: str | None, began: datetime, asked_for: timedelta) -> None:
        """The provider refused a post for its pace that began at that real instant, and asked for that pause."""
        wall, before = self._clock.wall(), 0
        if number_ref is not None:
            row = await self._pool.fetchrow(SQL["number"], self._provider, number_ref)
            before = row["refused"] if row is not None and wall - row["refused_at"] < NUMBERS_KEPT else 0
            waits = number_waits(before + 1, asked_for) if before else timedelta(0)
            await self._pool.execute(SQL["refuse_number"], self._provider, number_ref, wall, wall + waits)
        fault = whose(before, others_taken=self._taken_last not in (None, number_ref))
        self._throttled.labels(fault).inc()
        if fault == "number":
            log.warning("the provider takes no more texts to a number for now", refused=before + 1)
            return
        self.slowed += 1
        self._taken_last = None
        await self._change(lambda pace, at: (slow(pace, began, at, asked_for), Grant(0)))
        log.warning("texts go slower: the provider refused one for its pace", per_second=round(self.rate, 2))

    async def taken(self, number_ref: str | None) -> None:
        """The provider took a text to this number."""
        self._taken_last = number_ref
        if number_ref is not None and self.numbers.perhaps:
            row = await self._pool.fetchrow(SQL["number"], self._provider, number_ref)
            if row is not None:
                until = self._clock.wall() + number_waits(row["refused"] - 1)
                await self._pool.execute(SQL["take_number"], self._provider, number_ref, until)

    async def forget(self) -> None:
        """What was learned of numbers long ago."""
        if self.numbers.perhaps:
            await self._pool.execute(SQL["forget_numbers"], self._provider, self._clock.wall() - NUMBERS_KEPT)

    async def _change(self, decide: Callable[[Pace, datetime], tuple[Pace, Grant]]) -> Grant | None:
        """What `decide` grants of the pace as it is now, once that is put down; None where others were faster each time."""
        for _ in range(TRIES):
            row = await self._pool.fetchrow(SQL["read"], self._provider, self._sender)
            at = self._clock.wall()
            if row is None:
                await self._pool.execute(SQL["begin"], *self._values(full(self._ceiling, at)))
                continue
            now = refill(pace_of(row), self._ceiling, at)
            pace, grant = decide(now, at)
            self.rate = pace.rate
            self._show(pace.rate)
            if pace == now or await self._pool.fetchval(SQL["change"], *self._values(pace), row["version"]):
                return grant
        return None

    def _show(self, rate: float) -> None:
        self._rates[self._provider] = rate
        self._gauge.set(sum(self._rates.values()))

    def _values(self, pace: Pace) -> tuple[Any, ...]:
        shares = json.dumps(dict(pace.shares))
        known = (pace.ceiling, pace.rate, pace.tokens, shares, pace.as_of, pace.rests_until, pace.slowed_at)
        return self._provider, self._sender, *known


def pace_of(row: Any) -> Pace:
    """A row of table pace as rules know it."""
    return Pace(
        ceiling=row["ceiling"],
        rate=row["rate"],
        tokens=row["tokens"],
        as_of=row["as_of"],
        shares=json.loads(row["shares"]),
        rests_until=row["rests_until"],
        slowed_at=row["slowed_at"],
    )


def _of(registry: CollectorRegistry) -> tuple[Gauge, Counter]:
    """The metrics of a registry, whoever asks first."""
    with suppress(KeyError):
        return _metrics[registry]
    _gauge = Gauge("outage_sending_pace", "Texts per second that the providers are known to take", registry=registry)
    _throttled = Counter(
        "outage_texts_throttled_total",
        "Posts that the provider refused for their pace, by what that was about",
        ("whose",),
        registry=registry,
    )
    for one in ("sender", "number"):
        _throttled.labels(one)
    _metrics[registry] = _gauge, _throttled
    return _gauge, _throttled
