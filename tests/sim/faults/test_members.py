"""Members that die, stand still, are cut off or wake as zombies, and a group that forgets."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from services.kernel.adapters.kafka import Produce
from services.kernel.model import Record
from tests.sim.broker import Broker, Link, Producer, Shell
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.heard import Heard, offsets, until

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
SESSION = 10.0


def now() -> float:
    return asyncio.get_running_loop().time()


async def send(broker: Broker, count: int) -> None:
    producer = Producer(broker.link("sender"))
    assert all(await producer.send([Produce("t", f"k{n}".encode(), b"v", [], AT) for n in range(count)]))


@asynccontextmanager
async def member(broker: Broker, node: str, **words: Any) -> AsyncIterator[tuple[Link, Heard]]:
    link = broker.link(node)
    heard = Heard(partial(Shell, link=link), "group", ["t"], **words)
    await heard.shell.start()
    try:
        yield link, heard
    finally:
        await heard.shell.stop()


def slowly(seconds: float) -> Callable[[list[Record]], Any]:
    async def before(_: list[Record]) -> None:
        await asyncio.sleep(seconds)

    return before


async def shared(*members: Heard) -> None:
    await until(lambda: [len(one.places) for one in members] == [2, 2])


async def test_a_dead_member_is_found_out_after_its_session(broker: Broker) -> None:
    async with member(broker, "a") as (_, stays), member(broker, "b") as (_, dies):
        await shared(stays, dies)
        dies.shell.crash()
        begun = now()
        await until(lambda: len(stays.places) == 4)
        assert SESSION - 1 <= now() - begun <= SESSION + 2


async def test_a_member_that_left_need_not_be_waited_for(broker: Broker) -> None:
    async with member(broker, "a") as (_, stays):
        async with member(broker, "b") as (_, leaves):
            await shared(stays, leaves)
        begun = now()
        await until(lambda: len(stays.places) == 4)
        assert now() - begun < 2


async def test_a_dead_static_member_comes_back_within_its_session_to_what_it_had(broker: Broker) -> None:
    async with member(broker, "a", instance="a") as (_, stays), member(broker, "b", instance="b") as (_, dies):
        await shared(stays, dies)
        had, told = dies.places, list(stays.told)
        dies.shell.crash()
        await asyncio.sleep(SESSION / 2)
        async with member(broker, "b", instance="b") as (_, back):
            await asyncio.sleep(SESSION * 2)
            assert (back.places, stays.told) == (had, told)


@pytest.mark.parametrize("how", ["pause", "cut"])
async def test_a_zombie_hands_over_what_it_had_fetched_until_it_hears_that_others_went_on(
    broker: Broker, how: str
) -> None:
    async with member(broker, "a") as (_, other), member(broker, "b", batch_max=5) as (link, zombie):
        await shared(other, zombie)
        zombie.before = slowly(0.5)
        await send(broker, 400)
        await until(lambda: len(zombie.batches) == 2)
        had = zombie.places
        getattr(link, how)()
        await asyncio.sleep(SESSION / 2)
        assert len(other.places) == 2, "nobody knows yet"
        meanwhile = len(zombie.batches)
        assert (meanwhile > 5) is (how == "cut"), "who is only cut off works on, who stands still does not"
        await until(lambda: len(other.places) == 4 and len(other.records) >= 400 - 10)
        assert zombie.places == had, "it has heard nothing"
        link.wake() if how == "pause" else link.heal()
        await until(lambda: zombie.told[-1] != ("assigned", had))
        await asyncio.sleep(1)  # the batch in hand is done though its partitions are gone
        late = offsets([record for batch in zombie.batches[meanwhile:] for record in batch])
        assert late, "it handed over what another had taken over"
        assert set(late) <= {number for _, number in had}
        await until(lambda: len(other.places) == len(zombie.places) == 2)
        await until(lambda: len(other.records) + len(zombie.records) > 400)


async def test_a_zombie_commits_nothing(broker: Broker) -> None:
    async with member(broker, "a") as (_, other), member(broker, "b", batch_max=1) as (link, zombie):
        await shared(other, zombie)
        zombie.before = slowly(0.05)
        await send(broker, 400)
        await until(lambda: len(zombie.batches) == 2)
        link.cut()
        await until(lambda: len(other.records) >= 398)
        await asyncio.sleep(5)
        whole = dict(broker.group("outage-group").offsets)
        assert whole == {place: broker.partition(place).end for place in broker.topics["t"].places}
        link.heal()
        await until(lambda: len(zombie.told) > 2)
        assert all(broker.group("outage-group").offsets[place] >= whole[place] for place in whole)


async def test_a_rebalance_waits_for_a_member_that_stands_still_until_its_session_ends(broker: Broker) -> None:
    async with member(broker, "a") as (_, first), member(broker, "b") as (link, still):
        await shared(first, still)
        link.pause()
        begun = now()
        async with member(broker, "c") as (_, third):
            assert SESSION - 1 <= now() - begun <= SESSION + 2
            assert sorted(first.places + third.places) == [("t", n) for n in range(4)]
            link.wake()
            await until(lambda: sorted(map(len, (first.places, still.places, third.places))) == [1, 1, 2])


async def test_partitions_shared_out_anew_for_no_reason_are_read_on_from_what_was_committed(broker: Broker) -> None:
    group = broker.group("outage-group")
    async with member(broker, "a") as (_, alone):
        await send(broker, 200)
        await asyncio.sleep(5)
        group.rebalance()
        await asyncio.sleep(5)
        assert len(alone.told) == 4
        assert len(alone.records) == 200
        group.offsets["t", 2] -= 3
        group.rebalance()
        await asyncio.sleep(5)
        assert len(alone.records) == 203


async def test_commits_that_are_lost_or_old_bring_records_again(broker: Broker) -> None:
    async with member(broker, "a") as (_, first):
        await send(broker, 100)
        await until(lambda: len(first.records) == 100)
    kept = broker.group("outage-group").offsets
    del kept["t", 0]
    kept["t", 1] -= 3
    lost = broker.partition(("t", 0)).end
    async with member(broker, "a") as (_, second):
        await asyncio.sleep(5)
        assert len(offsets(second.records)[0]) == lost
        assert len(offsets(second.records)[1]) == 3
        assert len(second.records) == lost + 3


async def test_sessions_begin_anew_with_a_broker_that_comes_back(broker: Broker) -> None:
    async with member(broker, "a") as (_, first), member(broker, "b") as (_, second):
        await shared(first, second)
        told = [*first.told, *second.told]
        for away in (broker.stop, broker.freeze):
            away()
            await asyncio.sleep(SESSION - 2)
            broker.start()
            await asyncio.sleep(SESSION * 2)
        assert [*first.told, *second.told] == told
        await send(broker, 50)
        await until(lambda: len(first.records) + len(second.records) == 50)


async def test_a_shell_that_stops_by_itself_is_heard_of_by_whoever_waits_for_it(broker: Broker) -> None:
    async with member(broker, "a") as (_, heard):
        resting = asyncio.create_task(heard.shell.rest())
        await asyncio.sleep(100)
        assert not resting.done()
        heard.shell.crash()
        await resting


def test_the_same_chance_tells_the_same_story() -> None:
    async def story(loop: SimLoop) -> list[Any]:
        chance = random.Random(loop.seed)
        broker = Broker(chance, delay=lambda: chance.uniform(0.0005, 0.05))
        broker.create("t", 4)
        told: list[Any] = []
        async with member(broker, "a") as (_, first), member(broker, "b") as (link, second):
            for _ in range(5):
                await send(broker, 30)
                link.pause()
                await asyncio.sleep(chance.uniform(0, 15))
                link.wake()
                await asyncio.sleep(chance.uniform(0, 3))
            told += [first.told, second.told, first.batches, second.batches, now()]
        return told

    assert run(3, story) == run(3, story)
    assert run(3, story) != run(4, story)
