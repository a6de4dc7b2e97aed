"""A batch is taken whole or not at all; each message has one outcome; nothing counts twice."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from schemas.contracts.dispatch import CrewStatus
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record
from services.kernel.queries import SQL
from services.kernel.writing.failures.limit import TooManyFailures
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import cleared, column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy


async def test_a_fact_becomes_an_event_a_view_a_timer_and_a_row_to_publish(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    assert (taken.records, taken.appended, taken.bad) == (1, 1, [])
    assert await column(pool, "select type from event") == ["cause.cleared.v1"]
    assert await column(pool, "select reason from inbox") == ["recorded"]
    assert await column(pool, "select due_at from timer") == [START + timedelta(minutes=10)]
    assert await column(pool, "select topic from outbox") == ["outage.restorations"]
    assert await column(pool, "select next_offset from consumer_offset where partition = 0") == [1]
    assert await column(pool, "select view->>'asked' from live") == ["0"]


async def test_a_redelivered_batch_is_dropped_at_the_fence(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    records = [tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(3)]
    await ingest.take(records)
    again = await ingest.take(records)
    assert again.records == 0
    assert await column(pool, "select count(*) from event") == [3]


async def test_the_same_event_sent_twice_is_taken_once_and_the_skip_is_said(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    tell(broker, "enquiry.received.v1", enquiry(), id="1")
    tell(broker, "enquiry.received.v1", enquiry(), id="1")
    taken = await ingest.take(broker.logs[("outage.dispatch", 0)])
    assert (taken.duplicates, taken.appended) == (1, 1)
    later = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    assert (later.duplicates, later.appended) == (1, 0)
    assert await column(pool, "select reason from skipped order by from_offset") == ["duplicate", "duplicate"]


async def test_the_same_id_with_other_content_is_quarantined_and_changes_nothing(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="other"), id="1")])
    assert [bad.reason for bad in taken.bad] == ["same-id-other-content"]
    assert await column(pool, "select count(*) from event") == [1]
    assert await column(pool, "select state from quarantine") == ["open"]
    assert await column(pool, "select type from outbox order by id") == [
        "enquiry.received.v1",
        "message.quarantined.v1",
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": b"{"}, "not-json"),
        ({"value": b""}, "empty-value"),
        ({"value": b'{"mRID":"o1","clearedAt":7}'}, "wrong-type"),
        ({"value": b'{"mRID":"o1","clearedAt":"2026-03-05T09:00:00"}'}, "wrong-type"),
        ({"value": b'{"mRID":"o1","clearedAt":"0225-03-05T09:00:00Z"}'}, "wrong-type"),
        ({"headers": {"ce_type": b"cause.guessed.v1"}}, "unknown-type"),
        ({"headers": {"ce_id": b""}}, "missing-id"),
        ({"headers": {"ce_source": b""}}, "missing-source"),
        ({"headers": {"ce_time": b"yesterday"}}, "bad-time"),
        ({"key": "another"}, "key-mismatch"),
    ],
)
async def test_bad_input_is_quarantined_with_its_reason_and_its_neighbours_are_untouched(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, changes: dict[str, object], reason: str
) -> None:
    before = tell(broker, "enquiry.received.v1", enquiry(), id="before")
    bad = tell(broker, "cause.cleared.v1", cleared(), id="bad", **changes)  # type: ignore[arg-type]
    after = tell(broker, "enquiry.received.v1", enquiry(), id="after")
    taken = await ingest.take([before, bad, after])
    assert [item.reason for item in taken.bad] == [reason]
    assert await column(pool, "select cause from event order by position") == [
        "/dispatch/east/before",
        "/dispatch/east/after",
    ]
    assert await column(pool, "select next_offset from consumer_offset where partition = 0") == [3]


async def test_a_bug_parks_its_stream_so_that_order_holds_and_other_streams_go_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    for mrid, subject, id_ in (("o1", None, "1"), ("o1", "bug", "2"), ("o1", None, "3"), ("o2", None, "4")):
        tell(broker, "enquiry.received.v1", enquiry(mrid, subject), id=id_)
    taken = await ingest.take(broker.logs[("outage.dispatch", 0)])
    assert [o.reason for o in taken.outcomes] == ["recorded", "decide-failed", "stream-parked", "recorded"]
    later = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="5")])
    assert [o.reason for o in later.outcomes] == ["stream-parked"]
    assert await column(pool, "select stream_id from stream where parked_by is not null") == ["outage/o1"]
    assert await column(pool, "select count(*) from quarantine where state = 'open'") == [3]


async def test_a_decision_too_large_to_publish_is_a_failed_decision_and_blocks_no_relay(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="large"), id="1")])
    assert [o.reason for o in taken.outcomes] == ["decide-failed"]
    assert "more than 900000" in taken.bad[0].detail
    assert await column(pool, "select count(*) from event") == [0]
    assert await column(pool, "select type from outbox") == ["message.quarantined.v1"]


async def test_no_phone_number_stays_in_quarantine_or_goes_out_with_it(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take(
        [tell(broker, "cause.cleared.v1", cleared(), id="1", key="+447700900123", value=b'{"to":"+447700900123"')]
    )
    assert await column(pool, "select convert_from(body, 'utf8') from quarantine") == ['{"to":"[phone]"']
    published = await pool.fetchrow("select aggregateid, convert_from(payload, 'utf8') as payload from outbox")
    assert "7700900123" not in published["aggregateid"] + published["payload"]
    assert "7700900123" not in str(await pool.fetch("select * from quarantine"))


def bugs(broker: PaperBroker, count: int, *senders: str) -> list[Record]:
    """So many messages that `decide` fails at, each for a stream of its own, from the senders in turn."""
    return [
        tell(broker, "enquiry.received.v1", enquiry(f"o{n}", "bug"), id=str(n), source=senders[n % len(senders)])
        for n in range(count)
    ]


async def test_twenty_bugs_in_a_row_of_three_senders_stop_the_service_and_the_batch_is_not_taken(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    records = bugs(broker, 20, "/dispatch/east", "/oms", "/scada")
    await ingest.take(records[:10])
    with pytest.raises(TooManyFailures):
        await ingest.take(records[10:])
    assert await column(pool, "select next_offset from consumer_offset where partition = 0") == [10]


async def test_what_two_senders_send_never_stops_the_service_it_parks_their_streams_and_others_go_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take(bugs(broker, 60, "/dispatch/east", "/oms"))
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry("sound"), id="x")])
    assert [outcome.reason for outcome in taken.outcomes] == ["recorded"]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [60]


async def test_the_limit_counts_on_over_a_restart(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    records = bugs(broker, 20, "/dispatch/east", "/oms", "/scada")
    await ingest.take(records[:19])
    transaction = Transaction(Toy(), pool, ingest.transaction.telemetry)
    await transaction.start()
    reborn = Ingest(transaction, broker, clock)
    with pytest.raises(TooManyFailures):
        await reborn.take(records[19:])


async def test_a_message_that_changes_nothing_has_a_named_reason(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(subject="ignore"), id="1")])
    assert [tuple(row) for row in await pool.fetch("select outcome, reason from inbox")] == [("no-op", "nothing-to-do")]


async def test_records_that_faust_skipped_are_read_and_handled_first(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    records = [tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(5)]
    await ingest.take(records[:1])
    taken = await ingest.take(records[4:])
    assert taken.records == 4
    assert await column(pool, "select cause from event order by position") == [f"/dispatch/east/{n}" for n in range(5)]


async def test_a_hole_that_holds_nothing_is_explained_and_said(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    broker.gap(("outage.dispatch", 0), 2)
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="2")])
    assert [tuple(r) for r in await pool.fetch("select from_offset, to_offset, reason from skipped")] == [
        (1, 3, "hole-explained")
    ]


async def test_a_topic_made_anew_stops_the_service_with_the_way_on(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(3)])
    ingest.unassigned()
    broker.logs.clear()
    broker.next.clear()
    with pytest.raises(FenceError, match="outagectl offsets accept"):
        await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="9")])
    for n in range(3):
        tell(broker, "enquiry.received.v1", enquiry(), id=f"new{n}")
    with pytest.raises(FenceError, match="another record"):
        await ingest.assigned([("outage.dispatch", 0)])


async def test_a_topic_made_anew_in_which_the_same_record_lies_at_the_same_offset_is_another_one(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    broker.stamps = True
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id=str(n)) for n in range(2)])
    ingest.unassigned()
    await ingest.assigned([("outage.dispatch", 0)])
    ingest.unassigned()
    broker.logs.clear()
    broker.next.clear()
    # What is new came first; then all was said again, and the last of it twice: it lies where it lay.
    tell(broker, "enquiry.received.v1", enquiry(), id="new")
    tell(broker, "enquiry.received.v1", enquiry(), id="1", at=START + timedelta(seconds=20))
    with pytest.raises(FenceError, match="another record"):
        await ingest.assigned([("outage.dispatch", 0)])


async def test_a_version_that_does_not_keep_when_the_broker_took_a_record_stops_nobody(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    broker.stamps = True
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    later = tell(broker, "enquiry.received.v1", enquiry(), id="2", at=START + timedelta(seconds=1))
    await pool.execute(
        "update consumer_offset set next_offset = 2, last_digest = $1 where topic = 'outage.dispatch' and partition = 0",
        later.digest(),
    )
    ingest.unassigned()
    await ingest.assigned([("outage.dispatch", 0)])


async def test_a_fence_that_was_set_by_hand_knows_no_more_when_a_record_of_the_former_topic_was_taken(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    broker.stamps = True
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    await pool.execute(SQL["move_fence"], "outage.dispatch", 0, 0)
    broker.logs.clear()
    broker.next.clear()
    again = tell(broker, "enquiry.received.v1", enquiry(), id="1", at=START + timedelta(seconds=20))
    # A version before reads the topic that was made anew up to the same offset, and keeps no such instant.
    await pool.execute(
        "update consumer_offset set next_offset = 1, last_digest = $1 where topic = 'outage.dispatch' and partition = 0",
        again.digest(),
    )
    ingest.unassigned()
    await ingest.assigned([("outage.dispatch", 0)])


async def test_two_workers_on_one_stream_lose_nothing_and_double_nothing(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    other = Ingest(Transaction(Toy(), pool, ingest.transaction.telemetry), broker, clock)
    mine = [tell(broker, "enquiry.received.v1", enquiry("o1"), id=f"a{n}") for n in range(40)]
    theirs = [tell(broker, "enquiry.received.v1", enquiry("o1"), id=f"b{n}", partition=1) for n in range(40)]
    await asyncio.gather(
        *(ingest.take(mine[n : n + 4]) for n in range(0, 40, 4)),
        *(other.take(theirs[n : n + 4]) for n in range(0, 40, 4)),
    )
    assert await column(pool, "select version from stream") == [80]
    positions = await column(pool, "select version from event order by position")
    assert positions == sorted(positions)  # type: ignore[type-var]


async def test_a_deadline_fires_once_its_facts_are_known(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=11))
    assert await timers.fire_due({0}) == 0, "the watermark has not passed the deadline"
    await ingest.take(
        [tell(broker, "enquiry.received.v1", enquiry("o2"), id="2", at=START + timedelta(minutes=10, seconds=1))]
    )
    assert await timers.fire_due({0}) == 1
    assert await timers.fire_due({0}) == 0
    row = await pool.fetchrow("select data->>'unproven' as unproven, cause from event where type = 'overdue.v1'")
    assert row["unproven"] == "false"
    assert await column(pool, "select count(*) from timer") == [0]


async def test_a_fact_that_waits_in_kafka_is_not_beaten_by_its_deadline(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    answer = tell(
        broker,
        "crew.status.v1",
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        id="2",
        at=START + timedelta(minutes=9),
    )
    clock.advance(timedelta(hours=5))
    assert await timers.fire_due({0}) == 0
    await ingest.take([answer])
    assert await column(pool, "select count(*) from timer") == [0]


async def test_a_backlog_that_nobody_has_read_holds_deadlines_back(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=2))
    put_on = tell(broker, "cause.cleared.v1", cleared(), id="1", at=START)
    answer = tell(
        broker,
        "crew.status.v1",
        CrewStatus(mrid="o1", crew_status="arrived", at=START),
        id="2",
        at=START + timedelta(minutes=9),
    )
    await ingest.take([put_on])
    await ingest.caught_up({("outage.dispatch", 0): 2}, clock.now())
    assert await timers.fire_due({0}) == 0, "two days late, but the answer is the next record"
    await ingest.take([answer])
    assert await column(pool, "select count(*) from timer") == [0]


async def test_a_caught_up_partition_knows_all_facts_up_to_the_moment_it_was_asked(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=11))
    await ingest.caught_up({("outage.dispatch", 0): 1}, clock.now())
    assert await timers.fire_due({0}) == 1


async def test_past_the_grace_a_deadline_fires_marked_unproven(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=11))
    assert await timers.fire_due({0}) == 0
    clock.advance(timedelta(minutes=6))
    assert await timers.fire_due({0}) == 1
    assert await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'") == ["true"]


async def test_timers_of_a_parked_stream_wait(
    ingest: Ingest, timers: Timers, broker: PaperBroker, pool: asyncpg.Pool, clock: ManualClock
) -> None:
    await ingest.take(
        [
            tell(broker, "cause.cleared.v1", cleared(), id="1"),
            tell(broker, "enquiry.received.v1", enquiry(subject="bug"), id="2"),
        ]
    )
    clock.advance(timedelta(hours=1))
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry("o2"), id="3", at=START + timedelta(minutes=30))])
    assert await timers.fire_due({0}) == 0
    assert await column(pool, "select name from timer") == ["boil"]
