"""In a storm many outages are told in one transaction, critical customers first, and no more is said than can be heard soon."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
from prometheus_client import CollectorRegistry

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, Polygon, Position
from schemas.contracts.dispatch import ErtChanged, OutageStarted
from services.kernel.model import Event, Message
from services.notifier.domain.events import AudienceDue
from services.notifier.domain.outage.truth import Truth
from services.notifier.fanning.pressure import FORGOTTEN_SECONDS, TURN_SECONDS, ReadingLag, TellingPressure
from services.notifier.fanning.worker import FanoutWorker
from services.notifier.sending.gates.reading_up import OWN
from tests.kits.deciders.notifier import at, confirmed
from tests.kits.stack.fanout import NORTH, SOUTH, Desks, Town, out, resident, town

EAST, WEST = "eastern line", "western line"
TOWNSFOLK = [f"KC-{n:02}" for n in range(1, 8)]
SQUARE = Polygon(coordinates=(((113.0, 34.0), (113.2, 34.0), (113.2, 34.2), (113.0, 34.2), (113.0, 34.0)),))


async def told(city: Town) -> dict[str, int]:
    """How many words were said of each outage."""
    rows = await city.pool.fetch(
        "select data->>'mRID' as mrid, count(*) as n from event where type = 'customer.touched.v1' "
        "and starts_with(stream_id, 'fanout/') group by 1"
    )
    return {row["mrid"]: row["n"] for row in rows}


async def test_outages_that_nobody_has_heard_of_are_told_in_one_transaction(postgres: str) -> None:
    async with town(postgres, chunk=6) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), resident("bob", SOUTH), resident("eve", EAST))
        await city.settle(desks)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH), out("F3", EAST))
        assert await desks.fanner.tell_chunk()
        assert await told(city) == {"F1": 1, "F2": 1, "F3": 1}
        await city.settle(desks)
        assert await city.faults() == {}


async def test_outages_told_together_share_what_one_transaction_may_tell_and_go_on_one_by_one(postgres: str) -> None:
    async with town(postgres, chunk=4) as city:
        desks = await city.process()
        north = [resident(name, NORTH) for name in TOWNSFOLK]
        south = [resident(f"south-{n}", SOUTH) for n in range(3)]
        await city.say(desks, *north, *south)
        await city.settle(desks)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH))
        assert await desks.fanner.tell_chunk()
        assert await told(city) == {"F1": 2, "F2": 2}
        await desks.fanner.tell_chunk()
        assert await told(city) == {"F1": 6, "F2": 2}
        await city.settle(desks)
        assert await told(city) == {"F1": 7, "F2": 3}
        assert await city.faults() == {}


async def test_of_a_large_outage_the_hospital_hears_first_and_each_customer_once(postgres: str) -> None:
    async with town(postgres, chunk=2) as city:
        desks = await city.process()
        ward, home = resident("z-ward", importance="special"), resident("y-home", life_support=True)
        await city.say(desks, *map(resident, TOWNSFOLK), ward, home)
        await city.settle(desks)
        await city.say(desks, out())
        assert await desks.fanner.tell_chunk()
        assert await city.words() == [("y-home", True, "out"), ("z-ward", True, "out")]
        await city.settle(desks)
        assert Counter(await city.words()) == Counter((name, True, "out") for name in [*TOWNSFOLK, "y-home", "z-ward"])
        await city.say(desks, confirmed(at(5, 10)))
        assert await desks.fanner.tell_chunk()
        assert (await city.words())[-2:] == [("y-home", True, "restored"), ("z-ward", True, "restored")]
        await city.settle(desks)
        ends = Counter(word for word in await city.words() if word[2] == "restored")
        assert ends == Counter((name, True, "restored") for name in [*TOWNSFOLK, "y-home", "z-ward"])
        assert await city.faults() == {}


async def test_the_hospital_hears_first_where_an_outage_is_known_by_its_shape(postgres: str) -> None:
    async with town(postgres, chunk=2) as city:
        desks = await city.process()
        spot = Position(longitude=113.1, latitude=34.1)
        people = [resident(name, lines=(), position=spot) for name in TOWNSFOLK]
        away = resident("y-ward", lines=(), importance="special", position=Position(longitude=114.0, latitude=34.1))
        await city.say(desks, *people, away, resident("z-ward", lines=(), importance="special", position=spot))
        await city.settle(desks)
        begun = OutageStarted(mrid="F1", outage_class="fault", started_at=at(5, 9, 12), extent=Extent(shape=SQUARE))
        await city.say(desks, begun)
        assert await desks.fanner.tell_chunk()
        assert await city.words() == [("z-ward", True, "out")]
        await city.settle(desks)
        assert Counter(await city.words()) == Counter((name, True, "out") for name in [*TOWNSFOLK, "z-ward"])


async def test_whoever_tells_many_outages_waits_for_one_who_decides_about_some_and_holds_nothing_that_one_needs(
    postgres: str,
) -> None:
    async with town(postgres, chunk=4) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), resident("bob", SOUTH))
        await city.settle(desks)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH))
        async with city.pool.acquire() as other, other.transaction():
            # Another process decides about both, as Log.lock and FanoutRows do: first the streams, then a job, the later one first.
            await other.execute("select from stream where stream_id = 'outage/F2' for update")
            telling = asyncio.create_task(desks.fanner.tell_chunk())
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert not telling.done()
            for mrid in ("F2", "F1"):
                await other.execute("select from fanout_job where mrid = $1 for update nowait", mrid)
        async with asyncio.timeout(30):
            assert await telling
        assert await told(city) == {"F1": 1, "F2": 1}


async def test_no_more_is_said_than_is_heard_soon_but_to_hospitals(postgres: str) -> None:
    async with town(postgres, chunk=1) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), resident("bob", SOUTH), resident("eve", EAST))
        await city.say(desks, resident("ward", WEST, importance="special"))
        await city.settle(desks)
        fanner = pressed(city, desks, ReadingLag(), at_once=1)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH))
        assert await fanner.tell_chunk()
        assert not await fanner.tell_chunk(), "one word is under way, and nobody has heard it"
        await city.say(desks, out("F4", WEST))
        assert await fanner.tell_chunk()
        assert await told(city) == {"F1": 1, "F4": 1}
        await hear(city, desks)
        assert await fanner.tell_chunk()
        assert await told(city) == {"F1": 1, "F2": 1, "F4": 1}


async def test_a_word_that_nobody_hears_does_not_keep_others_from_being_said(postgres: str) -> None:
    async with town(postgres, chunk=1) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), resident("bob", SOUTH))
        await city.settle(desks)
        fanner = pressed(city, desks, ReadingLag(), at_once=1)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH))
        assert await fanner.tell_chunk()
        assert not await fanner.tell_chunk()
        city.clock.advance(timedelta(seconds=FORGOTTEN_SECONDS))
        assert await fanner.tell_chunk()


async def test_while_facts_are_read_late_hospitals_are_told_and_others_now_and_then(postgres: str) -> None:
    async with town(postgres, chunk=1) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), resident("bob", SOUTH), resident("eve", EAST))
        await city.say(desks, resident("ward", WEST, importance="special"))
        await city.settle(desks)
        lag = ReadingLag()
        fanner = pressed(city, desks, lag, at_once=1)
        await city.say(desks, out("F1", NORTH), out("F2", SOUTH), out("F3", EAST))
        lag.decided([decided_late(city, timedelta(seconds=9))])
        assert await fanner.tell_chunk()
        await hear(city, desks)
        lag.decided([decided_late(city, timedelta(seconds=9))])
        assert not await fanner.tell_chunk(), "what was said is heard, but facts wait"
        await city.say(desks, out("F4", WEST))
        lag.decided([decided_late(city, timedelta(seconds=9))])
        assert await fanner.tell_chunk()
        assert await told(city) == {"F1": 1, "F4": 1}
        await hear(city, desks)
        city.clock.advance(timedelta(seconds=TURN_SECONDS))
        lag.decided([decided_late(city, timedelta(seconds=9))])
        assert await fanner.tell_chunk()
        lag.decided([decided_late(city, timedelta(seconds=1))])
        await hear(city, desks)
        assert await fanner.tell_chunk(), "facts are read as they come again"


def pressed(city: Town, desks: Desks, lag: ReadingLag, *, at_once: int) -> FanoutWorker:
    """The fan-out of a process under the pressure of few words at a time."""
    pressure = TellingPressure(city.pool, city.clock, lag, at_once=at_once)
    return FanoutWorker(
        desks.ingest,
        city.pool,
        city.clock,
        desks.service.fan,
        CollectorRegistry(),
        chunk=city.chunk,
        pressure=pressure,
    )


def decided_late(city: Town, late: timedelta) -> Event:
    """A fact that was on the broker so long before it is decided now."""
    now = city.clock.now()
    truth = Truth("fault", "out", Extent(lines=(NORTH,)))
    due = AudienceDue(mrid="F9", outage_version=1, truth=truth, trigger="outage.started.v1", recorded_at=now - late)
    return Event("outage/F9", 1, uuid4(), "audience.due.v1", due, now, "/test/x", "to-be-told")


async def hear(city: Town, desks: Desks) -> None:
    """Each customer hears what was said, under the name that it has on the topic."""
    rows: list[Any] = await city.pool.fetch(
        "delete from outbox where topic = 'outage.audience' returning id, event_id, aggregateid, payload, type"
    )
    words = [
        Message(
            "/outage/notifier",
            str(row["event_id"]),
            row["type"],
            city.clock.now(),
            msgspec.json.decode(row["payload"], type=CustomerTouched),
            row["aggregateid"],
            0,
            stream=f"customer/{row['aggregateid']}",
        )
        for row in sorted(rows, key=lambda row: row["id"])
    ]
    await desks.ingest.submit(words)
    city.clock.advance(timedelta(seconds=1))


async def test_texts_wait_for_what_was_known_and_not_for_what_is_learned_of_the_same_outages_meanwhile(
    postgres: str,
) -> None:
    async with town(postgres) as city:
        desks = await city.process()
        await city.say(desks, resident("ann", NORTH), out())
        assert await still_to_be_told(city, None) == {"F1": 1}
        await city.say(desks, ErtChanged(mrid="F1", changed_at=at(5, 9, 15), ert=at(5, 14)))
        assert await still_to_be_told(city, {"F1": 1}) == {"F1": 2}, "nobody has heard of it at all"
        await city.settle(desks)
        assert await still_to_be_told(city, {"F1": 1}) == {}
        await city.say(desks, ErtChanged(mrid="F1", changed_at=at(5, 9, 16), ert=at(5, 16)))
        assert await still_to_be_told(city, {"F1": 1}) == {}, "it was told since, and tells more now"
        assert await still_to_be_told(city, None) == {"F1": 3}


async def still_to_be_told(city: Town, known: dict[str, int] | None) -> dict[str, int]:
    """What texts wait for after a pause: outages as they were known, or (None) all there are."""
    mrids, versions = (None, None) if known is None else (list(known), list(known.values()))
    return {row["mrid"]: row["version"] for row in await city.pool.fetch(OWN["fanouts_open"], mrids, versions)}
