"""An operator goes on behind a record that a service cannot get past: on record, and its bytes are kept first."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from aiokafka.errors import KafkaConnectionError

from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.model import Record
from services.kernel.operators import skipping
from services.kernel.operators.skipping import SKIP, OneRecord
from tests.kits.kernel.asked import RequestRefused, ask, retry
from tests.kits.kernel.facts import column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import Bench, toy_bench

PLACE = ("outage.dispatch", 0)
WHY = "the sender's slip, see ticket 7"


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        await made.ingest.take([say(made, "1")])
        yield made


def say(bench: Bench, id_: str, **more: Any) -> Record:
    data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
    return tell(bench.broker, "enquiry.received.v1", data, id=id_, **more)


async def skip(bench: Bench, offset: int, why: str = WHY, **more: Any) -> dict[str, Any]:
    detail = OneRecord(topic=PLACE[0], partition=PLACE[1], offset=offset)
    answer = await ask(
        bench.pool, Toy(), bench.clock, SKIP, detail, who="chen", why=why, **{"broker": bench.broker} | more
    )
    return answer.result


async def test_the_service_goes_on_behind_it_and_the_audit_accounts_for_it(bench: Bench) -> None:
    stuck, behind = say(bench, "2"), say(bench, "3")
    assert (await skip(bench, stuck.offset))["next"] == behind.offset
    taken = await bench.ingest.take([stuck, behind])
    assert [outcome.message.id for outcome in taken.outcomes] == ["3"]
    assert await bench.faults() == {}
    # And a service that comes back finds the record below its fence to be the one it is.
    bench.ingest.unassigned()
    await bench.ingest.take([say(bench, "4")])


async def test_its_bytes_are_kept_with_who_and_why_and_others_are_told(bench: Bench) -> None:
    stuck = say(bench, "2", value=b"\x00\xff", headers={"x": b"\x00"})
    done = await skip(bench, stuck.offset)
    row = await bench.pool.fetchrow("select quarantine_id, body, reason, detail, source, id, state from quarantine")
    assert (str(row["quarantine_id"]), bytes(row["body"])) == (done["quarantineId"], stuck.value)
    assert (row["reason"], row["detail"]) == ("operator-skipped", f"skipped by chen: {WHY}")
    assert (row["source"], row["id"], row["state"]) == ("/dispatch/east", "2", "open")
    assert await column(bench.pool, "select count(*) from outbox where type = 'message.quarantined.v1'") == [1]
    asked = await bench.pool.fetchval("select data from event where type = 'operator.requested.v1'")
    assert WHY in asked
    assert '"chen"' in asked


async def test_a_record_that_its_sender_dated_ahead_lifts_no_mark_when_it_is_skipped(bench: Bench) -> None:
    """Deadlines would fire before what lies behind it and answers them."""
    mark = "select watermark from consumer_offset where topic = $1 and partition = $2"
    before = await bench.pool.fetchval(mark, *PLACE)
    bench.clock.advance(timedelta(hours=1))
    await skip(bench, say(bench, "2", at=bench.clock.now()).offset)
    assert await bench.pool.fetchval(mark, *PLACE) == before


async def test_what_was_skipped_can_be_judged_later(bench: Bench) -> None:
    done = await skip(bench, say(bench, "2").offset)
    judged = await retry(bench.pool, Toy(), bench.clock, done["quarantineId"], "night shift")
    assert [reason for _, reason in judged.judged] == ["recorded"]
    assert await bench.faults() == {}


async def test_only_the_record_that_comes_next_can_be_skipped(bench: Bench) -> None:
    say(bench, "2")
    for offset in (0, 2, 7):
        with pytest.raises(RequestRefused, match="not-the-next-record: toy stands at 1 in"):
            await skip(bench, offset)
    assert await column(bench.pool, "select count(*) from quarantine") == [0]


async def test_without_a_reason_nothing_is_skipped(bench: Bench) -> None:
    with pytest.raises(RequestRefused, match="no-reason-given"):
        await skip(bench, say(bench, "2").offset, why=" ")


async def test_a_record_that_is_not_there_yet_cannot_be_skipped(bench: Bench) -> None:
    with pytest.raises(RequestRefused, match="kafka-not-known"):
        await skip(bench, 1, broker=None)
    assert await column(bench.pool, "select next_offset from consumer_offset where partition = 0") == [1]


class Away(PaperBroker):
    async def read(self, *_: object) -> NoReturn:
        raise KafkaConnectionError("no brokers")


class Frozen(PaperBroker):
    async def read(self, *_: object) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError


class Chokes(PaperBroker):
    async def read(self, *_: object) -> NoReturn:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


async def test_with_kafka_away_nothing_is_skipped_for_its_bytes_could_not_be_kept(bench: Bench) -> None:
    with pytest.raises(RequestRefused, match="kafka-away: its body must be kept first"):
        await skip(bench, say(bench, "2").offset, broker=Away())
    assert await column(bench.pool, "select next_offset from consumer_offset where partition = 0") == [1]


async def test_a_broker_that_says_nothing_holds_up_neither_batches_nor_deadlines_for_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skipping, "BROKER_SECONDS", 0.05)
    with pytest.raises(RequestRefused, match="kafka-away: its body must be kept first"):
        await skip(bench, say(bench, "2").offset, broker=Frozen())
    assert await column(bench.pool, "select next_offset from consumer_offset where partition = 0") == [1]


async def test_a_record_that_even_the_client_cannot_read_is_skipped_and_it_is_said_where_its_bytes_lie(
    bench: Bench,
) -> None:
    done = await skip(bench, say(bench, "2").offset, broker=Chokes())
    assert (done["next"], done["bodyKept"]) == (2, False)
    assert "lie in Kafka only" in await bench.pool.fetchval("select detail from quarantine")
    bench.ingest.unassigned()
    await bench.ingest.take([say(bench, "3")])
    assert await bench.faults() == {}


async def test_an_offset_that_holds_nothing_is_passed_over_with_a_name(bench: Bench) -> None:
    bench.broker.gap(PLACE)
    done = await skip(bench, 1)
    assert (done["next"], done["quarantineId"]) == (2, None)
    assert await bench.faults() == {}
