"""Many connections fight for few rows, give up, are refused, cut off and killed: whatever comes of it comes of it again."""

import asyncio
from contextlib import suppress
from random import Random

import asyncpg
import pytest

from services.kernel.adapters.away import AWAY, TRANSIENT
from tests.sim.engine.lock_waits import KEPT, LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace, first_difference

LASTS_SECONDS = 3.0


async def fight(loop: SimLoop, address: str, chance: Random) -> None:
    """Transactions that lock some of four rows and an advisory lock, in any order; half of them with little patience."""
    async with asyncpg.create_pool(address, min_size=1, max_size=3) as pool:

        async def one() -> None:
            while True:
                await asyncio.sleep(chance.expovariate(20))
                with suppress(*AWAY, *TRANSIENT):
                    async with pool.acquire(timeout=1) as connection, connection.transaction():
                        for _ in range(chance.randrange(1, 4)):
                            await step(connection)

        async def step(connection: asyncpg.pool.PoolConnectionProxy) -> None:
            limit = chance.choice((None, None, 0.05, 0.3))
            row = chance.randrange(1, 5)
            match chance.randrange(5):
                case 0 | 1:
                    await connection.execute("update account set held = held + 1 where id = $1", row, timeout=limit)
                case 2:
                    await connection.fetch(
                        "select id from account where id < $1 order by id for update skip locked", row, timeout=limit
                    )
                case 3:
                    await connection.execute("select pg_advisory_xact_lock($1)", row % 2, timeout=limit)
                case _:
                    async with connection.transaction():
                        await connection.execute("select 1 from account where id = $1 for share", row, timeout=limit)
            await asyncio.sleep(chance.expovariate(50))

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(one())


async def history(loop: SimLoop, address: str) -> tuple[int, int]:
    """What all accounts hold at the end, and how often somebody waited for a lock."""
    network, chance = loop.network, Random(f"{loop.seed}/history")
    assert network is not None
    before = network.waited
    nodes: list[Node] = []

    def start(number: int) -> Node:
        node = loop.node(f"fighter-{number}")
        loop.spawn(node, fight(loop, address, Random(f"{loop.seed}/{len(loop.nodes)}")))
        return node

    nodes = [start(number) for number in range(3)]
    while loop.time() < LASTS_SECONDS:
        await asyncio.sleep(chance.expovariate(2))
        number = chance.randrange(3)
        match chance.randrange(5):
            case 0:
                loop.kill(nodes[number])
                nodes[number] = start(number)
            case 1:
                network.cut(network.connections(nodes[number])[:1])
            case 2:
                network.lose_next_commit(nodes[number])
            case 3:
                network.freeze(nodes[number])
                await asyncio.sleep(0.5)
                network.thaw(nodes[number])
            case _:
                loop.pause(nodes[number])
                await asyncio.sleep(0.5)
                loop.resume(nodes[number])
    for node in nodes:
        loop.kill(node)
    connection = await asyncpg.connect(address)
    held = await connection.fetchval("select sum(held) from account")
    await connection.execute("update account set held = 0")
    await connection.close()
    return held, network.waited - before


@pytest.mark.parametrize("locks", [0, KEPT], indirect=True, ids=["new", "kept"])
@pytest.mark.parametrize("seed", range(4))
def test_who_gets_what_and_when_is_the_same_again(seed: int, accounts: str, locks: LockTable) -> None:
    traces = [Trace(text=True), Trace(text=True)]
    one, other = (run(seed, lambda loop: history(loop, accounts), locks=locks, trace=trace) for trace in traces)
    assert first_difference(traces[0].lines or [], traces[1].lines or []) == ""
    assert traces[0].digest == traces[1].digest
    assert one == other
    held, waited = one
    assert held > 0
    assert waited > 5


@pytest.mark.parametrize("locks", [KEPT], indirect=True)
def test_a_history_is_the_same_to_the_byte_whether_sessions_are_kept_or_not(accounts: str, locks: LockTable) -> None:
    none_kept = LockTable(accounts, kept=0)
    traces = [Trace(text=True) for _ in range(3)]
    for table, trace in zip((none_kept, locks, locks), traces, strict=True):
        run(7, lambda loop: history(loop, accounts), locks=table, trace=trace)
    none_kept.close()
    new, *kept = (trace.lines or [] for trace in traces)
    assert len(new) > 100
    assert [first_difference(new, lines) for lines in kept] == ["", ""]
