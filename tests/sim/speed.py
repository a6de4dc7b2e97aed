"""Measure requests per second over the simulated transport beside plain asyncpg: `python -m tests.sim.speed ADDRESS`."""

import asyncio
import sys
from time import perf_counter  # the machine's: it is bound before a run can replace it

import asyncpg

from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run

REQUESTS = 3000


async def asked(address: str) -> float:
    """Requests per second of one connection, one after the other."""
    connection = await asyncpg.connect(address)
    await connection.fetchval("select $1::int", 1)
    began = perf_counter()
    for number in range(REQUESTS):
        await connection.fetchval("select $1::int", number)
    seconds = perf_counter() - began
    await connection.close()
    return REQUESTS / seconds


def main(address: str) -> None:
    """In turn, five times: the machine's noise moves both."""
    locks = LockTable(address)

    async def scenario(loop: SimLoop) -> float:
        return await asked(address)

    for _ in range(5):
        plain, simulated = asyncio.run(asked(address)), run(1, scenario, locks=locks)
        print(f"plain {plain:6.0f}/s  simulated {simulated:6.0f}/s  {simulated / plain:.2f}")  # noqa: T201 - its figures
    locks.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
