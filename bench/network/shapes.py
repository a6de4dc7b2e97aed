"""Measure shapes: `python -m bench.network.shapes [KEPT_LISTS.jsonl.xz]`, on the Postgres of OUTAGE_POSTGRES, without Kafka.

One outage of a town with 100,000 customers, all of whose coordinates are known, and of whom a shape holds a hundred: the same
told by the shape, and by the town's name. With kept lists of `--reader bchydro` also how many texts customers of the largest
town get of them in eight days, by name and by shape. Writes build/bench/shapes.json.
"""

import asyncio
import json
import os
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
from msgspec import structs

from connectors.feeds import bchydro
from connectors.feeds.archive import read_feed
from connectors.feeds.snapshots import SnapshotFeed
from connectors.feeds.state import StatedEvent
from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import SupplyRestored
from services.kernel.clock import SystemClock
from services.places import normal, shapes
from tests.kits.deciders.notifier import City, at, confirmed, customer
from tests.kits.stack.fanout import Desks, out, town

RESULT = Path("build/bench/shapes.json")
CUSTOMERS = 100_000
TOWN = "东江市"
WEST, SOUTH, SIDE = 114.3, 23.0, 0.3
DAYS = timedelta(days=8)
PEOPLE = 40


def square(side: float) -> Polygon:
    """Some streets in the middle of the town."""
    west, south = WEST + SIDE / 2, SOUTH + SIDE / 2
    ring = ((west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south))
    return Polygon(coordinates=(ring,))


async def registry(pool: asyncpg.Pool, customers: int) -> None:
    """Customers in the tables that fan-outs read, spread evenly over the town."""
    await pool.execute(
        "insert into customer select 'KC-' || lpad(n::text, 6, '0'), '{}', $2 from generate_series(1, $1::int) as n",
        customers,
        at(1, 0),
    )
    await pool.execute("insert into customer_match select 'area', $1, customer_id from customer", normal(TOWN))
    await pool.execute(
        "insert into customer_point select customer_id, point($1 + $3 * random(), $2 + $3 * random()) from customer",
        WEST,
        SOUTH,
        SIDE,
    )
    await pool.execute("analyze customer_match, customer_point")


async def fan(desks: Desks, clock: SystemClock) -> tuple[float, float, int]:
    """Seconds in all, of the longest step, and how many steps."""
    began, longest, steps = clock.monotonic(), 0.0, 0
    while True:
        start = clock.monotonic()
        if not await desks.fanner.step():
            return clock.monotonic() - began, longest, steps
        steps, longest = steps + 1, max(longest, clock.monotonic() - start)


async def match(postgres: str, customers: int = CUSTOMERS, side: float = SIDE / 32) -> dict[str, float]:
    """What an outage of some streets costs in a town of so many customers; `side`: degrees of the square that is off."""
    clock, figures = SystemClock(), {}
    async with town(postgres, chunk=1_000) as city:
        desks = await city.process()
        await registry(city.pool, customers)
        for name, shape in (("shape", square(side)), ("thin", _diagonal()), ("town", None)):
            await city.say(desks, structs.replace(out(f"F-{name}"), extent=Extent(areas=(TOWN,), shape=shape)))
            seconds, longest, steps = await fan(desks, clock)
            told = len(await city.words(f"F-{name}"))
            figures |= {
                f"{name}_told": told,
                f"{name}_seconds": round(seconds, 3),
                f"{name}_longest_step_seconds": round(longest, 3),
                f"{name}_steps": steps,
            }
    return figures


def _diagonal() -> Polygon:
    """Of a line across the town: the rectangle about it holds everybody, itself only a few."""
    wide = SIDE / 1_000
    east, north = WEST + SIDE, SOUTH + SIDE
    ring = (
        (WEST, SOUTH),
        (WEST + wide, SOUTH),
        (east, north - wide),
        (east, north),
        (east - wide, north),
        (WEST, SOUTH + wide),
    )
    return Polygon(coordinates=((*ring, ring[0]),))


