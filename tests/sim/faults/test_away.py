"""A broker that is away or stands still, and a node that is cut off from it."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from schemas.cloudevent import KafkaMessage
from services.kernel.adapters.away import AWAY
from services.kernel.adapters.kafka import Produce
from services.kernel.manual_clock import ManualClock
from tests.sim.broker import Broker, Producer, Reader
from tests.sim.city.stage import Stage

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
ROWS = [Produce("t", f"k{n}".encode(), b"v", [], AT) for n in range(20)]
PLACES = [("t", n) for n in range(4)]


def now() -> float:
    return asyncio.get_running_loop().time()


def after(seconds: float, work: object) -> None:
    asyncio.get_running_loop().call_later(seconds, work)


def written(broker: Broker) -> int:
    return sum(end for _, end in broker.bounds(PLACES).values())


async def test_whoever_connects_while_it_is_away_hears_at_once_what_the_kernel_calls_away(broker: Broker) -> None:
    broker.stop()
    link = broker.link("a")
    for call in (
        Producer(link).start(),
        Producer(link).send(ROWS),
        Reader(link).ends(PLACES),
        Reader(link).partitions("t"),
    ):
        with pytest.raises(AWAY, match="refuses connections"):
            await call
    assert now() < 1


async def test_whoever_connects_while_it_stands_still_hears_after_forty_seconds(broker: Broker) -> None:
    broker.freeze()
    link = broker.link("a")
    for call in (Producer(link).start(), Reader(link).bounds(PLACES), Reader(link).partitions(["t"])):
        begun = now()
        with pytest.raises(AWAY):
            await call
        assert now() - begun == pytest.approx(40, abs=0.01)


async def test_a_fact_that_is_told_while_the_broker_refuses_whoever_connects_is_told_when_it_is_back(
    broker: Broker,
) -> None:
    broker.stop()
    after(20, broker.start)
    city: Any = SimpleNamespace(clock=ManualClock(AT), producer=Producer(broker.link("a")))
    stage = Stage(city, city)
    await stage.hand_over(KafkaMessage("t", b"k", [], b"v"))
    assert written(broker) == 1


@pytest.mark.parametrize("away", ["stop", "freeze"])
async def test_a_producer_that_is_connected_waits_for_it_and_nothing_is_lost_or_doubled(
    broker: Broker, away: str
) -> None:
    producer = Producer(broker.link("a"))
    await producer.send(ROWS)
    getattr(broker, away)()
    after(100, broker.start)
    assert all(await producer.send(ROWS))
    assert now() > 100
    assert written(broker) == 40


async def test_a_reader_that_is_connected_waits_for_it_but_not_for_ever(broker: Broker) -> None:
    reader = Reader(broker.link("a"))
    await reader.ends(PLACES)
    broker.stop()
    after(30, broker.start)
    assert await reader.ends(PLACES) == dict.fromkeys(PLACES, 0)
    broker.stop()
    with pytest.raises(AWAY, match="40 s"):
        await reader.ends(PLACES)
    broker.start()
    await Producer(broker.link("a")).send(ROWS)
    end = (await reader.ends([("t", 0)]))["t", 0]
    broker.freeze()
    after(35, broker.start)
    assert len(await reader.read(("t", 0), 0, end)) == end


async def test_a_read_gives_up_after_half_a_minute_of_silence(broker: Broker) -> None:
    await Producer(broker.link("a")).send(ROWS)
    reader = Reader(broker.link("a"))
    await reader.ends(PLACES)
    delays = iter([0.1, 0.1])  # the question for the end and its answer; then nothing comes any more
    broker.delay = lambda: next(delays, 1e6)
    with pytest.raises(TimeoutError, match="showed nothing"):
        await reader.read(("t", 0), 0, 1)
    assert now() == pytest.approx(30, abs=1)


async def test_a_follower_hears_only_silence_while_it_is_away(broker: Broker) -> None:
    heard: list[int] = []
    async for records in Reader(broker.link("a")).follow(dict.fromkeys(PLACES, 0), silence=1.0):
        heard.append(len(records))
        if len(heard) == 1:
            broker.stop()
        if len(heard) == 3:
            broker.start()
            await Producer(broker.link("b")).send(ROWS)
        if sum(heard) == 20:
            break
    assert heard[:3] == [0, 0, 0]


async def test_a_producer_told_to_stop_meanwhile_gives_up_and_nothing_goes_out_later(broker: Broker) -> None:
    producer = Producer(broker.link("a"))
    await producer.start()
    await producer.send(ROWS)
    broker.freeze()
    sending = asyncio.create_task(producer.send(ROWS))
    await asyncio.sleep(1)
    begun = now()
    await producer.stop()
    assert now() - begun == pytest.approx(3, abs=0.01)
    assert not any(await sending)
    broker.start()
    await asyncio.sleep(100)
    assert written(broker) == 20


async def test_a_cut_concerns_one_node_alone(broker: Broker) -> None:
    near, far = Producer(broker.link("near")), Producer(link := broker.link("far"))
    await far.send(ROWS)
    link.cut()
    sending = asyncio.create_task(far.send(ROWS))
    assert all(await near.send(ROWS))
    await asyncio.sleep(200)
    assert not sending.done()
    link.heal()
    assert all(await sending)
    assert written(broker) == 60
