"""While Kafka is away deadlines are looked at all the same: by older marks, or unproven; and nobody's are forgotten."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

import asyncpg
import pytest
import structlog

from schemas.contracts.dispatch import CauseCleared
from services.kernel.adapters.kafka import KafkaError
from services.kernel.manual_clock import ManualClock
from services.kernel.model import TopicPartition
from services.kernel.observing.complaint import REPEAT_SECONDS
from services.kernel.observing.telemetry import Telemetry
from services.kernel.upkeep import rounds as rounds_module
from services.kernel.upkeep.caught_up_marks import MarkRaiser
from services.kernel.upkeep.rounds import ABANDONED, DeadlineRounds
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import cleared, column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Toy, toy

ZERO, ONE = ("outage.dispatch", 0), ("outage.dispatch", 1)
MINUTE = timedelta(minutes=1)
UNPROVEN = "select data->>'unproven' from event where type = 'overdue.v1' order by position"


class Gone(PaperBroker):
    """A broker that can be taken away: killed it refuses, frozen it says nothing."""

    away: str | None = None

    async def ends(self, places: Iterable[TopicPartition]) -> Mapping[TopicPartition, int]:
        if self.away == "killed":
            raise KafkaError("no brokers")
        if self.away == "frozen":
            await asyncio.Event().wait()
        return await super().ends(places)


class Worker:
    """What one process has of it; `places`: the partitions it reads."""

    def __init__(
        self, service: Toy, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, *places: TopicPartition
    ) -> None:
        self.ingest = Ingest(Transaction(service, pool, Telemetry("toy")), broker, clock)
        self.places = set(places)
        marks = MarkRaiser(service, self.ingest, pool, broker, clock, lambda: self.places)
        timers = Timers(self.ingest.transaction, clock, grace=300.0)
        self.rounds = DeadlineRounds(marks, timers, pool, clock, lambda: self.places, pause=0.2)


@pytest.fixture
def broker() -> Gone:
    return Gone()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for four seconds to see a silence."""
    monkeypatch.setattr(rounds_module, "MARK_SECONDS", 0.05)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_while_kafka_is_away_a_deadline_fires_unproven_once_its_grace_is_over(
    pool: asyncpg.Pool, broker: Gone, clock: ManualClock, how: str
) -> None:
    worker = Worker(Toy(), pool, broker, clock, ZERO)
    await worker.ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    broker.away = how
    clock.advance(11 * MINUTE)
    for _ in range(4):
        await worker.rounds.once()
        assert await column(pool, UNPROVEN) == [], "the fact that answers it may lie in Kafka"
        clock.advance(MINUTE)
    clock.advance(2 * MINUTE)
    await worker.rounds.once()
    assert await column(pool, UNPROVEN) == ["true"]


async def test_while_kafka_is_away_what_older_marks_prove_fires_proven(
    pool: asyncpg.Pool, broker: Gone, clock: ManualClock
) -> None:
    worker = Worker(Toy(), pool, broker, clock, ZERO)
    before = CauseCleared(mrid="o1", cleared_at=START - 9 * MINUTE)  # due a minute from now
    await worker.ingest.take([tell(broker, "cause.cleared.v1", before, id="1")])
    clock.advance(2 * MINUTE)
    await worker.ingest.caught_up({ZERO: 1}, clock.now())
    broker.away = "killed"
    await worker.rounds.once()
    assert await column(pool, UNPROVEN) == ["false"]


async def test_while_kafka_is_away_a_kind_that_must_be_proven_never_fires_and_does_once_kafka_is_back(
    pool: asyncpg.Pool, broker: Gone, clock: ManualClock
) -> None:
    worker = Worker(toy(None), pool, broker, clock, ZERO)
    await worker.ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    broker.away = "killed"
    for _ in range(30):
        clock.advance(30 * MINUTE)
        await worker.rounds.once()
    assert await column(pool, UNPROVEN) == []
    broker.away = None
    clock.advance(MINUTE)
    await worker.rounds.once()
    assert await column(pool, UNPROVEN) == ["false"]


async def test_a_worker_that_holds_no_partition_looks_after_the_deadlines_that_nobody_reads(
    pool: asyncpg.Pool, broker: Gone, clock: ManualClock
) -> None:
    dead = Worker(Toy(), pool, broker, clock, ZERO)
    await dead.ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    await dead.rounds.once()  # its last words
    clock.advance(11 * MINUTE)
    broker.away = "killed"
    started = Worker(Toy(), pool, broker, clock)  # Kafka is away: nothing is assigned to it
    for _ in range(7):
        await started.rounds.once()
        clock.advance(MINUTE)
    assert await column(pool, UNPROVEN) == ["true"]


async def test_partitions_that_another_worker_reads_are_left_to_it(
    pool: asyncpg.Pool, broker: Gone, clock: ManualClock
) -> None:
    other, ours = Worker(Toy(), pool, broker, clock, ZERO), Worker(Toy(), pool, broker, clock, ONE)
    await other.ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    clock.advance(11 * MINUTE)
    assert await ours.rounds.looked_after() == {0, 1}, "nobody has said yet that he reads it"
    await other.rounds._marks.raise_marks()
    assert await ours.rounds.looked_after() == {1}
    clock.advance(ABANDONED + timedelta(seconds=1))
    assert await ours.rounds.looked_after() == {0, 1}


async def test_an_outage_of_an_hour_fills_no_log(pool: asyncpg.Pool, broker: Gone, clock: ManualClock) -> None:
    worker = Worker(toy(None), pool, broker, clock, ZERO)
    await worker.ingest.take([tell(broker, "cause.cleared.v1", cleared(), id="1")])
    broker.away = "killed"
    clock.advance(11 * MINUTE)
    with structlog.testing.capture_logs() as lines:
        for _ in range(600):
            await worker.rounds.once()
            clock.advance(timedelta(seconds=1))
    assert 600 / REPEAT_SECONDS - 1 <= len(lines) <= 600 / REPEAT_SECONDS + 1
    assert {line["log_level"] for line in lines} == {"warning"}


class Counted:
    """Deadlines that are due and wait for facts, or none; `asked` counts how often it was asked whether there are any."""

    def __init__(self, *, due: bool) -> None:
        self.due, self.asked = due, 0

    async def any_due(self) -> bool:
        self.asked += 1
        return self.due

    async def fire_due(self, partitions: Collection[int]) -> int:
        del partitions
        return 0


class NoMarks:
    """None is to be raised."""

    def is_due(self) -> bool:
        return False

    async def raise_marks(self) -> None:
        """Raise none."""


@pytest.mark.parametrize("due", [True, False])
async def test_what_waits_for_facts_is_asked_for_at_the_pace_of_the_rounds_and_what_is_new_at_once(
    pool: asyncpg.Pool, clock: ManualClock, due: bool
) -> None:
    deadlines, loop = Counted(due=due), asyncio.get_running_loop()
    rounds = DeadlineRounds(NoMarks(), deadlines, pool, clock, set, pause=0.1)
    began, running = loop.time(), asyncio.create_task(rounds.run())
    looks = 0
    while deadlines.asked < 10:
        rounds.work.wake.set()
        await asyncio.sleep(0.001)
        looks += 1
    rounds_passed = (loop.time() - began) / 0.1
    running.cancel()
    if due:
        assert deadlines.asked <= rounds_passed + 1, "as often as a round has passed, however often it is seen"
    else:
        assert looks <= 10 * deadlines.asked, "each time that it is seen"
