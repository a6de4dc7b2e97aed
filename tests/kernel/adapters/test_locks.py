"""An advisory lock lasts as long as its block, on a real Postgres: whatever ends the block, and whatever ends the connection."""

import asyncio

import asyncpg
import pytest

from services.kernel.adapters.locks import advisory_key, alone, lock_until_commit, steps_alone, try_until_commit
from services.kernel.running.pools import put_right

KEY = advisory_key("toy", "locks")
HOLDERS = "select count(*) from pg_locks where locktype = 'advisory' and granted and pid = $1"


async def connection_to(dsn: str) -> asyncpg.Connection:
    return await asyncpg.connect(dsn)


async def end(dsn: str, connection: asyncpg.Connection) -> None:
    """Have the server end the session of `connection`, and wait until others see its locks gone."""
    other = await connection_to(dsn)
    pid = connection.get_server_pid()
    await other.execute("select pg_terminate_backend($1)", pid)
    async with asyncio.timeout(10):
        while await other.fetchval(HOLDERS, pid):
            await asyncio.sleep(0.01)
    await other.close()


async def test_one_holds_it_and_the_next_gets_it_when_the_block_ends(postgres: str) -> None:
    one, two = await connection_to(postgres), await connection_to(postgres)
    async with alone(one, KEY) as mine:
        assert mine.stands
        async with alone(two, KEY) as his:
            assert not his.stands
        assert mine.stands, "who did not get it gives nothing back"
        async with alone(two, KEY) as his:
            assert not his.stands
    async with alone(two, KEY) as his:
        assert his.stands
    await one.close()
    await two.close()


async def test_it_is_given_back_where_the_block_fails_or_is_cancelled(postgres: str) -> None:
    one, two = await connection_to(postgres), await connection_to(postgres)
    with pytest.raises(ZeroDivisionError):
        async with alone(one, KEY):
            raise ZeroDivisionError
    held = asyncio.Event()

    async def hold() -> None:
        async with alone(one, KEY) as mine:
            assert mine.stands
            held.set()
            await one.execute("select pg_sleep(3600)")

    holding = asyncio.create_task(hold())
    await held.wait()
    holding.cancel()
    await asyncio.wait([holding])
    assert holding.cancelled()
    async with alone(two, KEY) as his:
        assert his.stands
    await one.close()
    await two.close()


async def test_it_stands_no_longer_once_its_connection_has_ended(postgres: str) -> None:
    one, two = await connection_to(postgres), await connection_to(postgres)
    async with alone(one, KEY) as mine:
        await end(postgres, one)
        async with asyncio.timeout(10):
            while mine.stands:
                await asyncio.sleep(0.01)
        async with alone(two, KEY) as his:
            assert his.stands, "Postgres gave it back with the session"
    await two.close()


async def test_what_ended_the_connection_is_what_the_block_raises_and_not_that_the_lock_cannot_be_given_back(
    postgres: str,
) -> None:
    one = await connection_to(postgres)
    lost = (asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)
    with pytest.raises(lost, match="terminating connection due to administrator command"):
        async with alone(one, KEY):
            await asyncio.gather(one.execute("select pg_sleep(3600)"), end(postgres, one))


async def test_a_connection_that_ended_unheard_fails_no_block_that_went_well(postgres: str) -> None:
    one = await connection_to(postgres)
    other = await connection_to(postgres)
    async with alone(one, KEY) as mine:
        # With its reading stopped this end does not hear of it: the lock is only seen to be gone when it is given back.
        one._transport.pause_reading()
        await end(postgres, one)
        assert mine.stands
        one._transport.resume_reading()
    async with alone(other, KEY) as his:
        assert his.stands
    await other.close()


