"""While pods are replaced, one that meets what a newer version wrote holds that stream alone, and the newer goes on with it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from schemas.contracts.dispatch import CrewStatus
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Decision, Event, Message, NewEvent, Routed
from services.kernel.observing.health import Health
from services.kernel.observing.parked import ParkedWatch, look
from services.kernel.observing.telemetry import Telemetry
from services.kernel.streams.newer import known_categories
from services.kernel.upkeep.taking_over import TakingOver
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.timers import Timers
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.facts import cleared, column
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, Kettle, KettleDecider, Overdue, Toy

ANSWERED, WHISTLED = "crew.status.v1", "whistled.v1"


class Whistled(msgspec.Struct, frozen=True, kw_only=True):
    """What the newer version says beside each answer."""

    loud: bool = True


class NewerKettle(KettleDecider):
    """Whistles when it is answered."""

    def evolve(self, state: Kettle, event: Event) -> Kettle:
        return state if isinstance(event.data, Whistled) else super().evolve(state, event)

    def decide(self, state: Kettle, facts: Any, message: Message, now: Any) -> Decision:
        decision = super().decide(state, facts, message, now)
        return Decision(decision.reason, [*decision.events, NewEvent(WHISTLED, Whistled())])


class Pot(KettleDecider):
    """A kind of stream that the older version does not have."""

    category = "pot"


class NewerToy(Toy):
    """The version after."""

    def __init__(self) -> None:
        super().__init__()
        self.deciders = {"outage": NewerKettle(), "pot": Pot()}
        self.structs = {**self.structs, WHISTLED: Whistled}

    async def route(self, connection: Any, message: Message) -> Routed:
        return Routed(f"pot/{message.key}" if message.key.startswith("pot") else f"outage/{message.key}")


class Pod:
    """One process of a version."""

    def __init__(self, service: Toy, pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock) -> None:
        self.telemetry = Telemetry("toy")
        self.ingest = Ingest(Transaction(service, pool, self.telemetry), broker, clock)
        self.timers = Timers(self.ingest.transaction, clock, grace=300.0)
        self.taking_over = TakingOver(self.ingest.transaction, clock, asyncio.Event())

    async def reasons(self, records: Sequence[Any]) -> list[str]:
        """What it says of each record."""
        return [outcome.reason for outcome in (await self.ingest.take(records)).outcomes]


@pytest.fixture
def old(pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock) -> Pod:
    return Pod(Toy(), pool, broker, clock)


@pytest.fixture
def new(pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock) -> Pod:
    return Pod(NewerToy(), pool, broker, clock)


def answered(broker: PaperBroker, name: str, *, id: str) -> Any:
    return tell(broker, ANSWERED, CrewStatus(mrid=name, crew_status="arrived", at=START), id=id)


def put_on(broker: PaperBroker, name: str, *, id: str) -> Any:
    return tell(broker, "cause.cleared.v1", cleared(name), id=id)


async def log_of(pool: asyncpg.Pool, stream: str) -> list[tuple[str, str]]:
    rows = await pool.fetch("select type, cause from event where stream_id = $1 order by version", stream)
    return [(row["type"], row["cause"].rpartition("/")[2]) for row in rows]


async def open_reasons(pool: asyncpg.Pool) -> list[str]:
    return await column(pool, "select reason from quarantine where state = 'open' order by seq")


async def test_that_stream_alone_is_held_and_the_newer_pod_goes_on_with_it_in_order(
    pool: asyncpg.Pool, broker: PaperBroker, old: Pod, new: Pod
) -> None:
    await old.reasons([put_on(broker, "o1", id="1"), put_on(broker, "o2", id="2")])
    await new.reasons([answered(broker, "o1", id="3")])
    # The partition moves back to the older pod, which knows the stream as it was.
    facts = [answered(broker, "o1", id="4"), answered(broker, "o2", id="5"), answered(broker, "o1", id="6")]
    assert await old.reasons(facts) == ["written-by-newer", "recorded", "stream-parked"]
    (detail,) = await column(pool, "select detail from quarantine where reason = 'written-by-newer'")
    assert detail == "event type whistled.v1 in outage/o1 is not known: run the version that wrote it"
    await old.taking_over.look()
    assert await open_reasons(pool) == ["written-by-newer", "stream-parked"], "it knows no more than before"
    await new.taking_over.look()
    assert await open_reasons(pool) == []
    assert await column(pool, "select count(*) from stream where parked_by is not null") == [0]
    said = [cause for type_, cause in await log_of(pool, "outage/o1") if type_ == ANSWERED]
    assert said == ["3", "4", "6"]
    assert await new.reasons([answered(broker, "o1", id="7")]) == ["recorded"]


async def test_a_deadline_on_such_a_stream_is_judged_by_the_newer_pod_wherever_its_partition_is(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, old: Pod, new: Pod
) -> None:
    await old.reasons([put_on(broker, "o2", id="1")])
    await new.reasons([put_on(broker, "o1", id="2")])
    clock.advance(timedelta(hours=1))
    await old.ingest.caught_up(await broker.ends([("outage.dispatch", 0)]), clock.now())
    await old.timers.fire_due({0})
    assert [type_ for type_, _ in await log_of(pool, "outage/o2")][-1] == "overdue.v1", "others are judged"
    assert await open_reasons(pool) == ["written-by-newer"]
    assert await old.timers.fire_due({0}) == 0, "once, not again and again"
    await old.taking_over.look()
    assert await open_reasons(pool) == ["written-by-newer"]
    await new.taking_over.look()
    assert [type_ for type_, _ in await log_of(pool, "outage/o1")][-2:] == ["overdue.v1", WHISTLED]
    assert await open_reasons(pool) == []
    assert await column(pool, "select count(*) from timer") == [0]


async def test_a_deadline_that_fired_unproven_says_so_whoever_judges_it(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, new: Pod
) -> None:
    older = Pod(Toy(), pool, broker, clock)
    older.timers = Timers(older.ingest.transaction, clock, grace=0.0)
    await new.reasons([put_on(broker, "o1", id="1")])
    clock.advance(timedelta(hours=1))
    for _ in range(2):
        await older.timers.fire_due({0})
        clock.advance(timedelta(minutes=1))
    await new.taking_over.look()
    (said,) = await column(pool, "select data ->> 'unproven' from event where type = 'overdue.v1'")
    assert said == "true"


async def test_deadlines_of_kinds_that_a_pod_does_not_know_are_left_to_the_newer_and_told(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, old: Pod, new: Pod
) -> None:
    await new.reasons([put_on(broker, "pot-1", id="1")])
    clock.advance(timedelta(hours=1))
    await old.ingest.caught_up(await broker.ends([("outage.dispatch", 0)]), clock.now())
    assert not await old.timers.any_due()
    assert await old.timers.fire_due({0}) == 0
    health = Health(clock)
    watch = ParkedWatch(pool, clock, health, old.telemetry, known_categories(old.ingest.service))
    watch.show(await look(pool, clock.now(), known_categories(old.ingest.service)))
    assert health.remarks == [
        "1 deadlines are due on streams of kinds that this version does not know: left to newer pods"
    ]
    assert await new.timers.fire_due({0}) == 1
    assert [type_ for type_, _ in await log_of(pool, "pot/pot-1")][-1] == "overdue.v1"
    watch.show(await look(pool, clock.now(), known_categories(old.ingest.service)))
    assert health.remarks == []


async def test_an_event_of_another_form_is_held_like_one_of_another_type(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, new: Pod
) -> None:
    class Quieter(NewerToy):
        def __init__(self) -> None:
            super().__init__()
            self.structs = {**self.structs, WHISTLED: Overdue}

    older = Pod(Quieter(), pool, broker, clock)
    await new.reasons([answered(broker, "o1", id="1")])
    assert await older.reasons([answered(broker, "o1", id="2")]) == ["written-by-newer"]


async def test_however_many_streams_are_held_the_older_pod_goes_on(
    pool: asyncpg.Pool, broker: PaperBroker, old: Pod, new: Pod
) -> None:
    names = [f"o{number}" for number in range(40)]
    await new.reasons([answered(broker, name, id=f"a{name}") for name in names])
    said = [
        tell(
            broker, ANSWERED, CrewStatus(mrid=name, crew_status="arrived", at=START), id=name, source=f"/sender-{n % 5}"
        )
        for n, name in enumerate(names)
    ]
    assert set(await old.reasons(said)) == {"written-by-newer"}
    assert await old.reasons([put_on(broker, "sound", id="x")]) == ["recorded"]
    await new.taking_over.look()
    assert await open_reasons(pool) == []


async def test_a_word_of_the_service_to_itself_is_judged_by_the_newer_pod_too(
    pool: asyncpg.Pool, broker: PaperBroker, old: Pod, new: Pod
) -> None:
    await new.reasons([put_on(broker, "o1", id="1")])
    data = CrewStatus(mrid="o1", crew_status="arrived", at=START)
    (outcome,) = await old.ingest.submit([Message("/within", "9", ANSWERED, START, data, "o1", 0, stream="outage/o1")])
    assert outcome.reason == "written-by-newer"
    await new.taking_over.look()
    assert (ANSWERED, "9") in await log_of(pool, "outage/o1")
