"""Timers of a kind that waits otherwise: proven or not at all, or with a patience of its own."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import asyncpg

from schemas.contracts.dispatch import CauseCleared
from services.kernel.manual_clock import ManualClock
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import cleared, column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Toy, toy

MINUTE = timedelta(minutes=1)


async def boiling(
    service: Toy, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> tuple[Ingest, Timers]:
    ingest = Ingest(Transaction(service, pool, telemetry), broker, clock)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(11 * MINUTE)
    return ingest, Timers(ingest.transaction, clock, grace=300.0)


async def test_what_must_be_proven_never_fires_without_proof_and_fires_once_it_is_there(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest, timers = await boiling(toy(None), pool, broker, clock, telemetry)
    for _ in range(50):
        clock.advance(30 * MINUTE)
        assert await timers.fire_due({0}) == 0
    await ingest.caught_up({("outage.dispatch", 0): 1}, clock.now())
    assert await timers.fire_due({0}) == 1
    assert await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'") == ["false"]


async def test_a_kind_with_a_longer_patience_outwaits_the_grace(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    _, timers = await boiling(toy(900.0), pool, broker, clock, telemetry)
    assert await timers.fire_due({0}) == 0
    clock.advance(14 * MINUTE)
    assert await timers.fire_due({0}) == 0, "past the grace of the others, within its own"
    clock.advance(2 * MINUTE)
    assert await timers.fire_due({0}) == 1
    assert await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'") == ["true"]


class Both(KettleDecider):
    """Beside the deadline a timer that only proof lets fire."""

    def timers(self, state: Kettle) -> Mapping[str, datetime]:
        boil = super().timers(state)
        return {**boil, "proven/1": boil["boil"] - 9 * MINUTE} if boil else {}


async def test_one_that_waits_for_proof_makes_no_other_deadline_fire_early(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    service = Toy()
    service.deciders = {"outage": Both()}
    service.patience = {"outage/proven": None}  # type: ignore[attr-defined]
    ingest = Ingest(Transaction(service, pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    await ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    for _ in range(14):
        clock.advance(MINUTE)
        assert await timers.fire_due({0}) == 0, "its own grace begins when it is due itself"
    clock.advance(2 * MINUTE)
    assert await timers.fire_due({0}) == 1
    assert await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'") == ["true"]


async def test_deadlines_that_follow_upon_each_other_are_not_taken_for_one_that_is_stuck(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest = Ingest(Transaction(Toy(), pool, telemetry), broker, clock)
    timers = Timers(ingest.transaction, clock, grace=300.0)
    for number in range(10):
        on = CauseCleared(mrid=f"o{number}", cleared_at=START + number * MINUTE)
        await ingest.take([tell(broker, "cause.cleared.v1", on, id=str(number), at=START)])
    clock.advance(10 * MINUTE)
    for number in range(10):
        clock.advance(MINUTE)
        # One is answered, the next one is due and waits for a moment: something always waits, and yet nothing is stuck.
        assert await timers.fire_due({0}) == 0
        await ingest.caught_up({("outage.dispatch", 0): 10}, START + (10 + number) * MINUTE)
        assert await timers.fire_due({0}) == 1
        assert await timers.fire_due({0}) == 0
    assert set(await column(pool, "select data->>'unproven' from event where type = 'overdue.v1'")) == {"false"}
