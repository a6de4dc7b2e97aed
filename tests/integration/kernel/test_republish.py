"""What a service published goes out again in the log's order, as it was; whoever had it before takes no notice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from operations.duty.republish import Selection, put_again
from operations.system.services import OUTPUTS, Output
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.adapters.locks import advisory_key
from tests.kits.ctl import Ctl
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import Bench, toy_bench

COLUMNS = "aggregateid, topic, event_id, type, payload, recorded_at"


@pytest.fixture
async def bench(postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setitem(
        OUTPUTS, "toy", lambda: (Output("outage", "outage.restorations", frozenset({"enquiry.received.v1"})),)
    )  # type: ignore[misc]
    async with toy_bench(postgres) as made:
        yield made


async def take(bench: Bench, *names: str) -> None:
    """Enquiries about two outages by turns, a minute after what was before."""
    bench.clock.advance(timedelta(minutes=1))
    data = [EnquiryReceived(mrid=f"o{n % 2}", enquiry_id=name, received_at=START) for n, name in enumerate(names)]
    await bench.ingest.take([tell(bench.broker, "enquiry.received.v1", one, id=one.enquiry_id) for one in data])


async def outbox(bench: Bench) -> list[tuple[Any, ...]]:
    """Rows by key, each key's in the order of the outbox: that is all the order a topic has."""
    rows = await bench.connection.fetch(f"select {COLUMNS} from outbox order by id")
    return sorted((tuple(row) for row in rows), key=lambda row: row[0])


async def again(bench: Bench, **wanted: Any) -> int:
    found = await put_again(bench.connection, "toy", Selection(**wanted))
    return sum(row["events"] for row in found)


async def test_rows_go_out_again_as_they_were_byte_for_byte_and_in_order(bench: Bench) -> None:
    await take(bench, "a", "b", "c")
    await take(bench, "d")
    before = await outbox(bench)
    await bench.connection.execute("delete from outbox")  # as the relay does
    assert await again(bench) == 4
    assert await outbox(bench) == before
    assert await bench.faults() == {}


async def test_what_still_waits_is_put_in_its_place_and_not_doubled(bench: Bench) -> None:
    await take(bench, "a", "b", "c", "d")
    before = await outbox(bench)
    await bench.connection.execute(
        "update outbox set traceparent = '00-1-2-01' where id = (select max(id) from outbox)"
    )
    await bench.connection.execute("delete from outbox where id <= (select min(id) + 1 from outbox)")
    assert await again(bench) == 4
    assert await outbox(bench) == before
    assert await bench.connection.fetchval("select traceparent from outbox order by id desc limit 1") == "00-1-2-01"


async def test_only_what_was_asked_for_goes_out(bench: Bench) -> None:
    await take(bench, "a", "b")
    since = bench.clock.now() + timedelta(seconds=1)
    await take(bench, "c")
    await bench.connection.execute("delete from outbox")
    assert await again(bench, since=since) == 1
    assert await again(bench, position=2) == 2
    assert await again(bench, since=bench.clock.now() + timedelta(seconds=1)) == 0
    assert len(await outbox(bench)) == 2, "the one that waited was not put in twice"


async def test_a_decision_under_way_is_waited_for_and_comes_last(bench: Bench) -> None:
    await take(bench, "a", "b")
    before = await outbox(bench)
    await bench.connection.execute("delete from outbox")
    key = advisory_key("toy", "log")
    async with bench.pool.acquire() as holder:
        await holder.execute("select pg_advisory_lock($1)", key)
        deciding = asyncio.create_task(take(bench, "c"))
        await waits(bench, "locktype = 'advisory'")
        putting = asyncio.create_task(again(bench))
        await waits(bench, "relation = 'toy.outbox'::regclass", holder)
        await holder.execute("select pg_advisory_unlock($1)", key)
        await deciding
        assert await putting == 3
    rows = await outbox(bench)
    assert [row for row in rows if row in before] == before
    assert [b'"c"' in row[4] for row in rows] == [False, True, False], "behind what its key said before"


async def waits(bench: Bench, what: str, connection: Any = None) -> None:
    """Until somebody waits for such a lock."""
    async with asyncio.timeout(30):
        while not await (connection or bench.connection).fetchval(
            f"select exists(select from pg_locks where not granted and {what})"
        ):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say from when on"),
        (("--since", "2026-03-05", "--position", "3"), "say from when on"),
        (("--position", "3"), "say whose with --service"),
        (("--since", "soon"), "is no instant"),
        (("--since", "2026-03-05", "--topic", "outage.customers"), "topics of ours are outage.audience"),
    ],
)
def test_what_makes_no_sense_is_said(words: tuple[str, ...], said: str, ctl: Ctl) -> None:
    code, _, complaint = ctl.here("republish", *words)
    assert code in (2, 3)
    assert said in complaint
