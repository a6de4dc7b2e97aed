"""How old the registry is: the date of the file that came in last, whether it changed anything or not."""

import os
from datetime import UTC, datetime, timedelta

import asyncpg
from prometheus_client import CollectorRegistry

from services.kernel.manual_clock import ManualClock
from services.notifier.registry.watching import RegistryWatch
from tests.kits.stack.databases import pool_in
from tests.kits.stack.importing.registry import CUSTOMERS, HOSPITAL, Desk

THEN = datetime(2026, 3, 1, tzinfo=UTC)


class Watched:
    def __init__(self, pool: asyncpg.Pool, days: int) -> None:
        self._clock, self._registry = ManualClock(THEN), CollectorRegistry()
        self._watch = RegistryWatch(pool, self._clock, self._registry, days)

    async def sees(self, later: timedelta = timedelta()) -> tuple[float | None, float | None]:
        self._clock.advance(later)
        await self._watch.once()
        metrics = ("outage_registry_file_timestamp_seconds", "outage_registry_ok")
        date, fit = (self._registry.get_sample_value(name) for name in metrics)
        return date, fit


async def brings(desk: Desk, date: datetime, *words: str) -> None:
    file = desk.file("registry.csv", CUSTOMERS, [HOSPITAL])
    os.utime(file, (date.timestamp(), date.timestamp()))
    await desk.ctl.json("import", "customers", file, *words)


async def test_a_registry_that_nobody_refreshes_is_an_alarm_and_the_same_file_of_today_ends_it(desk: Desk) -> None:
    pool = await pool_in(os.environ["OUTAGE_POSTGRES"], "notifier", most=1)
    watched = Watched(pool, days=7)
    assert await watched.sees() == (0, 0), "none ever came in, so nobody is told of anything"
    await brings(desk, THEN)
    assert await watched.sees() == (THEN.timestamp(), 1)
    assert (await watched.sees(timedelta(days=8)))[1] == 0
    today = THEN + timedelta(days=8)
    await brings(desk, today, "--dry-run")
    assert (await watched.sees())[1] == 0, "nothing came in"
    await brings(desk, today)
    assert await watched.sees() == (today.timestamp(), 1), "it says the same, and it is of today"
    await brings(desk, THEN)
    assert await watched.sees() == (today.timestamp(), 1), "an older one makes it no older"
    await pool.close()


async def test_without_the_setting_no_age_is_an_alarm(desk: Desk) -> None:
    pool = await pool_in(os.environ["OUTAGE_POSTGRES"], "notifier", most=1)
    assert (await Watched(pool, days=0).sees())[1] == 1
    await brings(desk, THEN)
    assert (await Watched(pool, days=0).sees(timedelta(days=400)))[1] == 1
    await pool.close()


async def test_before_files_were_dated_the_last_word_on_any_customer_counts(desk: Desk) -> None:
    pool = await pool_in(os.environ["OUTAGE_POSTGRES"], "notifier", most=1)
    await brings(desk, THEN)
    await pool.execute("delete from registry_import")
    assert await Watched(pool, days=7).sees() == (THEN.timestamp(), 1)
    await pool.close()
