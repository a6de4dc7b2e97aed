"""Readings of meters on a real PostgreSQL: which outages they are news to, what those make of them, what customers hear."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import MeterFault, MeterMended, OutageReopened, OutageStarted, SupplyRestored
from schemas.contracts.evidence.meters import MeterReading
from services.kernel.clock import SystemClock
from services.restorer.tables.meter_news import COUNT_SECONDS, DENIED_SECONDS, MeterNews
from services.restorer.tables.meters import SQL
from tests.kits.deciders.notifier import at as on_day
from tests.kits.network.models import EDITION, element, whole
from tests.kits.stack.databases import pool_in
from tests.kits.stack.fanout import resident
from tests.kits.stack.tables.night import Night
from tests.kits.stack.tables.night import night as made
from tests.kits.stack.tables.restorer import NOW, look, reads, restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

LINE = "10千伏城东线"
CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name=LINE),
    element("T1", "transformer", "L1", name="东一变"),
    element("T2", "transformer", "L1", name="东二变"),
    element("P1", "usagePoint", "T1", name="UP-1"),
    element("P2", "usagePoint", "T2", name="UP-2"),
    element("P3", "usagePoint", "T2", name="UP-3"),
]


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return on_day(5, hour, minute)


def off(clock: str, mrid: str = "F-LINE", extent: Extent = Extent(lines=(LINE,))) -> OutageStarted:  # noqa: B008 - frozen
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(clock), ert=at("17:00"), extent=extent)


def back(clock: str, mrid: str = "F-LINE", **more: object) -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=at(clock), **more)  # type: ignore[arg-type]


def read(point: str, clock: str, *, on: bool) -> MeterReading:
    return MeterReading(usage_point=point, read_at=at(clock), energised=on)


def lives_at(name: str, point: str) -> CustomerUpserted:
    return resident(name, lines=(), usage_points=(point,))


@pytest.fixture
async def night(postgres: str) -> AsyncIterator[Night]:
    async with made(postgres) as one:
        await one.network(*CITY, whole(CITY))
        await one.registered(lives_at("hospital", "ＵＰ-1"), lives_at("works", "UP-2"), lives_at("school", "UP-3"))
        yield one


async def test_the_house_that_is_still_dark_is_not_told_that_power_is_back(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [["fault"]] * 3
    await night.reads(at("11:01"), read("UP-2", "11:00", on=False))
    said = await night.says(at("11:05"), back("10:55"))
    assert [one.get("denied") for one in said] == [{"usagePoints": ["UP-2"]}, None]
    assert said[1]["meters"] == {"points": 3, "off": 1}
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [["restored"], [], ["restored"]]
    asked = await night.asked("F-LINE")
    assert (asked["reason"], asked["places"]) == ("meter-says-off", {"usagePoints": ["UP-2"]})

    await night.reads(at("11:30"), read("UP-2", "11:29", on=True))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], ["restored"], []]
    assert (await night.restorer.view("F-LINE"))["questions"] == []


async def test_who_was_told_hears_an_honest_word_and_the_others_nothing(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    for one in ("hospital", "works", "school"):
        assert night.hears(one) == ["fault", "restored"]
    members = await night.city.members("F-LINE")
    words = len(await night.city.words("F-LINE"))
    await night.reads(at("11:11"), read("up-2", "11:10", on=False))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], ["reopened"], []]
    assert len(await night.city.words("F-LINE")) == words + 1, "nobody else was looked at"
    assert await night.city.members("F-LINE") == members

    # Dispatch has looked: it is back, and the meter is wrong.
    name = (await night.asked("F-LINE"))["questionId"]
    await night.says(at("11:40"), back("10:55", confirms=name))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], ["restored"], []]
    await night.reads(at("11:50"), read("UP-2", "11:49", on=False))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], [], []]
    assert await night.city.faults() == {}


async def test_off_again_by_dispatchs_word_ends_the_question(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    await night.reads(at("11:11"), read("UP-2", "11:10", on=False))
    await night.says(at("11:20"), OutageReopened(mrid="F-LINE", reopened_at=at("11:05"), ert=at("13:00")))
    assert (await night.restorer.view("F-LINE"))["questions"] == []
    assert night.hears("hospital") == ["fault", "restored", "reopened"]
    await night.says(at("12:00"), back("11:55"))
    assert [night.hears(one)[-1] for one in ("hospital", "works", "school")] == ["restored"] * 3


async def test_what_another_outage_holds_is_explained_when_that_is_heard_of(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    await night.reads(at("11:11"), read("UP-2", "11:10", on=False))
    assert (await night.restorer.view("F-LINE"))["evidence"]["denied"] == ["UP-2"]
    await night.says(at("11:15"), off("10:30", "F-TREE", Extent(usage_points=("UP-2",))))
    await night.restorer.pool.execute("insert into meter_news select mrid from denied_outage on conflict do nothing")
    await look(night.restorer)
    assert (await night.restorer.view("F-LINE"))["evidence"]["denied"] == []


async def test_a_customer_who_answers_still_no_power_is_a_question_with_their_place(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    night.phones.clear()
    (word,) = await night.answers(at("11:03"), "works", "还是没电")
    assert word["denied"] == {"usagePoints": ["UP-2"]}
    asked = await night.asked("F-LINE")
    assert (asked["reason"], asked["factType"]) == ("customer-says-off", "supply.denied.v1")
    assert asked["places"]["usagePoints"] == ["UP-2"]
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], ["reopened"], []]


async def test_a_meter_at_fault_says_nothing_until_it_is_mended(night: Night) -> None:
    room = night.restorer
    await room.say(MeterFault(mrid="M-1", usage_point="UP-2", found_at=at("9:00")))
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    assert await night.reads(at("11:11"), read("UP-2", "11:10", on=False)) == []
    await room.say(MeterMended(mrid="M-1", mended_at=at("11:30")))
    assert await night.reads(at("11:46"), read("UP-2", "11:45", on=False)) != []
    assert (await room.view("M-1"))["meterFault"]["usagePoint"] == "UP-2"


async def test_a_fault_that_is_found_after_the_reading_takes_it_back(night: Night) -> None:
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    await night.reads(at("11:11"), read("UP-2", "11:10", on=False))
    await night.restorer.say(MeterFault(mrid="M-1", usage_point="UP-2", found_at=at("9:00")))
    await look(night.restorer)
    assert (await night.restorer.view("F-LINE"))["evidence"]["denied"] == []


async def test_a_part_that_is_back_is_denied_as_well(night: Night) -> None:
    """What is back of an outage is in none of the tables of what is off."""
    await night.says(at("10:00"), off("10:00", extent=Extent(usage_points=("UP-1", "UP-2"))))
    await night.says(at("11:00"), back("10:55", scope="part", extent=Extent(usage_points=("UP-2",))))
    (word,) = await night.reads(at("11:11"), read("UP-2", "11:10", on=False))
    assert word["denied"] == {"usagePoints": ["UP-2"]}
    assert await night.reads(at("11:12"), read("UP-1", "11:11", on=False)) == [], "that one is off, as said"


async def test_of_a_point_the_newest_reading_counts_whatever_comes_first(restorer_room: Room) -> None:
    room = restorer_room
    await reads(room, read("UP-1", "10:10", on=False), read("ＵＰ-1", "10:05", on=True), read("UP-1", "10:10", on=True))
    row = await room.pool.fetchrow("select usage_point, energised, read_at from meter_reading")
    assert (row["energised"], row["read_at"]) == (False, at("10:10")), "of one instant, no power"
    await reads(room, read("UP-1", "10:07", on=True))
    assert await room.pool.fetchval("select energised from meter_reading") is False
    await reads(room, MeterReading(usage_point="UP-1", read_at=NOW + timedelta(hours=8), energised=True))
    assert await room.pool.fetchval("select energised from meter_reading") is False
    assert await room.pool.fetchval("select reason from meter_odd") == "happened-in-the-future"


async def test_readings_of_points_that_nobody_knows_are_kept_and_wake_nobody(restorer_room: Room) -> None:
    room = restorer_room
    await room.say(off("10:00"))
    await reads(room, read("NOWHERE", "10:10", on=False))
    assert await room.pool.fetchval("select count(*) from meter_reading where looked") == 1
    assert await room.pool.fetchval("select count(*) from inbox where source = '/outage/restorer/meters'") == 0


async def test_where_nothing_is_new_one_question_says_so(restorer_room: Room) -> None:
    """It is put every second, by every restorer, also in nights in which no meter is read."""
    room, registry, asked = restorer_room, CollectorRegistry(), list[str]()
    pool = await pool_in(room.dsn, "restorer", least=1, most=1)
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda record: asked.append(record.query))
    news = MeterNews(room.workers[0], pool, room.clock, registry)
    await news.look()
    asked.clear()
    await news.look()
    assert [one for one in asked if "RESET ALL" not in one] == [SQL["any_due"]], "it takes no lock, and counts nothing"

    future = MeterReading(usage_point="UP-1", read_at=NOW + timedelta(hours=8), energised=True)
    await reads(room, future)
    await news.look()
    assert registry.get_sample_value("outage_meter_readings_odd") == 0
    room.clock.advance(timedelta(seconds=COUNT_SECONDS))
    await news.look()
    assert registry.get_sample_value("outage_meter_readings_odd") == 1
    await pool.close()


async def test_what_is_denied_is_looked_at_again_though_no_meter_is_read(night: Night) -> None:
    room = night.restorer
    news = MeterNews(room.workers[0], room.pool, room.clock, CollectorRegistry())
    await night.says(at("10:00"), off("10:00"))
    await night.says(at("11:00"), back("10:55"))
    await night.reads(at("11:11"), read("UP-2", "11:10", on=False))
    await news.look()
    await night.says(at("11:15"), off("10:30", "F-TREE", Extent(usage_points=("UP-2",))))
    await news.look()
    assert (await room.view("F-LINE"))["evidence"]["denied"] == ["UP-2"]
    room.clock.advance(timedelta(seconds=DENIED_SECONDS))
    await news.look()
    assert (await room.view("F-LINE"))["evidence"]["denied"] == []


async def test_a_hundred_thousand_readings_of_one_line_are_one_question(night: Night) -> None:
    """Of which the line has 5,000 points; each is read twenty times within a minute."""
    points = 5_000
    grid = [element(f"Q{number}", "usagePoint", "T2", name=f"Q-{number}") for number in range(points)]
    every = [*CITY, *grid]
    await night.network(*grid, whole(every, replace(EDITION, date=EDITION.date + timedelta(days=1))))
    room = night.restorer
    await room.say(off("10:00"))
    await room.say(back("10:55"))
    clock = SystemClock()
    began = clock.monotonic()
    for second in range(20):
        readings = (
            MeterReading(usage_point=f"Q-{number}", read_at=at("11:10") + timedelta(seconds=second), energised=False)
            for number in range(points)
        )
        await reads(room, *readings)
    spent = clock.monotonic() - began
    asked = await room.pool.fetchval(
        "select count(distinct data->>'questionId') from event where type = 'fact.questioned.v1'"
    )
    said = await room.pool.fetchval(
        "select count(*) from event where type in ('fact.questioned.v1', 'restoration.checked.v1')"
    )
    assert asked == 1
    assert said <= 10
    assert (await room.view("F-LINE"))["evidence"]["deniedPoints"] == points
    print(f"100,000 readings: {spent:.1f} s")  # noqa: T201 - a figure for whoever looks
