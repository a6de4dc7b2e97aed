"""The simulated loop alone: asyncio works unchanged on it, and nodes die, stand still and take turns as a seed says."""

import asyncio
import gc
import threading
import weakref
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from services.kernel import checkpoints
from tests.sim.engine.clock import SimClock
from tests.sim.engine.loop import SimLoop, Stuck
from tests.sim.engine.nodes import Node, NodeKilled
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace, first_difference

DAY = 86_400.0
START = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


def test_a_month_of_waiting_takes_no_time() -> None:
    async def scenario(loop: SimLoop) -> float:
        await asyncio.sleep(30 * DAY)
        return loop.time()

    assert run(1, scenario) == pytest.approx(30 * DAY, abs=1)


def test_what_asyncio_offers_works_as_ever() -> None:
    async def scenario(loop: SimLoop) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)

        async def fill() -> None:
            for number in range(5):
                await queue.put(number)

        async with asyncio.TaskGroup() as group:
            group.create_task(fill())
            got = [await queue.get() for _ in range(5)]
        assert got == [0, 1, 2, 3, 4]

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.sleep(6)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 1)
        assert loop.time() == pytest.approx(6, abs=0.01)

        lock, inside = asyncio.Lock(), 0

        async def alone() -> None:
            nonlocal inside
            async with lock:
                inside += 1
                assert inside == 1
                await asyncio.sleep(1)
                inside -= 1

        assert await asyncio.gather(*(alone() for _ in range(3)), return_exceptions=True) == [None] * 3
        assert loop.time() == pytest.approx(9, abs=0.01)
        # No thread: it would have an order of its own.
        assert await asyncio.to_thread(threading.get_ident) == threading.get_ident()

        async def fails() -> None:
            raise ValueError("by itself")

        async def together() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                group.create_task(asyncio.sleep(DAY))

        with pytest.raises(ExceptionGroup):
            await together()
        done, waiting = await asyncio.wait([asyncio.create_task(asyncio.sleep(n)) for n in (1, 2)], timeout=1.5)
        assert (len(done), len(waiting)) == (1, 1)

    run(1, scenario)


def test_timers_of_one_instant_fall_due_in_the_order_in_which_they_were_set() -> None:
    async def scenario(loop: SimLoop) -> list[int]:
        seen: list[int] = []
        for number in range(20):
            loop.call_at(5.0, seen.append, number)
        loop.call_at(4.0, seen.append, -1)
        loop.call_at(4.5, seen.append, -2).cancel()
        await asyncio.sleep(6)
        return seen

    assert run(1, scenario) == [-1, *range(20)]


def test_a_wait_that_nothing_would_ever_end_is_told() -> None:
    async def scenario(loop: SimLoop) -> None:
        await asyncio.Event().wait()

    with pytest.raises(Stuck):
        run(1, scenario)


def test_a_killed_node_does_nothing_more_and_cleans_nothing_up() -> None:
    async def scenario(loop: SimLoop) -> list[str]:
        seen: list[str] = []

        async def work(name: str) -> None:
            try:
                while True:
                    await asyncio.sleep(1)
                    seen.append(name)
            finally:
                seen.append(f"{name} cleaned up")

        async def boss() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(work("a"))
                group.create_task(work("b"))

        node = loop.node("worker")
        loop.spawn(node, boss())
        await asyncio.sleep(2.5)
        loop.kill(node)
        assert not node.alive
        await asyncio.sleep(10)
        loop.spawn(loop.node("worker"), work("again"))
        await asyncio.sleep(1.5)
        return list(seen)

    assert run(3, scenario) == ["a", "b", "a", "b", "again"]


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_a_node_can_be_killed_before_any_step_of_it(last: int) -> None:
    async def scenario(loop: SimLoop) -> int:
        done = 0

        async def work() -> None:
            nonlocal done
            while True:
                done += 1
                await asyncio.sleep(0)

        node = loop.node("worker")

        def at_that_step(_: asyncio.Handle, whose: Node) -> None:
            if whose is node and node.steps == last:
                loop.kill(node)

        loop.before_step = at_that_step
        loop.spawn(node, work())
        await asyncio.sleep(1)
        return done

    assert run(1, scenario) == last


