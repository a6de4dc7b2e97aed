"""Nodes of the simulation that are killed or stand still in the middle of anything: the broker only hears silence."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from services.kernel.adapters.kafka import Produce
from services.kernel.model import Record
from tests.sim.broker import Broker, Producer, Shell
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.run import run
from tests.sim.heard import Heard, offsets, until

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
ROWS = [Produce("t", f"k{n}".encode(), f"{n}".encode(), [], AT) for n in range(40)]
PLACES = [("t", n) for n in range(4)]


def made(loop: SimLoop) -> Broker:
    chance = random.Random(loop.seed)
    broker = Broker(chance, delay=lambda: chance.uniform(0.0005, 0.002))
    broker.create("t", 4)
    return broker


async def member(
    loop: SimLoop, broker: Broker, name: str, before: Callable[..., Any] | None = None
) -> tuple[Node, Heard]:
    """A node that is a member from now on."""
    node = loop.node(name)
    heard: list[Heard] = []

    async def work() -> None:
        heard.append(Heard(partial(Shell, link=broker.link(name)), "group", ["t"], batch_max=5))
        heard[0].before = before
        await heard[0].shell.start()

    loop.spawn(node, work())
    await until(lambda: bool(heard))
    return node, heard[0]


async def joined(*members: Heard) -> None:
    await until(lambda: [len(one.places) for one in members] == [2, 2])


async def whole(loop: SimLoop) -> dict[tuple[str, int], list[bytes]]:
    """What lies in each partition once all rows are there."""
    broker = made(loop)
    return {place: [row.value for row in ROWS if broker.place_of("t", row.key) == place] for place in PLACES}


def test_a_killed_node_is_missed_after_its_session_and_what_it_had_in_hand_comes_to_another() -> None:
    async def scenario(loop: SimLoop) -> None:
        broker = made(loop)

        async def never(_: list[Record]) -> None:
            await asyncio.Event().wait()

        _, stays = await member(loop, broker, "a")
        dies, held = await member(loop, broker, "b", never)
        await joined(stays, held)
        await Producer(broker.link("world")).send(ROWS)
        await until(lambda: len(stays.records) > 0)
        loop.kill(dies)
        begun = loop.time()
        await until(lambda: len(stays.places) == 4)
        assert 9 <= loop.time() - begun <= 12
        await until(lambda: len(stays.records) == 40)
        assert held.records == []

    run(1, scenario)


def test_a_node_that_stood_still_hands_over_what_it_had_fetched_and_then_hears_the_news() -> None:
    async def scenario(loop: SimLoop) -> None:
        broker = made(loop)

        async def slowly(_: list[Record]) -> None:
            await asyncio.sleep(0.3)

        _, other = await member(loop, broker, "a")
        node, zombie = await member(loop, broker, "b", slowly)
        await joined(other, zombie)
        await Producer(broker.link("world")).send(ROWS)
        await until(lambda: len(zombie.batches) == 1)
        had = zombie.places
        loop.pause(node)
        await until(lambda: len(other.places) == 4)
        await asyncio.sleep(5)
        assert (zombie.places, len(zombie.batches)) == (had, 1)
        loop.resume(node)
        await until(lambda: len(zombie.told) == 4)
        late = [record for batch in zombie.batches[1:] for record in batch]
        assert late
        assert set(offsets(late)) <= {number for _, number in had}
        await joined(other, zombie)

    run(2, scenario)


def test_a_sender_killed_at_any_step_leaves_a_beginning_of_each_partitions_rows() -> None:
    """Whether nothing, some or all of it is there: four batches, one for each partition."""

    async def sends(producer: Producer, said: list[bool]) -> None:
        said.extend(await producer.send(ROWS))

    def killed_at(step: int) -> tuple[int, bool]:
        async def scenario(loop: SimLoop) -> tuple[int, bool]:
            broker, said, node = made(loop), list[bool](), loop.node("sender")

            def before_step(_: asyncio.Handle, stepping: Node) -> None:
                if stepping is node and node.steps == step:
                    loop.kill(node)

            loop.before_step = before_step
            loop.spawn(node, sends(Producer(broker.link("sender")), said))
            await asyncio.sleep(100)
            there = {place: [one.record.value for one in broker.partition(place).records] for place in PLACES}
            assert all(rows == rows_of[place][: len(rows)] for place, rows in there.items())
            return sum(map(bool, there.values())), bool(said)

        return run(5, scenario)

    rows_of = run(5, whole)
    outcomes = {killed_at(step) for step in range(1, 45)}
    assert {(0, False), (4, False), (4, True)} <= outcomes
    assert {there for there, _ in outcomes} == {0, 1, 2, 3, 4}
