"""An event is the pair (source, id): two that only read alike are two, and one that comes again is known for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from schemas.canonical import content_hash
from schemas.citation import citation, former
from schemas.contracts.dispatch import EnquiryReceived
from services.kernel.model import Record
from services.kernel.streams.earlier_decisions import IN_THE_LOG
from services.kernel.streams.log import former_event_id
from services.kernel.upkeep.prune import Pruner
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import Bench, toy_bench

ALIKE = (("/dispatch", "east/1"), ("/dispatch/east", "1"))


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        yield made


def say(bench: Bench, source: str, id_: str, mrid: str = "o1") -> Record:
    data = EnquiryReceived(mrid=mrid, enquiry_id="e", received_at=START)
    return tell(bench.broker, "enquiry.received.v1", data, id=id_, source=source, at=bench.clock.now())


async def forget(bench: Bench) -> None:
    """The inbox is pruned of all there is."""
    bench.clock.advance(timedelta(days=91))
    await Pruner("toy", bench.pool, bench.clock, inbox_days=90, quarantine_days=90, pause=0.0).once()
    assert await bench.connection.fetchval("select count(*) from inbox") == 0


async def as_written_by_0_1(bench: Bench) -> None:
    """Rows of the log as 0.1 wrote them, in a database that was then brought up to date."""
    await bench.connection.execute("alter table event disable trigger all")
    rows = await bench.connection.fetch(
        "select position, stream_id, source, id from event join inbox using (stream_id)"
    )
    for row in rows:
        then = former(row["source"], row["id"])
        made = former_event_id(then, row["stream_id"], 0)
        await bench.connection.execute(
            "update event set cause = $2, event_id = $3, paired = false where position = $1",
            row["position"],
            then,
            made,
        )


async def test_two_events_that_read_alike_are_two_in_the_log_and_the_audit_tells_them_apart(bench: Bench) -> None:
    await bench.ingest.take([say(bench, *name) for name in ALIKE])
    assert await column(bench.pool, "select outcome from inbox") == ["appended", "appended"]
    assert sorted(await column(bench.pool, "select cause from event")) == ["/dispatch east/1", "/dispatch/east/1"]
    assert await bench.faults() == {}


async def test_after_pruning_the_second_of_two_that_read_alike_is_judged_and_not_lost(bench: Bench) -> None:
    one, other = ALIKE
    await bench.ingest.take([say(bench, *one)])
    await forget(bench)
    taken = await bench.ingest.take([say(bench, *other)])
    assert [outcome.reason for outcome in taken.outcomes] == ["recorded"]
    again = await bench.ingest.take([say(bench, *one)])
    assert [outcome.reason for outcome in again.outcomes] == [IN_THE_LOG]
    assert await bench.connection.fetchval("select count(*) from event") == 2


@pytest.mark.parametrize("name", [*ALIKE, ("/d%20x", "a b"), ("/d", "a|b")], ids=str)
async def test_what_0_1_took_is_known_again_by_the_id_it_made_then(bench: Bench, name: tuple[str, str]) -> None:
    await bench.ingest.take([say(bench, *name)])
    await as_written_by_0_1(bench)
    assert (await bench.check("causes")).faults == []
    await forget(bench)
    again = await bench.ingest.take([say(bench, *name)])
    assert [outcome.reason for outcome in again.outcomes] == [IN_THE_LOG]
    assert await bench.connection.fetchval("select count(*) from event") == 1


async def test_a_row_of_today_is_no_answer_to_an_event_that_0_1_would_have_cited_like_it(bench: Bench) -> None:
    """The new citation of one pair is the old one of another: only rows of 0.1 are asked by old ids."""
    await bench.ingest.take([say(bench, *ALIKE[1])])
    await forget(bench)
    taken = await bench.ingest.take([say(bench, *ALIKE[0])])
    assert [outcome.reason for outcome in taken.outcomes] == ["recorded"]


async def test_the_database_cites_as_the_code_does(bench: Bench) -> None:
    for source, id_ in (*ALIKE, ("/a b%", "c d/e"), ("", "/")):
        from_sql = await bench.connection.fetchval("select citation($1, $2)", source, id_)
        assert from_sql == citation(source, id_)


async def test_what_0_1_took_and_is_delivered_again_is_a_duplicate_and_no_other_content(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    record = tell(broker, "enquiry.received.v1", enquiry(), id="1")
    await ingest.take([record])
    await pool.execute("update inbox set digest = $1", content_hash(record.value or b""))
    again = tell(broker, "enquiry.received.v1", enquiry(), id="1")
    taken = await ingest.take([again])
    assert (taken.duplicates, taken.bad) == (1, [])
    # The gateway of 0.1 wrote it anew, and its sender then put it on Kafka itself, written as it likes.
    value = (record.value or b"").replace(b"Z", b"+00:00").replace(b"{", b'{"unknown":1,"subject":null,', 1)
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", value=value)])
    assert (taken.duplicates, taken.bad) == (1, [])


async def test_one_event_over_both_doors_is_one_however_it_was_written(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    first = tell(broker, "enquiry.received.v1", enquiry(), id="1")
    await ingest.take([first])
    for old, new in ((b"Z", b"+00:00"), (b":00Z", b":00.000Z"), (b"{", b'{"subject":null,'), (b"{", b'{"unknown":1,')):
        value = (first.value or b"").replace(old, new, 1)
        assert value != first.value
        await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", value=value)])
    assert await column(pool, "select count(*) from event") == [1]
    assert await column(pool, "select count(*) from quarantine") == [0]
    other = (first.value or b"").replace(b'"e"', b'"other"')
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1", value=other)])
    assert [bad.reason for bad in taken.bad] == ["same-id-other-content"]
