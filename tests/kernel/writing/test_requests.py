"""What a batch asks of the database: few requests, and none that gives a position before the log lock is had."""

import asyncio
from typing import Any

import asyncpg

from services.kernel.adapters.locks import advisory_key
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import enquiry
from tests.kits.kernel.paper import PaperBroker, tell

MOST = 11
"""Requests for one fact about something that is known and has no deadline: begin, commit, and one for each kind of row."""

WAITS = "select exists(select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid)))"
"""Whether anybody waits for whoever asks."""


async def test_a_fact_about_something_known_costs_few_requests(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    asked: list[str] = []
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda said: asked.append(said.query))
        await asyncio.sleep(0)
    later = tell(broker, "enquiry.received.v1", enquiry(), id="2")
    asked.clear()
    assert (await ingest.take([later])).appended == 1
    await asyncio.sleep(0)
    asked = [query for query in asked if "unlock_all" not in query]  # the test's pool is asyncpg's own, with its reset
    assert asked[0] == "BEGIN;"
    assert len(asked) <= MOST, "\n".join(query.partition("\n")[0][:100] for query in asked)


async def test_a_position_is_given_once_the_log_lock_is_had(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    given = (
        "select last_value from pg_sequences where schemaname = current_schema and sequencename = 'event_position_seq'"
    )
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    before = await pool.fetchval(given)
    async with pool.acquire() as other:
        async with other.transaction():
            await other.execute("select pg_advisory_xact_lock($1)", advisory_key("toy", "log"))
            taking = asyncio.create_task(ingest.take([tell(broker, "enquiry.received.v1", enquiry("o2"), id="2")]))
            async with asyncio.timeout(10):
                while not await other.fetchval(
                    "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                ):
                    await asyncio.sleep(0.01)
            assert await other.fetchval(given) == before, "it would lie before what whoever has the lock appends"
        assert (await taking).appended == 1
    assert await pool.fetchval(given) == before + 1


async def test_relay_and_read_models_are_woken_where_there_is_something_for_them(
    ingest: Ingest, broker: PaperBroker
) -> None:
    woken = ingest.transaction.published, ingest.transaction.appended

    async def wakes(**said: Any) -> tuple[bool, bool]:
        for event in woken:
            event.clear()
        await ingest.take([tell(broker, "enquiry.received.v1", **said)])
        return woken[0].is_set(), woken[1].is_set()

    assert await wakes(data=enquiry(), id="1") == (True, True)
    assert await wakes(data=enquiry(), id="1") == (False, False), "it was taken before"
    assert await wakes(data=enquiry(subject="ignore"), id="2") == (False, False), "nothing was decided"
    assert await wakes(data=enquiry(), id="3", value=b"{") == (True, False), "others are told that it waits"
    assert await wakes(data=enquiry(subject="bug"), id="4") == (True, False), "others are told of this one too"
