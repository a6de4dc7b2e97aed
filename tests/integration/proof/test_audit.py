"""An audit passes on what the kernel wrote, and names whatever was changed, lost or doubled since."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.contracts.dispatch import CauseCleared, EnquiryReceived
from tests.kits.kernel.paper import tell
from tests.kits.kernel.toy import START
from tests.kits.stack.databases import Bench, toy_bench

# What somebody might do to the tables behind the kernel's back, the check that finds it, and words of the finding.
DAMAGES = [
    (
        "update event set data = replace(data::text, '\"e\"', '\"f\"')::json where cause like '%/2'",
        "chains",
        "outage/o1 version 2: the row is not the one that was hashed",
    ),
    ("update event set reason = 'other' where cause like '%/2'", "chains", "version 2: the row is not the one"),
    ("update event set cause = cause || ' ' where cause like '%/2'", "chains", "version 2: the row is not the one"),
    (
        "update event set decided_at = decided_at + interval '1 microsecond' where cause like '%/2'",
        "chains",
        "version 2: the row is not the one",
    ),
    ("update event set chain = sha256('x') where version = 1 and stream_id = 'outage/o1'", "chains", "version 1"),
    ("update stream set chain = sha256('x') where stream_id = 'outage/o1'", "chains", "the head's hash is not"),
    ("delete from event where cause like '%/2'", "chains", "outage/o1 goes from version 1 to 3"),
    ("delete from event where cause like '%timer%'", "replay", "the head is at version 4, the log at 3"),
    ("delete from event where stream_id = 'outage/o2'", "replay", "outage/o2 has a head at version 2 but no event"),
    ("delete from stream where stream_id = 'outage/o1'", "replay", "outage/o1 has events but no head"),
    (
        "update live set view = jsonb_set(view, '{asked}', '7') where stream_id = 'outage/o1'",
        "replay",
        "outage/o1: the live view differs from the log's in asked",
    ),
    ("update live set version = 2 where stream_id = 'outage/o1'", "replay", "the live view is of version 2, not 4"),
    ("delete from live where stream_id = 'outage/o1'", "replay", "outage/o1 has no live view"),
    ("insert into live values ('outage/o9', 1, '{}')", "replay", "outage/o9 has a live view but no event"),
    ("update event set type = 'guess.made.v1' where cause like '%/2'", "replay", "outage/o1 cannot be replayed"),
    ("delete from timer", "timers", "outage/o2: no timer boil is armed for 2026-03-05T01:10:00+00:00"),
    ("update timer set due_at = due_at + interval '1 s'", "timers", "is armed for 2026-03-05T01:10:01+00:00, not"),
    ("update timer set partition = 3", "timers", "timer boil waits in partition 3, its stream in 0"),
    (
        "insert into timer values ('outage/o1#x', 'outage/o1', 'x', '2026-01-01Z', 0)",
        "timers",
        "outage/o1: timer x is armed but the state does not want it",
    ),
    ("delete from skipped where reason = 'duplicate'", "fence", "outage.dispatch[0] 2 to 3: nothing says"),
    ("delete from skipped where reason = 'hole-explained'", "fence", "9 to 11: nothing says what became of them"),
    ("delete from inbox where id = '3'", "fence", "3 to 4: nothing says what became of them"),
    ("update inbox set record_offset = 4 where id = '3'", "fence", "4 to 5: accounted for twice, once as inbox"),
    ("update skipped set to_offset = 12 where reason = 'hole-explained'", "fence", "11 to 12: accounted for twice"),
    ("update consumer_offset set next_offset = 11", "fence", "lies outside the fence, 0 to 11"),
    ("update consumer_offset set next_offset = 13", "fence", "12 to 13: nothing says what became of them"),
    ("delete from consumer_offset", "fence", "outage.dispatch[0] has messages but no fence"),
    ("update inbox set reason = 'being-judged' where id = '3'", "outcomes", "/dispatch/east/3 was taken but never"),
    ("update inbox set events = 2 where id = '2'", "outcomes", "/dispatch/east/2 is said to have made 2 events"),
    ("update inbox set outcome = 'no-op' where id = '2'", "outcomes", "is called a no-op (recorded), but made 1"),
    (
        "update inbox set outcome = 'appended' where id = '3'",
        "outcomes",
        "/dispatch/east/3 is called appended, but made no event",
    ),
    ("delete from quarantine where id = '7'", "outcomes", "/dispatch/east/7 is called quarantined (stream-parked)"),
    (
        "delete from quarantine where reason = 'not-json'",
        "outcomes",
        "outage.dispatch[0] 8 was set aside, but is not there",
    ),
    ("delete from inbox where id = '2'", "causes", "/dispatch/east/2 made 1 events, but was never taken"),
    ("update quarantine set state = 'dropped' where id = '6'", "parked", "outage/o2 is parked by"),
    ("update stream set parked_by = null", "parked", "and is open, but the stream is not parked"),
    ("update stream set parked_by = gen_random_uuid() where parked_by is not null", "parked", "does not exist"),
    (
        "update outbox set event_id = gen_random_uuid() where id = (select min(id) from outbox where topic <> 'outage.quarantine')",
        "outbox",
        "waits for outage.restorations, but is not in the log",
    ),
    ("delete from quarantine where id = '6'", "outbox", "tells of a quarantined message that is not there"),
    ("update outbox set type = 'crew.status.v1' where type = 'cause.cleared.v1'", "outbox", "waits for outage.res"),
]


def cleared(mrid: str) -> CauseCleared:
    return CauseCleared(mrid=mrid, cleared_at=START)


def enquiry(mrid: str, subject: str | None = None) -> EnquiryReceived:
    return EnquiryReceived(mrid=mrid, enquiry_id="e", received_at=START, subject=subject)


@pytest.fixture
async def bench(postgres: str) -> AsyncIterator[Bench]:
    """Two outages; a no-op, a duplicate, a hole, unreadable bytes, a bug that parked o2, and a deadline that fired."""
    async with toy_bench(postgres) as made:
        broker = made.broker
        tell(broker, "cause.cleared.v1", cleared("o1"), id="1")
        tell(broker, "enquiry.received.v1", enquiry("o1"), id="2")
        tell(broker, "enquiry.received.v1", enquiry("o1"), id="2")
        tell(broker, "enquiry.received.v1", enquiry("o1", "ignore"), id="3")
        tell(broker, "enquiry.received.v1", enquiry("o2"), id="4")
        tell(broker, "cause.cleared.v1", cleared("o2"), id="5")
        tell(broker, "enquiry.received.v1", enquiry("o2", "bug"), id="6")
        tell(broker, "enquiry.received.v1", enquiry("o2"), id="7")
        tell(broker, "enquiry.received.v1", enquiry("o1"), id="8", value=b"{")
        await made.ingest.take(broker.logs[("outage.dispatch", 0)])
        broker.gap(("outage.dispatch", 0), 2)
        made.clock.advance(timedelta(minutes=11))
        await made.ingest.take([tell(broker, "enquiry.received.v1", enquiry("o1"), id="9", at=made.clock.now())])
        assert await made.timers.fire_due({0}) == 1
        yield made


async def test_what_the_kernel_wrote_passes_and_says_how_much_was_looked_at(bench: Bench) -> None:
    report = await bench.audit()
    assert report.passed, [check.faults for check in report.checks]
    checked = {check.name: check.checked for check in report.checks}
    assert checked == {
        "chains": 6,
        "forgotten": 0,
        "replay": 2,
        "timers": 1,
        "promises": 0,
        "fence": 12,
        "outcomes": 8,
        "causes": 6,
        "parked": 1,
        "outbox": 8,
    }
    outcomes = await bench.check("outcomes")
    assert outcomes.notes == {"appended": 5, "no-op": 1, "quarantined": 2}


async def test_any_change_from_outside_is_found_and_named(bench: Bench) -> None:
    for damage, check, words in DAMAGES:
        transaction = bench.connection.transaction()
        await transaction.start()
        await bench.connection.execute(damage)
        found = await bench.faults()
        await transaction.rollback()
        assert any(words in fault for fault in found.get(check, [])), (damage, found)
    assert (await bench.audit()).passed


async def test_one_changed_row_is_one_broken_link_not_as_many_as_follow_it(bench: Bench) -> None:
    await bench.connection.execute("update event set reason = 'other' where stream_id = 'outage/o1' and version = 1")
    assert (await bench.check("chains")).fault_count == 1


async def test_only_the_first_faults_are_named_but_all_are_counted(bench: Bench) -> None:
    await bench.connection.execute("insert into live select 'outage/x' || n, 1, '{}' from generate_series(1, 50) as n")
    replay = await bench.check("replay")
    assert (len(replay.faults), replay.fault_count) == (20, 50)
    report = await bench.audit()
    assert report.as_json()["faultCount"] == 50


async def test_an_audit_changes_nothing_and_sees_one_moment(bench: Bench) -> None:
    async with bench.connection.transaction(isolation="repeatable_read", readonly=True):
        before = await bench.connection.fetchval("select count(*) from event")
        more = tell(bench.broker, "enquiry.received.v1", enquiry("o1"), id="10")
        await bench.ingest.take([more])
        assert await bench.connection.fetchval("select count(*) from event") == before
    assert (await bench.audit()).passed
