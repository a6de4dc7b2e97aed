"""A fact that is held and leaves special or life-support customers untold calls a person within a minute: on real tables."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import msgspec
import pytest
import structlog
from prometheus_client import CollectorRegistry

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, FaultReported, OutageReopened, OutageStarted
from schemas.contracts.messages import CustomersUntold
from schemas.contracts.restorations import FactAccepted, FactRefused
from services.notifier.tables.critical import SQL, UntoldGauge
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, out, resident, town

ALARM_WITHIN = timedelta(seconds=60)
METRIC = "outage_critical_customers_untold"


@pytest.fixture
async def city(postgres: str) -> AsyncIterator[Town]:
    async with town(postgres) as made:
        yield made


@pytest.fixture
async def desks(city: Town) -> Desks:
    """On the northern line a hospital, somebody on a breathing machine, a factory; on the southern one another hospital."""
    made = await city.process()
    await city.say(
        made,
        resident("hospital", importance="special"),
        resident("breathing", importance="ordinary", life_support=True),
        resident("factory"),
        resident("southern-hospital", SOUTH, importance="special"),
    )
    await city.settle(made)
    return made


def long_ago(city: Town, *lines: str, mrid: str = "F1") -> OutageStarted:
    """A start of nine days ago: it is held until somebody stands by it."""
    return msgspec.structs.replace(out(mrid, *lines), started_at=city.clock.now() - timedelta(days=9), ert=None)


async def alarms(city: Town) -> list[CustomersUntold]:
    """What waits to be published for people who watch."""
    rows = await city.pool.fetch("select payload from outbox where type = 'customers.untold.v1' order by id")
    return [msgspec.json.decode(row["payload"], type=CustomersUntold) for row in rows]


def gauge(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value(METRIC)


async def test_a_held_start_names_the_special_and_life_support_customers_of_its_places_and_nobody_else(
    city: Town, desks: Desks
) -> None:
    (outcome,) = await city.say(desks, long_ago(city, NORTH))
    assert outcome.outcome == "appended"
    (alarm,) = await alarms(city)
    assert (alarm.customers, alarm.customer_ids) == (2, ("breathing", "hospital"))
    assert (alarm.fact_type, alarm.mrid) == ("outage.started.v1", "F1")
    await city.settle(desks)
    assert await city.words() == [], "held is told to nobody"


async def test_a_place_in_other_characters_touches_the_same_customers(city: Town, desks: Desks) -> None:
    await city.say(desks, long_ago(city, "  Ｎｏｒｔｈｅｒｎ   LINE "))
    (alarm,) = await alarms(city)
    assert alarm.customer_ids == ("breathing", "hospital")


async def test_a_held_report_calls_a_person_too(city: Town, desks: Desks) -> None:
    when = city.clock.now() - timedelta(days=9)
    await city.say(desks, FaultReported(mrid="F2", reported_at=when, extent=Extent(lines=(SOUTH,))))
    (alarm,) = await alarms(city)
    assert (alarm.fact_type, alarm.customer_ids) == ("fault.reported.v2", ("southern-hospital",))


async def test_a_held_start_without_places_is_where_the_outage_is_known_to_be(city: Town, desks: Desks) -> None:
    await city.say(desks, out("F1", SOUTH))
    again = city.clock.now() + timedelta(hours=1)
    await city.say(desks, OutageReopened(mrid="F1", reopened_at=again))
    (alarm,) = await alarms(city)
    assert alarm.customer_ids == ("southern-hospital",)


async def test_what_is_taken_and_what_opens_no_outage_calls_nobody(city: Town, desks: Desks) -> None:
    await city.say(desks, out("F1", NORTH))
    ahead = city.clock.now() + timedelta(days=1)
    (outcome,) = await city.say(desks, ExtentChanged(mrid="F1", changed_at=ahead, extent=Extent(lines=(SOUTH,))))
    assert outcome.outcome == "appended"
    assert await alarms(city) == []


async def test_where_nobody_of_the_kind_lives_a_held_start_calls_nobody(city: Town, desks: Desks) -> None:
    await city.say(desks, long_ago(city, "eastern line"))
    assert await alarms(city) == []


async def test_however_many_it_touches_the_alarm_counts_all_and_names_the_first_fifty(city: Town, desks: Desks) -> None:
    await city.say(desks, *[resident(f"ward-{n:03}", "west", importance="special") for n in range(120)])
    await city.say(desks, long_ago(city, "west"))
    (alarm,) = await alarms(city)
    assert alarm.customers == 120
    assert alarm.customer_ids == tuple(f"ward-{n:03}" for n in range(50))


@pytest.mark.parametrize("answer", [FactAccepted, FactRefused])
async def test_the_metric_counts_over_all_outages_and_falls_with_the_answer(
    city: Town, desks: Desks, answer: type[FactAccepted] | type[FactRefused]
) -> None:
    registry = CollectorRegistry()
    counting = UntoldGauge(city.pool, registry)
    await counting.once()
    assert gauge(registry) == 0
    await city.say(desks, long_ago(city, NORTH), long_ago(city, SOUTH, mrid="F2"), long_ago(city, "east", mrid="F3"))
    await counting.once()
    assert gauge(registry) == 3
    (northern, _) = await alarms(city)
    told = answer(
        mrid="F1",
        question_id=northern.question_id,
        fact_type=northern.fact_type,
        at=city.clock.now(),
        by="chen",
        reason="asked dispatch",
    )
    await city.say(desks, told)
    await counting.once()
    assert gauge(registry) == 1


async def test_while_the_tables_cannot_be_read_the_last_count_stands(
    city: Town, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = CollectorRegistry()
    await city.say(desks, long_ago(city, NORTH))
    counting = UntoldGauge(city.pool, registry)
    await counting.once()
    await city.pool.execute("alter table live rename to away")
    monkeypatch.setattr("services.notifier.tables.critical.POLL_SECONDS", 0.01)
    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(counting.run())
        async with asyncio.timeout(10):
            while not lines:
                await asyncio.sleep(0.01)
    assert not running.done()
    running.cancel()
    assert gauge(registry) == 2
    await city.pool.execute("alter table away rename to live")


async def test_from_the_record_to_word_and_metric_it_takes_less_than_a_minute(
    city: Town, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word stands with the fact, in one transaction; the metric is one pause behind at most, whatever the pause."""
    registry = CollectorRegistry()
    recorded_at = city.clock.now()
    shown = asyncio.Event()
    broker = PaperBroker()

    async def pause(seconds: float, _: asyncio.Event | None) -> None:
        """Time passes only here: just after a count, at the worst moment, the record comes in."""
        if not broker.next:
            start = long_ago(city, NORTH)
            record = tell(broker, "outage.started.v1", start, id="1", at=city.clock.now())
            await desks.ingest.take([record])
        city.clock.advance(timedelta(seconds=seconds))
        if gauge(registry):
            shown.set()
            await asyncio.Event().wait()

    desks.ingest._broker = broker
    monkeypatch.setattr("services.kernel.observing.every._rest", pause)
    counting = asyncio.create_task(UntoldGauge(city.pool, registry).run())
    async with asyncio.timeout(60):
        await shown.wait()
    counting.cancel()
    (alarm,) = await alarms(city)
    assert alarm.at == recorded_at, "in the transaction that holds the fact, before any time has passed"
    assert gauge(registry) == 2
    assert city.clock.now() - recorded_at <= ALARM_WITHIN


async def test_two_workers_that_count_say_the_same(city: Town, desks: Desks) -> None:
    await city.say(desks, long_ago(city, NORTH))
    registries = [CollectorRegistry(), CollectorRegistry()]
    for registry in registries:
        await UntoldGauge(city.pool, registry).once()
    assert [gauge(registry) for registry in registries] == [2, 2]


async def test_the_count_is_found_by_its_index_and_not_by_reading_all_open_views(city: Town, desks: Desks) -> None:
    connection: asyncpg.Connection
    async with city.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        plan = await connection.fetch(f"explain {SQL['untold']}")
    assert any("live_questions" in row[0] for row in plan)
