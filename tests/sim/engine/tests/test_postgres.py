"""asyncpg unchanged on the simulated loop and a real PostgreSQL: transactions, locks that are waited for, and a server far away."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.sim.engine.lock_waits import KEPT, LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.postgres import Postgres
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace

# Whether a session ends with its client or is kept for the next one is nothing that anybody can see.
pytestmark = pytest.mark.parametrize("locks", [0, KEPT], indirect=True, ids=["new", "kept"])


def network(loop: SimLoop) -> Postgres:
    assert loop.network is not None
    return loop.network


async def held(address: str) -> list[int]:
    """What the accounts hold, in their order."""
    connection = await asyncpg.connect(address)
    rows = await connection.fetch("select held from account order by id")
    await connection.close()
    return [row["held"] for row in rows]


async def add(connection: Any, number: int, much: int = 1) -> None:
    await connection.execute("update account set held = held + $2 where id = $1", number, much)


async def fails(connection: Any) -> None:
    """A transaction within one: what it did is undone."""
    async with connection.transaction():
        await add(connection, 2)
        await connection.execute("select 1 / 0")


def test_what_asyncpg_offers_works_as_ever(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        connection = await asyncpg.connect(accounts)
        assert await connection.fetchval("select $1::text || 'b'", "a") == "ab"
        async with connection.transaction():
            await add(connection, 1)
            with pytest.raises(asyncpg.DivisionByZeroError):
                await fails(connection)
        with pytest.raises(asyncpg.PostgresSyntaxError):
            await connection.fetch("selekt")
        await connection.executemany("update account set held = $2 where id = $1", [(n, n) for n in range(3, 11)])
        async with connection.transaction():
            rows = [row[0] async for row in connection.cursor("select generate_series(1, 1000)", prefetch=7)]
        assert rows == list(range(1, 1001))
        assert len(await connection.fetchval("select repeat('x', 3000000)")) == 3_000_000
        assert await connection.fetchval("select length($1)", "y" * 3_000_000) == 3_000_000
        await connection.execute("create temp table copied (n int)")
        await connection.copy_records_to_table("copied", records=[(n,) for n in range(10_000)])
        assert await connection.fetchval("select sum(n) from copied") == 49_995_000
        # More answers than a socket holds, while the server is still being asked.
        many = await connection.fetchmany("select repeat('z', 1000) || $1", [(str(n),) for n in range(5000)])
        assert len(many) == 5000
        await connection.close()
        assert await held(accounts) == [1, 0, 3, 4, 5, 6, 7, 8, 9, 10]

    run(1, scenario, locks=locks)


def test_a_pool_is_shared_by_many(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> list[int]:
        async with asyncpg.create_pool(accounts, min_size=1, max_size=3) as pool:

            async def once() -> None:
                async with pool.acquire() as connection, connection.transaction():
                    await add(connection, 1)
                    await asyncio.sleep(0.01)

            await asyncio.gather(*(once() for _ in range(20)))
        return await held(accounts)

    assert run(1, scenario, locks=locks)[0] == 20


def test_who_waits_for_a_row_goes_on_once_its_holder_has_committed(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> list[str]:
        seen: list[str] = []

        async def work(name: str, begins: float) -> None:
            connection = await asyncpg.connect(accounts)
            await asyncio.sleep(begins)
            async with connection.transaction():
                await add(connection, 1)
                seen.append(f"{name} has it")
                await asyncio.sleep(1)
                seen.append(f"{name} commits")
            await connection.close()

        for number, name in enumerate("abc"):
            loop.spawn(loop.node(name), work(name, number / 10))
        await asyncio.sleep(10)
        assert await held(accounts) == [3] + [0] * 9
        return seen

    expected = [f"{name} {what}" for name in "abc" for what in ("has it", "commits")]
    assert run(1, scenario, locks=locks) == expected


def test_who_waits_for_an_advisory_lock_goes_on_when_it_is_given_back(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> list[str]:
        seen: list[str] = []

        async def work(name: str) -> None:
            connection = await asyncpg.connect(accounts)
            await connection.execute("select pg_advisory_lock(7)")
            seen.append(f"{name} has it")
            await asyncio.sleep(1)
            seen.append(f"{name} gives it back")
            await connection.execute("select pg_advisory_unlock(7)")
            await asyncio.sleep(5)
            await connection.close()

        for name in "ab":
            loop.spawn(loop.node(name), work(name))
        await asyncio.sleep(3)
        return seen

    seen = run(1, scenario, locks=locks)
    first, second = seen[0][0], seen[2][0]
    assert {first, second} == {"a", "b"}
    assert seen == [f"{name} {what}" for name in (first, second) for what in ("has it", "gives it back")]


async def crosswise(loop: SimLoop, address: str) -> dict[str, str]:
    """Two nodes lock two rows, each the other's first one second."""
    ends: dict[str, str] = {}

    async def work(name: str, *numbers: int) -> None:
        connection = await asyncpg.connect(address)
        try:
            async with connection.transaction():
                for number in numbers:
                    await add(connection, number)
                    await asyncio.sleep(0.1 if name == "a" else 0.15)
            ends[name] = "committed"
        except asyncpg.DeadlockDetectedError:
            ends[name] = "refused"
        await connection.close()

    loop.spawn(loop.node("a"), work("a", 1, 2))
    loop.spawn(loop.node("b"), work("b", 2, 1))
    await asyncio.sleep(5)
    return ends


