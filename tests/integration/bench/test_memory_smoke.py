"""What the restorer takes for large events does not grow with how many there are: small, for every run of the tests."""

import asyncio
import gc
from datetime import timedelta
from pathlib import Path

import pytest

from bench.memory import large_events, peak
from bench.parts.process import Process
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projector import Projector, read_models
from services.kernel.reading.rebuild import make
from tests.kits.kernel.paper import PaperBroker
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import database, pool_in

OWN = Path("/proc/self")
EVENTS, SIZE = 24, 780_000
GROWTH_MIB = 160
"""24 of them folded at once take some 500; decided one by one, and folded by twos and fours, less than 100."""


def taken() -> int:
    """MiB that this process takes now."""
    status = (OWN / "status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


async def test_24_events_of_780_kilobytes_are_decided_and_folded_within_a_bound_that_all_of_them_together_break(
    postgres: str,
) -> None:
    if not (OWN / "clear_refs").exists():
        pytest.skip("needs Linux: /proc/self/clear_refs")
    async with database(postgres, "restorer") as dsn:
        pool = await pool_in(dsn, "restorer", most=2)
        clock, broker = ManualClock(START), PaperBroker(partitions=1)
        process = await Process.of("restorer", dsn, pool, clock, broker)
        service = process.ingest.service
        async with pool.acquire() as connection:
            await make(connection, "restorer", read_models(service), clock)
        gc.collect()
        (OWN / "clear_refs").write_text("5")
        before = taken()
        for number, (topic, data) in enumerate(large_events(EVENTS, SIZE, START)):
            clock.advance(timedelta(seconds=1))
            await process.take(process.records(topic, data, f"e-{number}"))
        projector = Projector(service, pool, Telemetry("restorer"), wake=asyncio.Event())
        while await projector.once():
            pass
        grown = peak("self") - before
        rows = await pool.fetchval("select count(*) from place")
        await pool.close()
    assert rows > 100_000, "each name is a row"
    assert grown < GROWTH_MIB, f"{grown:.0f} MiB"
