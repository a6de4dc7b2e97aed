"""Measure a fan-out: `python -m bench.fanout [CUSTOMERS] [CHUNK]`, on the Postgres of OUTAGE_POSTGRES, without Kafka.

Customers on one line, one fault there, then its end: customers told per second, the longest transaction, memory. And a
second outage of one customer, told in the middle of it: how long it waited. Writes build/bench/fanout.json.
"""

import asyncio
import json
import os
import resource
import sys
from pathlib import Path

import asyncpg

from services.kernel.clock import SystemClock
from services.places import normal
from tests.kits.deciders.notifier import at, confirmed
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, out, resident, town

RESULT = Path("build/bench/fanout.json")


async def registry(pool: asyncpg.Pool, customers: int) -> None:
    """Customers in the tables that fan-outs read, as an import would leave them."""
    await pool.execute(
        "insert into customer select 'KC-' || lpad(n::text, 6, '0'), '{}', $2 from generate_series(1, $1::int) as n",
        customers,
        at(1, 0),
    )
    await pool.execute("insert into customer_match select 'line', $1, customer_id from customer", normal(NORTH))
    await pool.execute("analyze customer_match")


async def fan(desks: Desks, clock: SystemClock) -> tuple[float, float, int]:
    """Seconds in all, of the longest chunk, and how many chunks."""
    began, longest, chunks = clock.monotonic(), 0.0, 0
    while True:
        start = clock.monotonic()
        if not await desks.fanner.step():
            return clock.monotonic() - began, longest, chunks
        chunks += 1
        longest = max(longest, clock.monotonic() - start)


async def measure(postgres: str, customers: int, chunk: int) -> dict[str, float]:
    """Figures of one run."""
    clock = SystemClock()
    async with town(postgres, chunk=chunk) as city:
        desks = await city.process()
        await registry(city.pool, customers)
        await city.say(desks, resident("small", SOUTH))
        while await desks.fanner.step():
            pass
        start = clock.monotonic()
        await city.say(desks, out())
        decided = clock.monotonic() - start
        await desks.fanner.step()
        await city.say(desks, out("F2", SOUTH))
        start = clock.monotonic()
        await desks.fanner.step()
        small = clock.monotonic() - start
        if len(await city.words("F2")) != 1:
            raise SystemExit("the small outage was not told of in its turn")
        seconds, longest, chunks = await fan(desks, clock)
        await city.say(desks, confirmed(at(5, 10)))
        end_seconds, end_longest, _ = await fan(desks, clock)
        told = await city.pool.fetchval("select count(*) from event where type = 'customer.touched.v1'")
        if told != 2 * customers + 1:
            raise SystemExit(f"{told} words, not {2 * customers + 1}")
        return {
            "customers": customers,
            "chunk": chunk,
            "fact_decided_seconds": decided,
            "small_outage_seconds": small,
            "told_per_second": (customers - chunk) / seconds,
            "end_told_per_second": customers / end_seconds,
            "longest_transaction_seconds": max(longest, end_longest),
            "chunks": chunks + 1,
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def run() -> None:
    """Measure once and write what was found."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    chunk = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    figures = asyncio.run(measure(os.environ["OUTAGE_POSTGRES"], customers, chunk))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:>28} {value:,.3f}")


if __name__ == "__main__":
    run()