def test_of_a_deadlock_who_closes_the_circle_is_refused_and_the_other_commits(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> dict[str, str]:
        ends = await crosswise(loop, accounts)
        assert await held(accounts) == [1, 1] + [0] * 8
        return ends

    # a asks for its second row first, so it is b that closes the circle.
    assert run(1, scenario, locks=locks) == {"a": "committed", "b": "refused"}


def test_those_that_one_commit_sets_free_go_on_one_after_the_other(accounts: str, locks: LockTable) -> None:
    """The first has much to do: beside each other on the server, the second would be done before it."""

    async def scenario(loop: SimLoop) -> list[str]:
        holder = await asyncpg.connect(accounts)
        await holder.execute("drop table if exists finished; create table finished (place serial, name text)")
        block = holder.transaction()
        await block.start()
        await holder.execute("update account set held = 1 where id in (1, 2)")

        async def work(name: str, number: int, much: int) -> None:
            connection = await asyncpg.connect(accounts)
            await connection.execute(
                f"do $$ begin perform 1 from account where id = {number} for update;"
                f" perform count(*) from generate_series(1, {much}); insert into finished (name) values ('{name}'); end $$"
            )

        for name, number, much in (("first", 1, 300_000), ("second", 2, 1)):
            loop.spawn(loop.node(name), work(name, number, much))
            await asyncio.sleep(1)
        await block.commit()
        rows = await holder.fetch("select name from finished order by place")
        await holder.close()
        return [row["name"] for row in rows]

    for _ in range(5):
        assert run(1, scenario, locks=locks) == ["first", "second"]


def test_who_gives_up_waiting_for_a_lock_is_told_so_and_may_go_on(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        holder, waiter = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        async with holder.transaction():
            await add(holder, 1)
            began = loop.time()
            with pytest.raises(TimeoutError):
                await waiter.execute("update account set held = 9 where id = 1", timeout=3)
            assert loop.time() - began == pytest.approx(3, abs=0.01)
            task = asyncio.create_task(add(waiter, 1, 9))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await waiter.fetchval("select 1") == 1
        await holder.close()
        await waiter.close()
        assert (await held(accounts))[0] == 1

    run(1, scenario, locks=locks)


def test_a_limit_for_waiting_is_kept_by_virtual_time_and_ends_with_its_transaction(
    accounts: str, locks: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        holder, waiter = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        block = holder.transaction()
        await block.start()
        await add(holder, 1)

        async def wait() -> None:
            async with waiter.transaction():
                await waiter.execute("set local lock_timeout = '500ms'")
                await add(waiter, 2)
                await add(waiter, 1)

        began = loop.time()
        with pytest.raises(asyncpg.LockNotAvailableError):
            await wait()
        assert loop.time() - began == pytest.approx(0.5, abs=0.01)
        unlimited = asyncio.create_task(add(waiter, 1))
        await asyncio.sleep(60)
        assert not unlimited.done()
        await block.commit()
        await unlimited
        assert await held(accounts) == [2] + [0] * 9

    run(1, scenario, locks=locks)


def test_two_runs_of_a_seed_are_the_same_to_the_byte(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> dict[str, str]:
        await (await asyncpg.connect(accounts)).execute("update account set held = 0")
        return await crosswise(loop, accounts)

    def digest(seed: int) -> str:
        trace = Trace()
        run(seed, scenario, locks=locks, trace=trace)
        return trace.digest

    assert digest(5) == digest(5)
    assert digest(5) != digest(6)
