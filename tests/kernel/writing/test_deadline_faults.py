"""No fault makes a deadline beat the fact that answers it, vanish, or hold up the deadlines of others."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest

from schemas.contracts.dispatch import CauseCleared, CrewStatus
from services.kernel.manual_clock import ManualClock
from services.kernel.model import TIMER_FIRED, Decision, Message
from services.kernel.observing.telemetry import Telemetry
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.writing import timers as timers_module
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import DueTimer, Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.asked import retry
from tests.kits.kernel.facts import cleared, column, enquiry
from tests.kits.kernel.faults import DISPATCH, Unwritable
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, KettleDecider, Toy


class DeadlineBug(KettleDecider):
    """Judges everything but its own deadline."""

    def decide(self, state, facts, message: Message, now) -> Decision:  # type: ignore[no-untyped-def]
        if message.type == TIMER_FIRED:
            raise ZeroDivisionError("a bug in what a deadline leads to")
        return super().decide(state, facts, message, now)


def with_deadline_bug() -> Toy:
    toy = Toy()
    toy.deciders = {"outage": DeadlineBug()}
    return toy


def answered(broker: PaperBroker, *, id: str, partition: int = 0) -> None:
    """The crew's answer, given in time, lies in the topic and nobody has read it."""
    data = CrewStatus(mrid="o1", crew_status="arrived", at=START)
    tell(broker, "crew.status.v1", data, id=id, partition=partition, at=START + timedelta(minutes=1))


async def test_a_deadline_that_fails_again_after_a_retry_is_still_shown_and_can_be_retried(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest = Ingest(Transaction(with_deadline_bug(), pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=0.0)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(hours=1))
    await timers.fire_due({0})
    clock.advance(timedelta(minutes=1))
    await timers.fire_due({0})
    failed = await pool.fetchval("select parked_by from stream where parked_by is not null")
    await retry(pool, ingest.service, clock, failed, "night shift")  # too early: the bug is still there
    for _ in range(3):
        clock.advance(timedelta(minutes=1))
        await timers.fire_due({0})
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [1]
    assert await column(pool, "select count(*) from quarantine where state = 'open'") == [1], (
        "a parked stream that nobody is shown"
    )
    failed_again = await pool.fetchval("select parked_by from stream where parked_by is not null")
    await retry(pool, Toy(), clock, failed_again, "night shift")


async def test_a_deadline_fired_by_two_workers_that_fails_can_still_be_retried(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks = [Transaction(with_deadline_bug(), pool, telemetry) for _ in range(2)]
    first, second = (Timers(transaction, clock, grace=300.0) for transaction in desks)
    ingest = Ingest(desks[0], broker, clock)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(hours=1))
    await ingest.caught_up(await broker.ends([DISPATCH]), clock.now())
    found: list[Sequence[DueTimer]] = []

    async def pause(ready: Sequence[DueTimer]) -> int:
        found.append(ready)
        return 0

    with monkeypatch.context() as paused:
        paused.setattr(second, "_fire", pause)
        await second.fire_due({0})  # the second has read what is due ...
    assert await first.fire_due({0}) == 1  # ... the first fires it; it fails and parks the stream ...
    await second._fire(found[0])  # ... and the second goes on
    failed = await pool.fetchval("select parked_by from stream where parked_by is not null")
    await retry(pool, Toy(), clock, failed, "night shift")


class DeadlineBugInSome(DeadlineBug):
    """Judges the deadline of every fifth kettle."""

    def decide(self, state, facts, message: Message, now) -> Decision:  # type: ignore[no-untyped-def]
        sound = message.type == TIMER_FIRED and int(message.key.removeprefix("o")) % 5 == 0
        return (
            KettleDecider().decide(state, facts, message, now) if sound else super().decide(state, facts, message, now)
        )


async def test_however_many_deadlines_fail_together_the_sound_ones_fire_and_the_others_park_their_streams(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    toy = Toy()
    toy.deciders = {"outage": DeadlineBugInSome()}
    ingest = Ingest(Transaction(toy, pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(f"o{n}"), id=str(n)) for n in range(50)])
    clock.advance(timedelta(hours=1))
    await ingest.caught_up(await broker.ends([DISPATCH]), clock.now())
    assert await timers.fire_due({0}) == 50
    assert await column(pool, "select count(*) from event where type = 'overdue.v1'") == [10]
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [40]
    assert await column(pool, "select count(*) from timer") == [40], "they wait with their streams"
    taken = await ingest.take([tell(broker, "enquiry.received.v1", enquiry("new"), id="x")])
    assert [outcome.reason for outcome in taken.outcomes] == ["recorded"], "and facts are judged as before"


async def test_one_deadline_that_cannot_be_written_does_not_hold_up_all_others(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    toy = Toy()
    toy.projections = (Unwritable("outage/o1", "overdue.v1"),)
    ingest = Ingest(Transaction(toy, pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    for n in range(3):
        await ingest.take([tell(broker, "cause.cleared.v1", cleared(f"o{n}"), id=str(n))])
    clock.advance(timedelta(hours=1))
    await ingest.caught_up(await broker.ends([DISPATCH]), clock.now())
    for _ in range(4):
        await timers.fire_due({0})
    assert await column(pool, "select count(*) from event where type = 'overdue.v1'") == [2]


async def test_deadlines_behind_a_stuck_partition_do_not_hold_up_those_of_a_sound_one(
    ingest: Ingest, timers: Timers, broker: PaperBroker, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timers_module, "BATCH", 5)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(f"stuck{n}"), id=f"s{n}") for n in range(6)])
    sound = CauseCleared(mrid="sound", cleared_at=START + timedelta(seconds=5))  # due after all that are stuck
    await ingest.take([tell(broker, "cause.cleared.v1", sound, id="x", partition=1)])
    clock.advance(timedelta(minutes=30))
    await ingest.caught_up(await broker.ends([("outage.dispatch", 1)]), clock.now())  # partition 0 has a backlog
    assert await timers.fire_due({0, 1}) == 1


async def test_one_record_from_the_future_does_not_prove_all_later_deadlines(
    ingest: Ingest, timers: Timers, broker: PaperBroker, clock: ManualClock
) -> None:
    in_ten_years = START + timedelta(days=3650)
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry("o9"), id="0", at=in_ten_years)])
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1", at=START)])
    answered(broker, id="2")
    clock.advance(timedelta(hours=1))
    assert await timers.fire_due({0}) == 0


