"""A machine whose clock is set ahead calls nothing overdue before its time, and claims to know nothing of the time to come."""

from datetime import datetime, timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from schemas.contracts.dispatch import CauseCleared
from services.kernel.clock import SystemClock
from services.kernel.manual_clock import ManualClock
from services.kernel.running.world import REAL
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.database_time import SharedClock
from services.kernel.upkeep.rounds import DeadlineRounds
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from tests.kits.kernel.facts import column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START

ZERO = ("outage.dispatch", 0)
BOILS = timedelta(minutes=10)
OVERDUE = "select stream_id from event where type = 'overdue.v1'"


class SetAhead(SystemClock):
    """The machine's time, set ahead."""

    ahead = timedelta(0)

    def wall(self) -> datetime:
        return super().wall() + self.ahead


async def test_no_deadline_fires_before_its_time_by_the_database_and_what_is_due_does(
    pool: asyncpg.Pool, ingest: Ingest, broker: PaperBroker
) -> None:
    machine = SetAhead()
    shared, now = SharedClock(machine, REAL.database_time), machine.now()
    await shared.look(pool)
    for mrid, due in (("late", now - timedelta(minutes=1)), ("soon", now + timedelta(minutes=1))):
        await ingest.take([tell(broker, "cause.cleared.v1", CauseCleared(mrid=mrid, cleared_at=due - BOILS), id=mrid)])
    marks = MarkRaiser(ingest.service, ingest, pool, broker, shared, lambda: [ZERO])
    timers = Timers(ingest.transaction, shared, grace=300.0)
    rounds = DeadlineRounds(marks, timers, pool, machine, lambda: [ZERO], pause=0.2)
    machine.ahead = timedelta(minutes=5)
    await rounds.once()
    assert await column(pool, OVERDUE) == ["outage/late"]
    (mark,) = await column(pool, "select max(watermark) from consumer_offset")
    assert isinstance(mark, datetime)
    assert mark < now + timedelta(seconds=30)


async def test_a_clock_that_is_behind_is_believed(pool: asyncpg.Pool) -> None:
    machine = SetAhead()
    shared = SharedClock(machine, REAL.database_time)
    machine.ahead = timedelta(minutes=-5)
    await shared.look(pool)
    assert shared.now() < SystemClock().now() - timedelta(minutes=4)


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_that_the_clocks_are_apart_is_said_once_and_so_is_that_they_agree_again(
    pool: asyncpg.Pool, minutes: int
) -> None:
    machine = SetAhead()
    shared = SharedClock(machine, REAL.database_time)
    with capture_logs() as said:
        for ahead in (minutes, minutes, 0, 0):
            machine.ahead = timedelta(minutes=ahead)
            await shared.look(pool)
    assert [(entry["log_level"], round(entry["seconds_ahead"] / 60)) for entry in said] == [
        ("warning", minutes),
        ("info", 0),
    ]


async def test_a_warped_clock_goes_by_no_other(pool: asyncpg.Pool) -> None:
    shared = SharedClock(ManualClock(START), REAL.database_time)
    await shared.look(pool)
    assert shared.now() == START
