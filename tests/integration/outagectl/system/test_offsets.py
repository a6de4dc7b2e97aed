"""A topic that was cut, recreated or lost records stops a service; an operator's word lets it go on, provably."""

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from operations.system.fences import (
    AGREES,
    FORMER_TOPIC,
    LOST,
    NO_TOPIC,
    REPLACED,
    SHORTENED,
    FenceStanding,
    as_asked,
    standings,
)
from operations.system.location import Where
from schemas.contracts.dispatch import CauseCleared, EnquiryReceived
from services.kernel.model import TopicPartition
from services.kernel.operators.shared_actions import ACCEPT, GONE
from services.kernel.queries import SQL as KERNEL
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from tests.kits.kernel.asked import RequestRefused, ask
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START, Toy
from tests.kits.stack.databases import Bench, toy_bench

PLACE = ("outage.dispatch", 0)


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    async with toy_bench(postgres) as made:
        await take(made, 5, "before")
        made.ingest.unassigned()
        yield made


async def take(bench: Bench, count: int, word: str) -> int:
    """Put `count` enquiries on the topic and have the toy take all that is there; returns how many it took anew."""
    for number in range(count):
        data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
        tell(bench.broker, "enquiry.received.v1", data, id=f"{word}-{number}")
    taken = await bench.ingest.take(
        [r for r in bench.broker.logs.get(PLACE, []) if r.offset >= bench.broker.first.get(PLACE, 0)]
    )
    return taken.appended


async def look(bench: Bench) -> list[FenceStanding]:
    return await standings(bench.connection, bench.broker, Where(), ["toy"])


async def accepted(bench: Bench) -> dict[str, Any]:
    (wrong,) = [one for one in await look(bench) if one.verdict not in (AGREES, FORMER_TOPIC)]
    answer = await ask(bench.pool, Toy(), bench.clock, ACCEPT, as_asked(wrong), who="chen")
    return answer.result


def make_anew(bench: Bench) -> None:
    bench.broker.logs.clear()
    bench.broker.next.clear()


async def test_a_fence_that_agrees_says_how_much_waits(bench: Bench) -> None:
    data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
    tell(bench.broker, "enquiry.received.v1", data, id="waits")
    (one,) = await look(bench)
    assert (one.verdict, one.next_offset, one.first, one.end, one.lag) == (AGREES, 5, 0, 6, 1)


async def test_lost_records_are_given_up_by_name_and_the_audit_still_passes(bench: Bench) -> None:
    bench.broker.gap(PLACE, 3)
    bench.broker.first[PLACE] = 8
    with pytest.raises(FenceError, match="records are lost"):
        await bench.ingest.assigned([PLACE])
    assert [one.verdict for one in await look(bench)] == [LOST]
    moved = await accepted(bench)
    assert (moved["was"], moved["next"]) == ({"readFrom": 0, "next": 5}, 8)
    assert await take(bench, 2, "after") == 2
    rows = await bench.connection.fetch("select from_offset, to_offset, reason, detail from skipped")
    assert [tuple(row) for row in rows] == [(5, 8, "operator-accepted", "accepted by chen")]
    assert await bench.faults() == {}


@pytest.mark.parametrize(("fresh", "verdict"), [(3, SHORTENED), (7, REPLACED)])
async def test_a_topic_made_anew_is_read_from_its_start_and_nothing_counts_twice(
    bench: Bench, fresh: int, verdict: str
) -> None:
    make_anew(bench)
    for number in range(fresh):
        data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
        # The sender repeats one that was taken; the rest is new.
        tell(bench.broker, "enquiry.received.v1", data, id=f"before-{number}" if number == 0 else f"anew-{number}")
    with pytest.raises(FenceError):
        await bench.ingest.assigned([PLACE])
    assert [one.verdict for one in await look(bench)] == [verdict]
    moved = await accepted(bench)
    assert (moved["next"], moved["formerTopic"]) == (0, "outage.dispatch@1")
    assert await take(bench, 1, "after") == fresh
    assert {one.topic: one.verdict for one in await look(bench)} == {
        "outage.dispatch": AGREES,
        "outage.dispatch@1": FORMER_TOPIC,
    }
    assert await bench.faults() == {}
    check = await bench.check("fence")
    assert (check.checked, check.notes) == (5 + fresh + 1, {"partitions": 2})