class WaitsForAll(Toy):
    """Its facts come through other streams, on whatever partition."""

    waits_for_all = frozenset({"outage"})


async def test_waiting_for_all_partitions_includes_those_that_nobody_has_opened_yet(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest = Ingest(Transaction(WaitsForAll(), pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    answered(broker, id="9", partition=1)  # partition 1 belongs to a worker that has not come up
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=30))
    await ingest.caught_up(await broker.ends([DISPATCH]), clock.now())
    assert await timers.fire_due({0}) == 0


class FeedsItself(WaitsForAll):
    """Facts reach some of its streams through its own outbox and a topic that it reads itself."""

    inputs = ("outage.dispatch", "outage.restorations")
    feeds = frozenset({"outage.restorations"})


async def test_a_fact_in_our_own_outbox_is_not_yet_known(
    pool: asyncpg.Pool, clock: ManualClock, telemetry: Telemetry
) -> None:
    broker = PaperBroker(partitions=1)
    ingest = Ingest(Transaction(FeedsItself(), pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    places = [DISPATCH, ("outage.restorations", 0)]
    standing = MarkRaiser(ingest.service, ingest, pool, broker, clock, lambda: places)
    await ingest.assigned(places)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(timedelta(minutes=9))
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry("o2"), id="2", at=clock.now())])
    clock.advance(timedelta(minutes=2))
    await standing.raise_marks()
    assert await column(pool, "select count(*) from outbox where topic = 'outage.restorations'") == [2]
    assert await timers.fire_due({0}) == 0
    await pool.execute("delete from outbox")  # stands for: the relay has been, and what it put there was read
    await standing.raise_marks()
    assert await timers.fire_due({0}) == 1
