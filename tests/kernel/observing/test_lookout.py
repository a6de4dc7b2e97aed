"""What one look sees of a service's work is what those who do it find; whoever has some is woken."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg

import services.kernel
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.lookout import OLD_SECONDS, Lookout, Work
from services.kernel.operators.answering import SQL as REQUESTS
from services.kernel.operators.answering import Operations
from services.kernel.queries import SQL, queries
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from tests.kits.kernel.asked import put
from tests.kits.kernel.facts import cleared
from tests.kits.kernel.paper import PaperBroker, tell

PROJECTIONS: Final = queries(Path(services.kernel.__file__).parent / "sql" / "projections.sql")
MODEL: Final = ("cups", 1)


async def there_is(pool: asyncpg.Pool, clock: ManualClock, below: int = 0) -> set[str]:
    """Kinds of work by the look; those that the statements of whoever does it find must be the same."""
    name, version = MODEL
    look = dict(await pool.fetchrow(SQL["at_hand"], clock.now(), below, [name], [version]) or {})
    build = await pool.fetchrow(PROJECTIONS["standing"], name)
    assert build is not None
    found = {
        "outbox": bool(await pool.fetch(SQL["outbox_head"], 1, [], [], 1)),
        "deadlines": await pool.fetchval(SQL["any_due"], clock.now(), ["outage"]),
        "requests": any(row["id"] is not None for row in await pool.fetch(REQUESTS["waiting"], below)),
        "unread": build["version"] == version and build["cursor"] < build["log_end"],
    }
    assert look == found
    return {kind for kind, is_there in look.items() if is_there}


async def test_the_look_names_each_kind_of_work(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock, timers: Timers
) -> None:
    assert await there_is(pool, clock) == set()
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    assert await there_is(pool, clock) == {"outbox"}, "nobody follows the log"
    await pool.execute(PROJECTIONS["add_build"], "cups", 2, 1, "cups_v2", "live", clock.now())
    assert await there_is(pool, clock) == {"outbox"}, "what is live is of a version that this code does not write"
    await pool.execute("update projection set version = 1")
    assert await there_is(pool, clock) == {"outbox", "unread"}
    await pool.execute("update projection set cursor = (select max(position) from event)")
    await pool.execute("delete from outbox")
    clock.advance(timedelta(minutes=11))
    assert await there_is(pool, clock) == {"deadlines"}
    await ingest.caught_up(await broker.ends([("outage.dispatch", 0)]), clock.now())
    assert await timers.fire_due({0}) == 1
    await pool.execute("update projection set cursor = (select max(position) from event)")
    assert await there_is(pool, clock) == set()


async def test_the_look_names_requests_until_they_have_their_answer(
    ingest: Ingest, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await pool.execute(PROJECTIONS["add_build"], *MODEL, 1, "cups_v1", "old", clock.now())
    await put(pool, clock, "sugar", {"lumps": 2})
    assert await there_is(pool, clock) == {"requests"}
    assert await there_is(pool, clock, below=1) == set()
    assert await Operations(ingest.transaction, clock).once() == 1
    assert await there_is(pool, clock) == set()


async def test_whoever_has_work_is_woken_and_a_look_of_long_ago_says_nothing(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    deadlines, outbox = Work(clock), Work(clock, ingest.transaction.published)
    lookout = Lookout(
        pool, clock, SQL["at_hand"], lambda: (clock.now(), 0, [], []), {"deadlines": deadlines, "outbox": outbox}
    )
    assert deadlines.perhaps, "nobody has looked yet"
    await lookout.look()
    assert not deadlines.perhaps
    assert not deadlines.wake.is_set()
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    outbox.wake.clear()
    await lookout.look()
    assert (outbox.perhaps, outbox.wake.is_set(), deadlines.perhaps) == (True, True, False)
    clock.advance(timedelta(seconds=OLD_SECONDS + 0.1))
    assert deadlines.perhaps
    running = asyncio.create_task(lookout.run())
    clock.advance(timedelta(minutes=11))
    async with asyncio.timeout(5):
        await deadlines.wake.wait()
    running.cancel()
