"""In a simulated run all chance comes from the seed, and none of the machine's time is seen; outside it nothing changes."""

import asyncio
import os
import random
import secrets
import threading
import time
import uuid

import asyncpg.connection

from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import within
from tests.sim.engine.run import run


async def drawn(loop: SimLoop) -> tuple[object, ...]:
    """Whatever is asked for chance or time."""
    await asyncio.sleep(5)
    return (
        *(uuid.uuid4(), secrets.token_hex(8), secrets.randbelow(1_000_000), os.urandom(4), random.random()),
        *(random.SystemRandom().random(), time.monotonic(), time.time(), time.perf_counter_ns()),  # noqa: TID251
    )


def test_a_seed_draws_the_same_again_and_another_seed_draws_other() -> None:
    first = run(4, drawn)
    assert first == run(4, drawn)
    assert not set(first[:6]) & set(run(5, drawn))


def test_what_one_node_draws_does_not_depend_on_what_others_draw() -> None:
    async def scenario(loop: SimLoop) -> list[uuid.UUID]:
        one, other = loop.node("one"), loop.node("other")
        found = []
        for _ in range(3):
            with within(one):
                found.append(uuid.uuid4())
            with within(other):
                uuid.uuid4()
        return found

    async def alone(loop: SimLoop) -> list[uuid.UUID]:
        with within(loop.node("one")):
            return [uuid.uuid4() for _ in range(3)]

    assert run(1, scenario) == run(1, alone)


def test_a_node_started_again_draws_other_ids_than_before() -> None:
    async def scenario(loop: SimLoop) -> set[uuid.UUID]:
        found = set()
        for _ in range(3):
            with within(loop.node("same")):
                found.add(uuid.uuid4())
        return found

    assert len(run(1, scenario)) == 3


def test_other_threads_and_what_comes_after_are_left_alone() -> None:
    elsewhere: list[tuple[float, bytes]] = []

    async def scenario(loop: SimLoop) -> None:
        await asyncio.sleep(1_000_000)
        thread = threading.Thread(target=lambda: elsewhere.append((time.monotonic(), os.urandom(16))))  # noqa: TID251
        thread.start()
        thread.join()

    before, state = time.monotonic(), random.getstate()  # noqa: TID251
    run(1, scenario)
    run(1, scenario)
    assert before <= elsewhere[0][0] <= elsewhere[1][0] <= time.monotonic()  # noqa: TID251
    assert elsewhere[0][1] != elsewhere[1][1]
    assert random.getstate() == state
    assert "set" not in vars(asyncpg.connection)
