"""What is measured of a network model in a notifier's tables, beside the same model in memory."""

import gc
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import Any

import asyncpg

from bench.network.grid import EDITION, grid, line_name
from schemas.contracts.base import Extent, Wire
from schemas.contracts.network import NetworkElement, NetworkSwitched
from schemas.element_digest import edition_of
from services.network import asking, surroundings
from services.network.copy import NetworkCopy
from services.notifier.tables.network_places import NetworkPlacing
from services.places import normal
from services.places.topology import NetworkModel, resolve
from tests.kits.network.models import words
from tests.kits.stack.fanout import Town, out

BATCH = 200
"""Records that a service takes in one transaction, unless told otherwise (OUTAGE_BATCH_MAX)."""
TIMES = 20


async def put(pool: asyncpg.Pool, said: Iterable[Wire], after: int = 0) -> int:
    """Take words as the write path does, a batch a transaction; returns how many there were."""
    copy, stream = NetworkCopy(), iter(said)
    while batch := list(islice(stream, BATCH)):
        async with pool.acquire() as connection, connection.transaction():
            await copy.put(connection, words(*batch, after=after))
        after += len(batch)
    return after


async def seconds(work: Awaitable[Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def median(times: int, work: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds, of so many times."""
    return statistics.median([await seconds(work()) for _ in range(times)]) * 1000


async def measure(city: Town, points: int, of_line: int, times: int = TIMES) -> dict[str, Any]:
    """Figures of one run: seconds where nothing else is said, and milliseconds in names that end in Ms."""
    pool, extent = city.pool, Extent(lines=(line_name(0),))
    desks = await city.process()
    began = time.perf_counter()
    count = await put(pool, grid(points, of_line))
    coming = time.perf_counter() - began
    whole = await seconds(put(pool, [edition_of(grid(points, of_line), EDITION, EDITION.date)], count))
    again = await seconds(put(pool, grid(points, of_line), count + 1))
    await pool.execute("analyze")
    async with pool.acquire() as connection:
        found = await asking.resolve(connection, extent)
        resolving = await median(times, lambda: asking.resolve(connection, extent))
        named = [("lines", normal(line_name(0)))]
        territory = await median(times, lambda: surroundings.territories_of(connection, named))
        voltage = await median(times, lambda: asking.voltages(connection, found.elements))
        part = await median(times, lambda: surroundings.part_of(connection, named))
    head = [NetworkSwitched(switch="head0", state=state, at=EDITION.date) for state in ("open", "closed")]
    throwing = [await seconds(put(pool, [word], count * 3 + n)) for n, word in enumerate(head)]
    await city.say(desks, out("F1", line_name(0)))
    async with pool.acquire() as connection:
        placing = await seconds(NetworkPlacing().due(connection))
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = await pool.fetchval("select pg_database_size(current_database())") / 2**20
    return {
        "elements": count,
        "pointsOfLine": sum(one.startswith("P") for one in found.elements),
        "comingIn": coming,
        "countedWhole": whole,
        "sameAgain": again,
        "resolveMs": resolving,
        "territoryMs": territory,
        "voltageMs": voltage,
        "partMs": part,
        "switchAtHeadMs": max(throwing) * 1000,
        "outagePlacedMs": placing * 1000,
        "peakMiB": taken,
        "databaseMiB": size,
        "inMemory": _in_memory(points, of_line, extent, times),
    }


def _in_memory(points: int, of_line: int, extent: Extent, times: int) -> dict[str, float]:
    """The peer: the same question put to services/places/topology, which holds all of it."""
    gc.collect()
    elements: list[NetworkElement] = list(grid(points, of_line))
    began = time.perf_counter()
    model = NetworkModel(elements)
    made = time.perf_counter() - began
    took = []
    for _ in range(times):
        began = time.perf_counter()
        resolve(model, extent)
        took.append(time.perf_counter() - began)
    return {"made": made, "resolveMs": statistics.median(took) * 1000}