def facts(path: Path) -> Iterator[StatedEvent]:
    """What the lists of the first days state."""
    feed, first = SnapshotFeed(bchydro.SOURCE), None
    for taken_at, body in read_feed(path):
        first = first or taken_at
        if taken_at - first > DAYS:
            return
        yield from feed.take(taken_at, body).events


def texts(path: Path) -> dict[str, object]:
    """Texts to customers of the town with most outages, in the days of the lists, by its name and by their coordinates."""
    said = list(facts(path))
    named = Counter(
        area
        for event in said
        if event.type == "outage.started.v1"
        for area in event.data.extent.areas  # type: ignore[union-attr]
    )
    (largest, outages), *_ = named.most_common(1)
    drawn = [
        event.data.extent.shape  # type: ignore[union-attr]
        for event in said
        if event.type == "outage.started.v1" and largest in event.data.extent.areas and event.data.extent.shape  # type: ignore[union-attr]
    ]
    boxes = [box for shape in drawn for box in shapes.boxes(shape)]
    west, south = (
        statistics.quantiles((box.west for box in boxes), n=10)[0],
        statistics.quantiles((box.south for box in boxes), n=10)[0],
    )
    east, north = (
        statistics.quantiles((box.east for box in boxes), n=10)[-1],
        statistics.quantiles((box.north for box in boxes), n=10)[-1],
    )
    chance = random.Random(2023)
    homes = [
        Position(longitude=chance.uniform(west, east), latitude=chance.uniform(south, north)) for _ in range(PEOPLE)
    ]
    # And as many who live where power went off.
    hit = [_inside(chance.choice(drawn), chance) for _ in range(PEOPLE)]
    by_name = heard(said, [_resident("named", largest, None)])
    spread = heard(said, [_resident(f"spread{n}", largest, one) for n, one in enumerate(homes)])
    dark = heard(said, [_resident(f"dark{n}", largest, one) for n, one in enumerate(hit)])
    return {
        "town": largest,
        "outages": outages,
        "texts_by_name": by_name["named"],
        "texts_by_coordinates_anywhere": figures_of(spread.values()),
        "texts_by_coordinates_where_power_went_off": figures_of(dark.values()),
    }


def figures_of(counts: Iterable[int]) -> dict[str, float]:
    """Of some customers."""
    found = sorted(counts)
    return {
        "customers": len(found),
        "mean": round(statistics.mean(found), 2),
        "median": statistics.median(found),
        "most": found[-1],
    }


def heard(said: list[StatedEvent], people: list[CustomerUpserted]) -> dict[str, int]:
    """How many texts each of some customers gets; what dispatch says is restored is."""
    city = City(said[0].time, *people)
    places = {one.customer_id: one.position for one in people if one.position is not None}
    areas = {area for one in people for area in one.areas}
    near = {
        event.key
        for event in said
        if (extent := getattr(event.data, "extent", None)) is not None
        and (areas.intersection(extent.areas) or (extent.shape is not None and shapes.covered(extent.shape, places)))
    }
    for event in (one for one in said if one.key in near):
        city.moves_to(event.time)
        if isinstance(event.data, SupplyRestored):
            city.hears(confirmed(event.data.restored_at, event.data.mrid))
        else:
            city.hears(event.data)
    return {one.customer_id: len(city.reached(one.customer_id)) for one in people}


def _inside(shape: Polygon, chance: random.Random) -> Position:
    """Somewhere in it."""
    (box,) = shapes.boxes(shape)
    while True:
        found = Position(longitude=chance.uniform(box.west, box.east), latitude=chance.uniform(box.south, box.north))
        if shapes.covers(shape, found):
            return found


def _resident(name: str, area: str, position: Position | None) -> CustomerUpserted:
    long_ago = datetime.fromisoformat("2023-04-01T00:00:00+00:00")
    one = customer(name, lines=(), areas=(area,), position=position, language="en")
    return structs.replace(one, updated_at=long_ago)


def run() -> None:
    """Measure once and write what was found."""
    figures: dict[str, object] = {}
    if len(sys.argv) > 1:
        figures |= texts(Path(sys.argv[1]))
    if postgres := os.environ.get("OUTAGE_POSTGRES"):
        figures |= asyncio.run(match(postgres))
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    run()