async def test_a_bad_record_that_stands_again_where_it_stood_is_kept_once_and_the_audit_passes(bench: Bench) -> None:
    data = EnquiryReceived(mrid="o1", enquiry_id="e", received_at=START)
    tell(bench.broker, "enquiry.received.v1", data, id="bad", value=b"{")
    await take(bench, 1, "behind")
    make_anew(bench)
    bench.ingest.unassigned()
    for number in range(5):
        tell(bench.broker, "enquiry.received.v1", data, id=f"before-{number}")
    tell(bench.broker, "enquiry.received.v1", data, id="bad", value=b"{")
    await accepted(bench)
    assert await take(bench, 1, "behind") == 0
    assert await bench.connection.fetchval("select count(*) from quarantine") == 1
    assert await bench.faults() == {}


async def test_a_topic_made_anew_with_fewer_partitions_is_refused_at_the_start_until_the_lost_ones_are_given_up(
    bench: Bench,
) -> None:
    lost = ("outage.dispatch", 1)
    kettle = CauseCleared(mrid="o9", cleared_at=START)
    bench.broker.partition_count = 2
    record = tell(bench.broker, "cause.cleared.v1", kettle, id="lost", partition=1)
    await Ingest(bench.ingest.transaction, bench.broker, bench.clock).take([record])
    await marks_of(bench, PLACE, lost).raise_marks()
    make_anew(bench)
    bench.broker.partition_count = 1
    with pytest.raises(FenceError, match=r"outage.dispatch\[1\] was read and is gone: .* 1 partitions.*offsets accept"):
        await Ingest(bench.ingest.transaction, bench.broker, bench.clock).assigned([PLACE])
    verdicts = {one.partition: one for one in await look(bench)}
    assert {number: one.verdict for number, one in verdicts.items()} == {0: SHORTENED, 1: GONE}
    for one in verdicts.values():
        await ask(bench.pool, Toy(), bench.clock, ACCEPT, as_asked(one), who="chen")
    started = Ingest(bench.ingest.transaction, bench.broker, bench.clock)
    await started.assigned([PLACE])
    # No mark of what is gone holds anything down: neither the service's standing nor the deadline that stood there.
    bench.clock.advance(timedelta(minutes=11))
    await marks_of(bench, PLACE).raise_marks()
    (stands,) = await bench.connection.fetch(KERNEL["standing"])
    assert stands["caught_up_at"] == bench.clock.now()
    assert await bench.timers.fire_due({1}) == 1
    fired = await bench.connection.fetchval("select data->>'unproven' from event where type = 'overdue.v1'")
    assert fired == "false", "all that is left is known: that is proof"
    assert await bench.faults() == {}


def marks_of(bench: Bench, *places: TopicPartition) -> MarkRaiser:
    return MarkRaiser(Toy(), bench.ingest, bench.pool, bench.broker, bench.clock, lambda: places)


async def test_a_topic_that_kafka_does_not_show_at_all_is_not_given_up(bench: Bench) -> None:
    bench.broker.partition_count = 0
    (one,) = await look(bench)
    assert one.verdict == NO_TOPIC


async def test_a_topic_may_be_made_anew_more_than_once(bench: Bench) -> None:
    for number in (1, 2):
        make_anew(bench)
        assert (await accepted(bench))["formerTopic"] == f"outage.dispatch@{number}"
        assert await take(bench, 3, f"round-{number}") == 3
        bench.ingest.unassigned()
    assert await bench.faults() == {}


async def test_what_was_accepted_is_on_record_with_name_and_old_values(bench: Bench) -> None:
    make_anew(bench)
    await accepted(bench)
    row = await bench.connection.fetchrow(
        "select a.data->>'who' as who, a.data->>'action' as action, a.data->'detail'->>'why' as why, "
        "d.data->'result'->'was'->>'next' as was from event a join event d using (stream_id) "
        "where a.type = 'operator.requested.v1' and d.type = 'operator.done.v1'"
    )
    assert tuple(row) == ("chen", "offsets accept", SHORTENED, "5")


async def test_a_fence_that_moved_meanwhile_is_not_touched(bench: Bench) -> None:
    (one,) = await look(bench)
    await take(bench, 1, "meanwhile")
    lost = dataclasses.replace(one, verdict=LOST)
    with pytest.raises(RequestRefused, match=r"fence-moved: .*look again"):
        await ask(bench.pool, Toy(), bench.clock, ACCEPT, as_asked(lost))
    (now,) = await look(bench)
    assert (now.verdict, now.next_offset) == (AGREES, 6)