async def test_who_has_patience_waits_for_it(postgres: str) -> None:
    one, two = await connection_to(postgres), await connection_to(postgres)
    asked = asyncio.Event()

    async def wait() -> bool:
        asked.set()
        async with alone(two, KEY, patience=30.0) as his:
            return his.stands

    async with alone(one, KEY):
        waiting = asyncio.create_task(wait())
        await asked.wait()
        await asyncio.sleep(0.3)
        assert not waiting.done()
    assert await waiting
    async with alone(one, KEY), alone(two, KEY, patience=0.2) as his:
        assert not his.stands, "not longer than it has"
    await one.close()
    await two.close()


async def test_a_pooled_connection_goes_back_without_the_lock(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection, alone(connection, KEY) as mine:
            assert mine.stands
        other = await connection_to(postgres)
        async with alone(other, KEY) as his:
            assert his.stands
        await other.close()


async def test_until_commit_means_until_the_transaction_ends(postgres: str) -> None:
    one, two = await connection_to(postgres), await connection_to(postgres)
    async with one.transaction():
        await lock_until_commit(one, KEY)
        async with two.transaction():
            assert not await try_until_commit(two, KEY)
        waiting = asyncio.create_task(lock_until_commit(two, KEY))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    async with asyncio.timeout(10):
        await waiting
    async with one.transaction():
        assert await try_until_commit(one, KEY)
    await one.close()
    await two.close()


async def test_a_pooled_connection_that_ends_under_the_lock_leaves_the_error_of_the_block(postgres: str) -> None:
    async def ends_and_fails(one: asyncpg.Connection) -> None:
        async with alone(one, KEY) as mine:
            await end(postgres, one)
            async with asyncio.timeout(10):
                while mine.stands:
                    await asyncio.sleep(0.01)
            raise ValueError("the block's own")

    async with asyncpg.create_pool(postgres, min_size=1, max_size=1) as pool, pool.acquire() as pooled:
        with pytest.raises(ValueError, match="the block's own"):
            await ends_and_fails(pooled)
    two = await connection_to(postgres)
    async with alone(two, KEY) as his:
        assert his.stands
    await two.close()


async def test_a_lock_whose_giving_back_was_broken_off_goes_with_the_return_to_the_pool(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=1, reset=put_right) as pool:
        held = pool.acquire()
        connection = await held
        block = alone(connection, KEY)
        assert (await block.__aenter__()).stands
        await pool.release(connection)
        other = await asyncpg.connect(postgres)
        async with alone(other, KEY) as lock:
            assert lock.stands
        await other.close()
        del block  # never ended: whoever held it was broken off


async def test_what_leaves_nothing_behind_goes_back_to_the_pool_without_a_word_to_the_server(postgres: str) -> None:
    async with asyncpg.create_pool(postgres, min_size=1, max_size=1, reset=put_right) as pool:
        said: list[str] = []
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda record: said.append(record.query))
        said.clear()
        assert await pool.fetchval("select 1") == 1
        async with pool.acquire() as connection, alone(connection, KEY) as lock:
            assert lock.stands
        assert len(said) == 3, said


async def test_steps_are_taken_until_nothing_is_left_by_who_is_alone(postgres: str) -> None:
    left = 3

    async def step() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    other = await connection_to(postgres)
    async with asyncpg.create_pool(postgres, min_size=1, max_size=1) as pool:
        async with alone(other, KEY):
            await steps_alone(pool, KEY, step)
        assert left == 3, "somebody else is at it"
        await steps_alone(pool, KEY, step)
        assert left == 0
    async with alone(other, KEY) as lock:
        assert lock.stands, "given back"
    await other.close()


async def test_no_step_is_taken_once_the_lock_is_gone(postgres: str) -> None:
    taken = 0

    async def step() -> bool:
        nonlocal taken
        taken += 1
        other = await connection_to(postgres)
        holder = (
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
        )
        await other.fetch(holder)
        await other.close()
        await asyncio.sleep(0.2)
        return True

    async with asyncpg.create_pool(postgres, min_size=1, max_size=1) as pool:
        async with asyncio.timeout(10):
            await steps_alone(pool, KEY, step)
    assert taken == 1