def test_a_node_that_dies_at_a_checkpoint_reaches_nobody_any_more() -> None:
    async def scenario(loop: SimLoop) -> list[str]:
        seen: list[str] = []

        async def work() -> None:
            try:
                checkpoints.reach("before-commit")
                seen.append("committed")
            finally:
                seen.append("unwound")
                with suppress(BaseException):
                    await asyncio.sleep(0)
                seen.append("went on")

        node = loop.node("worker")
        checkpoints.install(lambda _: loop.kill(node))
        try:
            loop.spawn(node, work())
            await asyncio.sleep(1)
        finally:
            checkpoints.install(None)
        return list(seen)

    assert run(1, scenario) == ["unwound"]


def test_nothing_of_a_run_is_left_however_its_processes_would_have_cleaned_up() -> None:
    loops: list[weakref.ref[SimLoop]] = []

    async def scenario(loop: SimLoop) -> None:
        loops.append(weakref.ref(loop))

        async def goes_back() -> float:
            await asyncio.sleep(0)
            return loop.time()

        async def work() -> None:
            try:
                await asyncio.sleep(DAY)
            finally:
                await asyncio.shield(goes_back())

        node = loop.node("worker")
        loop.spawn(node, work())
        await asyncio.sleep(1)
        loop.kill(node)

    with asyncio.Runner() as another:
        another.get_loop()
        run(1, scenario)
        gc.collect()
        assert loops[0]() is None


def test_who_kills_itself_is_out_of_its_step_at_once() -> None:
    async def scenario(loop: SimLoop) -> bool:
        node = loop.node("worker")

        async def work() -> None:
            with pytest.raises(NodeKilled):
                loop.kill(node)

        loop.spawn(node, work())
        await asyncio.sleep(1)
        return node.alive

    assert run(1, scenario) is False


def test_a_paused_node_finds_all_that_fell_due_when_it_goes_on() -> None:
    async def scenario(loop: SimLoop) -> list[tuple[str, int]]:
        seen: list[tuple[str, int]] = []

        async def tick(name: str) -> None:
            await asyncio.sleep({"first": 1, "second": 2, "third": 20}[name])
            seen.append((name, int(loop.time())))

        node = loop.node("worker")
        for name in ("second", "third", "first"):
            loop.spawn(node, tick(name))
        await asyncio.sleep(0.5)
        loop.pause(node)
        await asyncio.sleep(10)
        assert not seen
        loop.resume(node)
        await asyncio.sleep(20)
        return seen

    assert run(1, scenario) == [("first", 10), ("second", 10), ("third", 20)]


async def three_nodes(loop: SimLoop) -> str:
    """Which letters came when: three nodes that each count to nine without waiting for time."""
    seen: list[str] = []

    async def work(name: str) -> None:
        for number in range(9):
            seen.append(f"{name}{number}")
            await asyncio.sleep(0)

    for name in "abc":
        loop.spawn(loop.node(name), work(name))
    await asyncio.sleep(1)
    return "".join(seen)


def test_a_seed_decides_whose_turn_it_is_and_a_node_keeps_its_own_order() -> None:
    orders = {seed: run(seed, three_nodes) for seed in range(20)}
    assert len(set(orders.values())) == len(orders)
    assert orders == {seed: run(seed, three_nodes) for seed in range(20)}
    for order in orders.values():
        for name in "abc":
            mine = [number for who, number in zip(order[::2], order[1::2], strict=True) if who == name]
            assert mine == [str(number) for number in range(9)]


def test_two_traces_that_part_say_where() -> None:
    traces = [Trace(text=True), Trace(text=True), Trace(text=True)]
    for seed, trace in zip((1, 1, 2), traces, strict=True):
        run(seed, three_nodes, trace=trace)
    one, same, other = traces
    assert one.lines
    assert same.lines
    assert other.lines
    assert one.digest == same.digest != other.digest
    assert first_difference(one.lines, same.lines) == ""
    assert "but:" in first_difference(one.lines, other.lines)


def test_a_clock_that_is_wrong_is_wrong_for_its_node_alone() -> None:
    async def scenario(loop: SimLoop) -> None:
        right, wrong = loop.node("right"), loop.node("wrong")
        clocks = [SimClock(loop, node, START) for node in (right, wrong)]
        await clocks[0].sleep_until(START + timedelta(hours=1), 2 * DAY)
        assert clocks[0].now() >= START + timedelta(hours=1)
        before = clocks[1].monotonic()
        wrong.ahead = -600
        assert clocks[0].now() - clocks[1].now() == timedelta(seconds=600)
        assert clocks[1].monotonic() == before

    run(1, scenario)
